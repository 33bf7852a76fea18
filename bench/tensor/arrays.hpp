#pragma once

#include <cstddef>

namespace armillion::bench {

/// How many lanes a second the tensor engine's kernel of ADD (register) executes in batches of `count`, at most
/// LARGEST_BATCH; nothing else of the engine runs.
double kernel_operations_per_second(std::size_t count, unsigned repetitions, double seconds);

/// The same of `ops::add` on arrays of `count` 32-bit integers.
double ops_operations_per_second(std::size_t count, unsigned repetitions, double seconds);

}  // namespace armillion::bench
