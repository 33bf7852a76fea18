#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <string_view>
#include <thread>

#include "armillion/device.hpp"
#include "engine/gpu/cuda_context.hpp"
#include "engine/gpu/driver.hpp"

namespace armillion {

namespace {

using engine::gpu::why_unusable;
using engine::gpu::cuda::GpuInfo;

// Only x86 kernels have the line; other CPUs do without a description.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

DeviceInfo cpu() {
  DeviceInfo info;
  info.name = "cpu";
  info.description = processor_name();
  info.memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  info.units = std::thread::hardware_concurrency();
  return info;
}

}  // namespace

std::vector<DeviceInfo> devices() {
  std::vector<DeviceInfo> list{cpu()};
  for (const GpuInfo& gpu : engine::gpu::cuda::gpus()) {
    if (!why_unusable(gpu).empty()) continue;
    list.push_back({.name = fmt::format("cuda:{}", gpu.index),
                    .description = gpu.name,
                    .memory_bytes = gpu.memory_bytes,
                    .units = static_cast<std::uint32_t>(gpu.multiprocessors),
                    .compute_capability = gpu.compute_capability(),
                    .driver = gpu.driver});
  }
  return list;
}

std::string why_no_gpu() {
  const std::vector<GpuInfo> gpus = engine::gpu::cuda::gpus();
  if (gpus.empty()) return engine::gpu::cuda::why_no_gpu();
  std::string reason;
  for (const GpuInfo& gpu : gpus) {
    reason = why_unusable(gpu);
    if (reason.empty()) break;
  }
  return reason;
}

}  // namespace armillion
