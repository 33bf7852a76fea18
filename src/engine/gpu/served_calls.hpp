#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "engine/gpu/lane_layout.hpp"
#include "guest/linux/delegation.hpp"

namespace armillion::engine::gpu {

/// A lane whose mappings are those of the image, for which calls are served as the kernel has delegated them.
LaneProcess lane_process(const guest::kernel::Delegation& delegation);
/// Sets the launch's clocks to the host's.
void set_clocks(Launch& launch);
/// What the kernel has to learn of a lane that comes back.
guest::kernel::ServedCalls served_calls(const LaneProcess& process);

/// How a machine's calls are served while it runs on a device, in place of the kernel of its process.
struct CallService {
  /// What the lane starts a launch with; nothing where the kernel wants all calls itself.
  std::function<std::optional<LaneProcess>()> begin;
  /// The lane has come back.
  std::function<void(const LaneProcess& process)> settle;
  /// The lane has written to a descriptor; called while it runs.
  std::function<void(std::uint32_t descriptor, std::span<const std::byte> bytes)> settle_output;
};

}  // namespace armillion::engine::gpu
