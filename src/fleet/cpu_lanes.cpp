#include "fleet/cpu_lanes.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <utility>

#include "fleet/parallel.hpp"
#include "guest/address_space.hpp"

namespace armillion::fleet {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// What a lane retires before it is the others' turn, so that lanes that loop for ever do not keep others from running.
constexpr std::uint64_t TURN_INSTRUCTIONS = 100'000'000;

struct CpuLane {
  // What the lane is now; empty where it is what all lanes start from.
  std::unique_ptr<LaneMoment> moment;
  std::unique_ptr<LaneStreams> streams;
  LaneResult result;
  std::uint64_t instructions_left = UNLIMITED;
};

// What came of a lane's turn.
struct Turn {
  std::uint64_t retired;
  StopReason reason;
};

class CpuLanes final : public LaneEngine {
 public:
  CpuLanes(LaneSource source, const FleetOptions& options)
      : source_(std::move(source)), threads_wanted_(options.threads), lanes_(options.lanes) {
    for (CpuLane& lane : lanes_) lane.result.pc = source_.state().pc;
    hosts_.push_back(std::make_unique<LaneHost>(source_));
  }

  std::string device() const override { return "cpu"; }

  State state(std::uint64_t lane) override { return at(lane).state(); }
  void set_state(std::uint64_t lane, const State& state) override {
    settle();
    at(lane).state() = state;
    keep(lane);
    lanes_[lane].result.stop_reason = StopReason::RUNNING;
  }

  std::vector<std::uint64_t> registers(RegisterFile file, unsigned number) override {
    std::vector<std::uint64_t> values;
    values.reserve(lanes_.size());
    for (std::uint64_t lane = 0; lane < lanes_.size(); ++lane) {
      Machine& machine = at(lane);
      values.push_back(file == RegisterFile::GENERAL ? machine.x(number) : machine.vector(number).low);
    }
    return values;
  }
  void set_registers(RegisterFile file, unsigned number, std::span<const std::uint64_t> values) override {
    settle();
    for (std::uint64_t lane = 0; lane < lanes_.size(); ++lane) {
      set_register(at(lane), file, number, values[lane]);
      keep(lane);
    }
  }

  void read_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                   std::span<std::byte> bytes) override {
    const std::uint64_t size = bytes.size() / count;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!at(first + i).address_space().read(address, bytes.subspan(i * size, size))) {
        throw_bad_address(first + i, address, size);
      }
    }
  }
  void write_memory(std::uint64_t first, std::uint64_t count, std::uint64_t address,
                    std::span<const std::byte> bytes) override {
    settle();
    const std::uint64_t size = bytes.size() / count;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!at(first + i).address_space().write(address, bytes.subspan(i * size, size))) {
        throw_bad_address(first + i, address, size);
      }
      keep(first + i);
    }
  }

  void set_instruction_limit(std::uint64_t lane, std::uint64_t instructions) override {
    settle();
    lanes_[lane].instructions_left = instructions;
  }

  LaneResult result(std::uint64_t lane) override { return lanes_[lane].result; }
  std::vector<LaneResult> results() override {
    std::vector<LaneResult> results;
    results.reserve(lanes_.size());
    for (const CpuLane& lane : lanes_) results.push_back(lane.result);
    return results;
  }
  std::vector<Hash128> state_hashes(std::uint64_t first, std::uint64_t count) override {
    std::vector<Hash128> hashes;
    for (std::uint64_t i = 0; i < count; ++i) {
      static_cast<void>(at(first + i));
      hashes.push_back(hosts_.front()->state_hash());
    }
    return hashes;
  }

  FleetResult run(const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    settle();
    std::vector<std::uint64_t> run_left(lanes_.size(), options.instruction_limit);
    std::vector<std::uint64_t> pending;
    for (std::uint64_t i = 0; i < lanes_.size(); ++i) {
      if (is_resumable(lanes_[i].result.stop_reason)) pending.push_back(i);
    }
    Run run(*this, options, cancelled);
    while (!pending.empty()) {
      run.on_lanes(pending.size(), [&](LaneHost& host, std::uint64_t i) {
        const std::uint64_t number = pending[i];
        CpuLane& lane = lanes_[number];
        host.restore(moment_of(number), streams_of(number));
        const std::uint64_t limit = std::min(lane.instructions_left, run_left[number]);
        const std::uint64_t retired = run.execute(host, std::min(limit, TURN_INSTRUCTIONS), lane.result);
        // Its turn is over, but not its run.
        if (lane.result.stop_reason == StopReason::INSTRUCTION_LIMIT && retired < limit) {
          lane.result.stop_reason = StopReason::RUNNING;
        }
        if (lane.instructions_left != UNLIMITED) lane.instructions_left -= retired;
        if (run_left[number] != UNLIMITED) run_left[number] -= retired;
        lane.moment = std::make_unique<LaneMoment>(host.save(streams_of(number)));
        return Turn{retired, lane.result.stop_reason};
      });
      std::vector<std::uint64_t> again;
      for (const std::uint64_t lane : pending) {
        if (lanes_[lane].result.stop_reason == StopReason::RUNNING) {
          again.push_back(lane);
        } else if (options.on_stop && !run.is_over()) {
          if (options.on_stop(lane)) {
            again.push_back(lane);
            run_left[lane] = options.instruction_limit;
          } else if (lanes_[lane].result.stop_reason == StopReason::RUNNING) {
            // It was reset meanwhile, to run another time.
            lanes_[lane].result.stop_reason = StopReason::CANCELLED;
          }
        }
      }
      pending = std::move(again);
    }
    FleetResult result = run.result();
    // Lanes have stopped several times, or were not run.
    result.stops = {};
    for (const CpuLane& lane : lanes_) ++result.stops[static_cast<std::size_t>(lane.result.stop_reason)];
    return result;
  }

  CallResult call(const Call& call, const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    CallResult outcome;
    outcome.values.resize(lanes_.size());
    needs_reset_ = true;
    Run run(*this, options, cancelled);
    run.on_lanes(lanes_.size(), [&](LaneHost& host, std::uint64_t i) {
      lanes_[i] = CpuLane{};
      LaneResult& result = lanes_[i].result;
      Machine& machine = host.machine();
      // Most functions need no kernel: then that is not put back either.
      host.restore_machine(source_);
      enter(machine, call, i);
      std::uint64_t retired = run.execute(host, options.instruction_limit, result, LaneHost::With::MACHINE);
      if (source_.is_process() && needs_kernel(result.stop_reason)) {
        LaneStreams streams;
        result = {};
        host.restore(source_.start(), streams);
        enter(machine, call, i);
        host.expect_return();
        retired = run.execute(host, options.instruction_limit, result);
      }
      outcome.values[i] = call.result == CallArgument::Kind::INTEGER ? machine.x(0) : machine.vector(0).low;
      return Turn{retired, result.stop_reason};
    });
    static_cast<FleetResult&>(outcome) = run.result();
    return outcome;
  }

  void reset() override {
    needs_reset_ = false;
    for (std::uint64_t lane = 0; lane < lanes_.size(); ++lane) reset(lane);
  }
  void reset(std::uint64_t lane) override {
    settle();
    lanes_[lane] = CpuLane{};
    lanes_[lane].result.pc = source_.state().pc;
    if (lane == current_lane_) current_lane_ = NO_LANE;
  }
  void add_memory(std::uint64_t) override {}

  void set_standard_input(std::uint64_t lane, std::string bytes) override {
    settle();
    streams_of(lane).new_input = std::make_shared<const std::string>(std::move(bytes));
    if (lane == current_lane_) current_lane_ = NO_LANE;
  }
  void set_arguments(std::uint64_t lane, const std::vector<std::string>& arguments) override {
    reset(lane);
    current_lane_ = NO_LANE;
    lanes_[lane].moment = std::make_unique<LaneMoment>(hosts_.front()->start_with(source_, arguments));
  }
  std::string captured_output(std::uint64_t lane, int descriptor) override {
    const auto& streams = lanes_[lane].streams;
    return streams == nullptr ? "" : streams->outputs[static_cast<std::size_t>(descriptor - 1)];
  }

 private:
  static constexpr std::uint64_t NO_LANE = ~std::uint64_t{0};

  // One run of the fleet: its threads, and when it has to end.
  class Run {
   public:
    Run(CpuLanes& lanes, const FleetRunOptions& options, std::atomic<bool>& cancelled)
        : lanes_(lanes), options_(options), cancelled_(cancelled), start_(Clock::now()) {}

    double elapsed_seconds() const { return seconds_since(start_); }
    std::uint64_t instructions() const { return instructions_.load(std::memory_order_relaxed); }
    // What the lanes came to, where each was run once.
    FleetResult result() const {
      FleetResult result;
      result.elapsed_seconds = elapsed_seconds();
      result.instructions = instructions();
      for (std::size_t i = 0; i < stops_.size(); ++i) result.stops[i] = stops_[i].load(std::memory_order_relaxed);
      return result;
    }
    bool is_over() const { return cancelled_.load(std::memory_order_relaxed) || is_late(); }

    // Lets the machine run, and tells what came of it. Returns the instructions that it retired.
    std::uint64_t execute(LaneHost& host, std::uint64_t limit, LaneResult& result,
                          LaneHost::With with = LaneHost::With::KERNEL) {
      RunOptions run_options{.instruction_limit = limit, .timeout_seconds = 0};
      if (options_.timeout_seconds > 0) {
        run_options.timeout_seconds = std::max(options_.timeout_seconds - elapsed_seconds(), 1e-9);
      }
      ProcessResult outcome;
      outcome.pc = host.machine().pc();
      // What comes too late does not start any more.
      if (cancelled_.load(std::memory_order_relaxed)) {
        outcome.stop_reason = StopReason::CANCELLED;
      } else if (is_late()) {
        outcome.stop_reason = StopReason::TIMEOUT;
      } else {
        outcome = host.run(run_options, with);
      }
      add_run(result, outcome);
      return outcome.instructions;
    }

    // Does `work` for each of `count` lanes, on all threads.
    void on_lanes(std::uint64_t count, const std::function<Turn(LaneHost&, std::uint64_t)>& work) {
      auto& hosts = lanes_.hosts_;
      lanes_.current_lane_ = NO_LANE;  // its machine is used, since somebody may have looked
      const std::size_t threads = threads_for(count, lanes_.threads_wanted_);
      while (hosts.size() < threads) hosts.push_back(std::make_unique<LaneHost>(lanes_.source_));
      std::atomic<std::uint64_t> done{0};
      bool is_cancelled = false;
      auto next_report = Clock::now() + PROGRESS_PERIOD;
      const auto cancel_hosts = [&] {
        is_cancelled = true;
        for (const auto& host : hosts) host->cancel();
      };
      const auto wait = [&] {
        if (!is_cancelled && cancelled_.load(std::memory_order_relaxed)) cancel_hosts();
        if (!options_.on_progress || Clock::now() < next_report) return;
        next_report = Clock::now() + PROGRESS_PERIOD;
        try {
          options_.on_progress({count, done.load(std::memory_order_relaxed), instructions(), elapsed_seconds()});
        } catch (...) {
          cancelled_.store(true, std::memory_order_relaxed);
          cancel_hosts();
          throw;
        }
      };
      const auto forget_cancelled_hosts = [&] {
        // A kick that came after a host's last run must not meet its next one.
        if (is_cancelled) hosts.resize(0);
        if (hosts.empty()) hosts.push_back(std::make_unique<LaneHost>(lanes_.source_));
      };
      try {
        run_on_threads(
            threads, count,
            [&](std::size_t thread, std::uint64_t first, std::uint64_t end) {
              std::uint64_t retired = 0;
              std::array<std::uint64_t, STOP_REASON_COUNT> stops{};
              for (std::uint64_t i = first; i < end; ++i) {
                const Turn turn = work(*hosts[thread], i);
                retired += turn.retired;
                ++stops[static_cast<std::size_t>(turn.reason)];
              }
              for (std::size_t i = 0; i < stops.size(); ++i) {
                if (stops[i] != 0) stops_[i].fetch_add(stops[i], std::memory_order_relaxed);
              }
              instructions_.fetch_add(retired, std::memory_order_relaxed);
              done.fetch_add(end - first, std::memory_order_relaxed);
            },
            wait);
      } catch (...) {
        forget_cancelled_hosts();
        throw;
      }
      forget_cancelled_hosts();
    }

   private:
    bool is_late() const { return options_.timeout_seconds > 0 && elapsed_seconds() >= options_.timeout_seconds; }

    CpuLanes& lanes_;
    const FleetRunOptions& options_;
    std::atomic<bool>& cancelled_;
    Clock::time_point start_;
    std::atomic<std::uint64_t> instructions_{0};
    std::array<std::atomic<std::uint64_t>, STOP_REASON_COUNT> stops_{};
  };

  // Makes the lane's machine begin the call.
  static void enter(Machine& machine, const Call& call, std::uint64_t lane) {
    unsigned general = 0;
    unsigned vector = 0;
    for (const CallArgument& argument : call.arguments) {
      const std::uint64_t value = argument.is_counting() ? argument.first() + lane : argument.values()[lane];
      const bool is_integer = argument.kind() == CallArgument::Kind::INTEGER;
      set_register(machine, is_integer ? RegisterFile::GENERAL : RegisterFile::VECTOR,
                   is_integer ? general++ : vector++, value);
    }
    machine.state().x[LINK_REGISTER] = RETURN_ADDRESS;
    machine.set_pc(call.address);
  }
  static bool needs_kernel(StopReason reason) {
    return reason != StopReason::RETURNED && reason != StopReason::INSTRUCTION_LIMIT && reason != StopReason::TIMEOUT &&
           reason != StopReason::CANCELLED;
  }

  const LaneMoment& moment_of(std::uint64_t lane) const {
    return lanes_[lane].moment != nullptr ? *lanes_[lane].moment : source_.start();
  }
  LaneStreams& streams_of(std::uint64_t lane) {
    auto& streams = lanes_[lane].streams;
    if (streams == nullptr && source_.is_process()) streams = std::make_unique<LaneStreams>();
    return streams != nullptr ? *streams : no_streams_;
  }

  // The calling thread's machine, as the lane is. A process does not take its streams for that.
  Machine& at(std::uint64_t lane) {
    LaneHost& host = *hosts_.front();
    if (lane != current_lane_) {
      LaneStreams streams;
      host.restore(moment_of(lane), streams);
      current_lane_ = lane;
    }
    return host.machine();
  }
  // Makes what that machine is the lane's.
  void keep(std::uint64_t lane) {
    LaneStreams streams;
    lanes_[lane].moment = std::make_unique<LaneMoment>(hosts_.front()->save(streams));
    lanes_[lane].result.pc = hosts_.front()->machine().pc();
  }

  // After a call lanes are what they were, but for their results, until somebody does something to them.
  void settle() {
    if (needs_reset_) reset();
  }

  LaneSource source_;
  unsigned threads_wanted_;
  std::vector<CpuLane> lanes_;
  bool needs_reset_ = false;
  // Machines have none.
  LaneStreams no_streams_;
  // One a thread; the first is the calling thread's while nothing runs.
  std::vector<std::unique_ptr<LaneHost>> hosts_;
  // Which lane that one is.
  std::uint64_t current_lane_ = NO_LANE;
};

}  // namespace

std::unique_ptr<LaneEngine> make_cpu_lanes(LaneSource source, const FleetOptions& options) {
  return std::make_unique<CpuLanes>(std::move(source), options);
}

}  // namespace armillion::fleet
