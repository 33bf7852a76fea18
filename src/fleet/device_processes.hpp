#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/gpu/lane_array.hpp"
#include "fleet/lane_host.hpp"

// What the lanes of a fleet on a device need of the host where they are Linux processes.
namespace armillion::fleet {

/// What the host knows of a lane of a process.
struct ProcessLane {
  /// The lane as its last system call left it, or as it started. While it is on the device, state and memory are there.
  std::unique_ptr<LaneMoment> moment;
  LaneStreams streams;
  /// Whether it has left the device: `moment` is all of it then.
  bool is_on_host = false;
  /// Whether it has ever unmapped memory, where its old bytes may lie on the device.
  bool has_unmapped = false;
  /// Of a lane that has left; of others only how they exited.
  LaneResult result;
  std::uint64_t instructions_left = UNLIMITED;
  std::uint64_t run_left = UNLIMITED;
};

/// Serves the calls of lanes that wait for the host's kernel, and runs those that had to leave the device.
class DeviceProcesses {
 public:
  /// What the device has as the reason of lanes that have left it.
  static constexpr auto AWAY = StopReason::EXITED;

  /// `lanes` have been loaded; all of them start with `start_pages`. `grow` makes room for pages that lanes write,
  /// false where there is none. All of it outlives this.
  DeviceProcesses(engine::gpu::LaneArray& lanes, const LaneSource& source, unsigned threads,
                  std::span<const std::uint64_t> start_pages, std::function<bool()> grow);

  ProcessLane& of(std::uint64_t lane);
  /// What the lane has written to descriptor 1 or 2.
  std::string output(std::uint64_t lane, int descriptor) const;

  bool is_on_host(std::uint64_t lane) const { return lanes_[lane] != nullptr && lanes_[lane]->is_on_host; }
  std::uint64_t count_on_host() const { return count_on_host_; }
  template <class Visit>
  void for_lanes_on_host(std::uint64_t first, std::uint64_t count, const Visit& visit) const {
    if (count_on_host_ == 0) return;
    for (std::uint64_t lane = first; lane < first + count; ++lane) {
      if (is_on_host(lane)) visit(lane);
    }
  }

  /// All lanes, or one, are as they started.
  void forget();
  void forget(std::uint64_t lane);

  /// Keeps what lanes have written by themselves.
  void keep_output();

  /// Whether lanes have stopped for what the host's kernel does.
  static bool wants_kernel(const engine::gpu::Summary& summary);
  /// Has it done.
  void serve_stops();
  /// Lets lanes that have left the device run on the host for a while, `seconds_left` at most; `in_call` where the host
  /// has called a function of theirs. Adds to `retired`. Whether some of them have more to do.
  bool run_on_host(bool in_call, double seconds_left, const std::atomic<bool>& cancelled, std::uint64_t& retired);

 private:
  struct Served;

  void serve(std::span<const std::uint64_t> waiting, std::vector<engine::gpu::LaneControl>& controls);
  void serve_one(LaneHost& host, Served& item);
  void leave(const Served& item, engine::gpu::LaneControl& control);
  void add_new_pages(Served& item, const guest::AddressSpace& memory,
                     std::span<const engine::gpu::MemoryRegion> regions_before) const;
  void on_hosts(std::uint64_t count, const std::function<void(LaneHost&, std::uint64_t)>& work,
                const std::function<void()>& wait);

  engine::gpu::LaneArray& array_;
  const LaneSource& source_;
  unsigned threads_wanted_;
  std::span<const std::uint64_t> start_pages_;
  std::function<bool()> grow_;
  /// What all lanes may execute: one that has other code leaves the device.
  std::vector<engine::gpu::MemoryRegion> shared_code_;
  /// One for each lane of which there is something to know; whether there is one, and how many have left the device.
  std::vector<std::unique_ptr<ProcessLane>> lanes_;
  bool knows_of_lanes_ = false;
  std::atomic<std::uint64_t> count_on_host_{0};
  /// One for each thread that serves.
  std::vector<std::unique_ptr<LaneHost>> hosts_;
};

/// The pages of the lane that `memory` has otherwise than `before`, as they are now.
std::vector<engine::gpu::LaneArray::PageWrite> changed_pages(std::uint64_t lane, const guest::AddressSpace& memory,
                                                             const guest::MemorySnapshot& before);

}  // namespace armillion::fleet
