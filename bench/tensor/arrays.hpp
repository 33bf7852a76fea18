#pragma once

#include <cstddef>
#include <string>

namespace armillion::bench {

/// How many lanes a second the tensor engine's kernel of ADD (register) executes in batches of `count`, at most
/// LARGEST_BATCH; nothing else of the engine runs.
double kernel_operations_per_second(std::size_t count, unsigned repetitions, double seconds);

/// How many elements a second a kernel of a device adds, of arrays of `count` 64-bit integers: 100 launches one behind
/// the other, then one wait. The device is one of `MachineOptions::device`, not "cpu". Throws where a sum is wrong.
double device_operations_per_second(const std::string& device, std::size_t count, unsigned repetitions, double seconds);

/// The same of `ops::add` on arrays of `count` 32-bit integers.
double ops_operations_per_second(std::size_t count, unsigned repetitions, double seconds);

}  // namespace armillion::bench
