#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/bench/timing.hpp"
#include "report.hpp"

namespace armillion::bench {

struct CudaOptions {
  /// As `Executor::cuda` takes it.
  std::string device = "cuda";
  /// Sizes of arrays for the operations.
  std::vector<std::size_t> sizes{1024, 65536, std::size_t{1} << 20, std::size_t{1} << 24};
  /// Rows of square matrices.
  std::vector<std::size_t> matrix_sizes{256, 1024, 4096};
  /// Of arrays that bandwidth is measured with.
  std::size_t bandwidth_size = std::size_t{1} << 30;
};

/// Tables of calls on buffers of the executor `cuda`: the bandwidth of additions of large arrays beside that of copies,
/// and, for each operation, copies between host and GPU, kernel and whole call apart. Where the device cannot be used,
/// a line that says why.
void report_cuda(const CudaOptions& options, const TimingOptions& timing, Report& report);

}  // namespace armillion::bench
