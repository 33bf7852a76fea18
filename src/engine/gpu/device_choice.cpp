#include "engine/gpu/device_choice.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/error.hpp"
#include "engine/gpu/cuda_backend.hpp"
#include "engine/gpu/host_backend.hpp"

namespace armillion::engine::gpu {

namespace {

constexpr std::string_view FIRST_GPU = "cuda";
constexpr std::string_view NUMBERED_GPU = "cuda:";

// The N of "cuda:N"; nothing where `name` is not of that form.
std::optional<int> gpu_number(std::string_view name) {
  if (!name.starts_with(NUMBERED_GPU)) return std::nullopt;
  const std::string_view digits = name.substr(NUMBERED_GPU.size());
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

int first_gpu() {
  for (const DeviceInfo& device : devices()) {
    if (const auto number = gpu_number(device.name)) return *number;
  }
  throw Error(ErrorCode::UNAVAILABLE, why_no_gpu());
}

}  // namespace

std::optional<int> gpu_index(std::string_view name) { return name == FIRST_GPU ? first_gpu() : gpu_number(name); }

std::unique_ptr<Backend> open_device(std::string_view name) {
  if (name == "cpu") return nullptr;
  if (name == "host-lanes") return make_host_backend(std::thread::hardware_concurrency());
  if (const auto index = gpu_index(name)) return make_cuda_backend(*index);
  std::string known;
  for (const DeviceInfo& device : devices()) known += fmt::format("'{}', ", device.name);
  throw Error(
      ErrorCode::INVALID_ARGUMENT,
      fmt::format("there is no device '{}'; there are {}'cuda' for the first GPU, and 'host-lanes', a GPU's code "
                  "on the CPU",
                  name, known));
}

}  // namespace armillion::engine::gpu
