#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/bench/result.hpp"

// What `armillion bench` measures. Each benchmark compares what came of a measurement with what must come of it before
// it counts: Error(UNAVAILABLE) says what differs.
namespace armillion::bench {

struct BenchOptions {
  /// As `MachineOptions::device` names them; empty for what suits the benchmark.
  std::vector<std::string> devices;
  /// Time of one measurement.
  double seconds = 0.1;
  /// Measurements of each figure.
  unsigned repetitions = 5;
  /// Lanes of fleets, instructions of a batch, elements of arrays; empty for what suits benchmark and device.
  std::vector<std::uint64_t> sizes;
  /// Told what is measured next.
  std::function<void(const std::string&)> on_step = [](const std::string&) {};
};

/// The small programs of an earlier emulator's benchmark on one machine, beside its published figures.
Result measure_seeds(const BenchOptions& options);
/// Engines of the CPU on loops of different instructions, beside qemu-aarch64 where it is on the PATH.
Result measure_cpu(const BenchOptions& options);
/// One machine on a device, in each of the ways in which a host can run it.
Result measure_gpu(const BenchOptions& options);
/// Fleets, by numbers of lanes.
Result measure_fleets(const BenchOptions& options);
/// Vector kernels by the length of arrays, beside a copy. Error(UNAVAILABLE) in a build without them.
Result measure_ops(const BenchOptions& options);
/// The tensor engine by the size of batches.
Result measure_tensor(const BenchOptions& options);

}  // namespace armillion::bench
