#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/ops/executor.hpp"
#include "armillion/ops/target.hpp"

namespace armillion::ops::test {

/// Results are compared with those of the scalar kernels on arrays.
class ScalarTarget {
 public:
  ScalarTarget() : before_(target()) { set_target("scalar"); }
  ~ScalarTarget() { set_target(before_); }
  ScalarTarget(const ScalarTarget&) = delete;
  ScalarTarget& operator=(const ScalarTarget&) = delete;

 private:
  std::string before_;
};

/// One of each kind that needs no GPU: the last is the GPU's code, compiled for the CPU.
inline std::vector<Executor> all_executors() {
  return {Executor::host(), Executor::machine(), Executor::cuda("host-lanes")};
}

template <class T>
std::vector<T> elements_of(const Buffer<T>& buffer) {
  std::vector<T> elements(buffer.size());
  buffer.download(elements);
  return elements;
}

/// The target that has fused multiplication, whose bits executors other than the host have; empty where there is none.
inline std::string fused_target() {
  for (const std::string& name : targets()) {
    if (name != "SSE4" && name != "scalar") return name;
  }
  return "";
}

/// An executor that is made when a test wants it.
struct OnDevice {
  const char* name;
  Executor (*executor)();
  bool is_gpu;
};
inline void PrintTo(const OnDevice& device, std::ostream* out) { *out << device.name; }
inline std::string name_of(const ::testing::TestParamInfo<OnDevice>& info) { return info.param.name; }

inline constexpr OnDevice MACHINE_ON_HOST_LANES{"machine", [] { return Executor::machine("host-lanes"); }, false};
inline constexpr OnDevice MACHINE_ON_GPU{"machine", [] { return Executor::machine("cuda"); }, true};
inline constexpr OnDevice KERNELS_ON_HOST_LANES{"kernels", [] { return Executor::cuda("host-lanes"); }, false};
inline constexpr OnDevice KERNELS_ON_GPU{"kernels", [] { return Executor::cuda(); }, true};

/// With an executor on a device; skipped, with the reason, where there is no GPU for it. The host has its scalar
/// kernels.
class OnDeviceTest : public ::testing::TestWithParam<OnDevice> {
 protected:
  void SetUp() override {
    if (GetParam().is_gpu && !why_no_gpu().empty()) GTEST_SKIP() << why_no_gpu();
    executor.emplace(GetParam().executor());
  }

  ScalarTarget scalar_target;
  std::optional<Executor> executor;
};

}  // namespace armillion::ops::test
