#include "armillion/ops/target.hpp"

#include <hwy/targets.h>

#include "armillion/error.hpp"
#include "ops/kernels/highway_kernels.hpp"
#include "ops/kernels/kernels.hpp"

namespace armillion::ops {
namespace {

Kernels kernels_of_target(std::int64_t target) {
  Kernels kernels = SCALAR_KERNELS;
  kernels.target = hwy::TargetName(target);
  set_elementwise_kernels(target, kernels);
  set_elementary_kernels(target, kernels);
  set_reduction_kernels(target, kernels);
  set_matrix_kernels(target, kernels);
  return kernels;
}

std::vector<Kernels> make_kernels() {
  std::vector<Kernels> all;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) all.push_back(kernels_of_target(target));
  all.push_back(SCALAR_KERNELS);
  return all;
}

}  // namespace

std::atomic<const Kernels*> chosen_kernels{nullptr};

const std::vector<Kernels>& all_kernels() {
  static const std::vector<Kernels> ALL = make_kernels();
  return ALL;
}

[[clang::preserve_most]] const Kernels& choose_kernels() {
  const Kernels* chosen = nullptr;
  const Kernels* const widest = &all_kernels().front();
  return chosen_kernels.compare_exchange_strong(chosen, widest) ? *widest : *chosen;
}

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const Kernels& one : all_kernels()) names.emplace_back(one.target);
  return names;
}

std::string target() {
  const Kernels* const chosen = chosen_kernels.load(std::memory_order_acquire);
  return (chosen != nullptr ? *chosen : choose_kernels()).target;
}

void set_target(std::string_view name) {
  for (const Kernels& one : all_kernels()) {
    if (name == one.target) {
      chosen_kernels.store(&one, std::memory_order_release);
      return;
    }
  }
  throw Error(ErrorCode::UNAVAILABLE, "there are no vector kernels for '" + std::string(name) + "' on this CPU");
}

}  // namespace armillion::ops
