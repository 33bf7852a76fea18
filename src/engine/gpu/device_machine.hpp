#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "armillion/state.hpp"
#include "engine/gpu/backend.hpp"
#include "engine/gpu/served_calls.hpp"
#include "engine/gpu/single_lane.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::gpu {

/// Executes one machine on a device. The host's memory and state are the truth between runs: what changed there goes up
/// before a run, what the lane changed comes back after it.
class DeviceMachine {
 public:
  using Outcome = Interpreter::Outcome;
  using Start = Interpreter::Start;
  using Poll = Interpreter::Poll;

  /// `memory` and `state` outlive the machine.
  DeviceMachine(std::unique_ptr<Backend> backend, guest::AddressSpace& memory, State& state);

  std::string name() const { return backend_->name(); }

  /// As `Interpreter::run`, in launches of at most `launch_instructions`. While the lane runs, `retired` shows what it
  /// had retired when it last looked up. Error(UNAVAILABLE) where the device does not answer any more,
  /// Error(OUT_OF_MEMORY) where it has no room for what the machine has; memory and state are as they last came back.
  Outcome run(std::uint64_t limit, std::uint64_t& retired, Start start, const Poll& poll,
              std::uint64_t launch_instructions);

  /// Serves calls on the device from now on, until it is called with nullptr. `service` outlives that.
  void serve_calls(const CallService* service) { service_ = service; }

  void add_breakpoint(std::uint64_t address);
  void remove_breakpoint(std::uint64_t address);

 private:
  using Clock = std::chrono::steady_clock;

  void upload();
  void load();
  void upload_pages();
  void upload_code();
  void download();
  bool make_room(std::uint64_t bytes);
  StopReason run_lane(std::uint64_t& retired, const Poll& poll, std::uint64_t launch_instructions,
                      Clock::time_point look_at);
  StopReason wait_for_lane(std::uint64_t& retired, const Poll& poll, Clock::time_point look_at);
  bool is_at_unknown_code() const;
  bool may_come_to_unknown_code() const;

  void settle_output();

  std::unique_ptr<Backend> backend_;
  const CallService* service_ = nullptr;
  guest::AddressSpace& memory_;
  State& state_;
  std::unique_ptr<SingleLane> lane_;
  /// What the lane gets for its pages when it is loaded.
  std::uint64_t frame_bytes_ = 0;
  /// What the device has.
  guest::MemorySnapshot synced_;
  std::vector<MemoryRegion> regions_;
  /// The executable ones when all code was decoded.
  std::vector<MemoryRegion> decoded_regions_;
  /// Pages whose decoded instructions are out of date.
  std::vector<std::uint64_t> changed_code_;
  std::vector<std::uint64_t> breakpoints_;
  bool breakpoints_changed_ = false;
};

}  // namespace armillion::engine::gpu
