#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace armillion {

/// Something that machines can run on.
struct DeviceInfo {
  /// What it is chosen by: "cpu", or "cuda:0" and up for GPUs.
  std::string name;
  /// The processor's or GPU's own name, for instance "NVIDIA H100 80GB HBM3"; may be empty for a CPU that has none.
  std::string description;
  /// Its whole memory, in use or not.
  std::uint64_t memory_bytes = 0;
  /// Threads that a CPU runs at the same time; a GPU's multiprocessors.
  std::uint32_t units = 0;
  /// A GPU's compute capability, for instance "9.0"; empty for the CPU.
  std::string compute_capability;
  /// A GPU's driver, for instance "580.65.06 (CUDA 13.0)", or "CUDA 13.0" where the system hides its version; empty for
  /// the CPU.
  std::string driver;
};

/// The CPU, then the GPUs that Armillion can use, in the order of their driver. Looks anew at each call. NVIDIA's
/// driver is opened by the first call and stays open; that it is missing is no error.
std::vector<DeviceInfo> devices();

/// Why `devices` has no GPU, in words that say what is missing; empty where it has one.
std::string why_no_gpu();

}  // namespace armillion
