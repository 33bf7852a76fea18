#include "fleet/cpu_lanes.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "guest/address_space.hpp"

namespace armillion::fleet {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Lanes that a thread takes at once.
constexpr std::uint64_t LANES_AT_ONCE = 64;

struct CpuLane {
  // What the lane is now; empty where it is what all lanes start from.
  std::unique_ptr<Snapshot> snapshot;
  LaneResult result;
  std::uint64_t instructions_left = UNLIMITED;
};

class CpuLanes final : public LaneEngine {
 public:
  CpuLanes(Machine& machine, const FleetOptions& options)
      : start_(machine.snapshot()), breakpoints_(machine.breakpoints()), lanes_(options.lanes) {
    memory_limit_bytes_ = machine.address_space().memory_limit_bytes();
    for (CpuLane& lane : lanes_) lane.result.pc = machine.pc();
    start_pc_ = machine.pc();
    const std::uint64_t threads = options.threads != 0 ? options.threads : std::thread::hardware_concurrency();
    const std::uint64_t most = (options.lanes + LANES_AT_ONCE - 1) / LANES_AT_ONCE;
    thread_count_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(threads, 1, std::max<std::uint64_t>(most, 1)));
    machines_.push_back(make_machine());
  }

  std::string device() const override { return "cpu"; }

  State state(std::uint64_t lane) override { return at(lane).state(); }
  void set_state(std::uint64_t lane, const State& state) override {
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
    const std::uint64_t size = bytes.size() / count;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!at(first + i).address_space().write(address, bytes.subspan(i * size, size))) {
        throw_bad_address(first + i, address, size);
      }
      keep(first + i);
    }
  }

  void set_instruction_limit(std::uint64_t lane, std::uint64_t instructions) override {
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
    for (std::uint64_t i = 0; i < count; ++i) hashes.push_back(at(first + i).state_hash());
    return hashes;
  }

  FleetResult run(const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    std::vector<std::uint64_t> run_left(lanes_.size(), options.instruction_limit);
    std::vector<std::uint64_t> pending;
    for (std::uint64_t i = 0; i < lanes_.size(); ++i) {
      if (is_resumable(lanes_[i].result.stop_reason)) pending.push_back(i);
    }
    Run run(*this, options, cancelled);
    while (!pending.empty()) {
      run.on_lanes(pending.size(), [&](Machine& machine, std::uint64_t i) {
        const std::uint64_t number = pending[i];
        CpuLane& lane = lanes_[number];
        machine.restore(lane.snapshot != nullptr ? *lane.snapshot : start_);
        const std::uint64_t limit = std::min(lane.instructions_left, run_left[number]);
        const std::uint64_t retired = run.execute(machine, limit, lane.result);
        if (lane.instructions_left != UNLIMITED) lane.instructions_left -= retired;
        if (run_left[number] != UNLIMITED) run_left[number] -= retired;
        lane.snapshot = std::make_unique<Snapshot>(machine.snapshot());
        return retired;
      });
      std::vector<std::uint64_t> again;
      if (options.on_stop && !run.is_over()) {
        for (const std::uint64_t lane : pending) {
          if (options.on_stop(lane)) {
            again.push_back(lane);
            run_left[lane] = options.instruction_limit;
          }
        }
      }
      pending = std::move(again);
    }
    return finish(run);
  }

  CallResult call(const Call& call, const FleetRunOptions& options, std::atomic<bool>& cancelled) override {
    CallResult outcome;
    outcome.values.resize(lanes_.size());
    reset();
    Run run(*this, options, cancelled);
    run.on_lanes(lanes_.size(), [&](Machine& machine, std::uint64_t i) {
      LaneResult& result = lanes_[i].result;
      machine.restore(start_);
      unsigned general = 0;
      unsigned vector = 0;
      for (const CallArgument& argument : call.arguments) {
        const std::uint64_t value = argument.values().empty() ? argument.first() + i : argument.values()[i];
        const bool is_integer = argument.kind() == CallArgument::Kind::INTEGER;
        set_register(machine, is_integer ? RegisterFile::GENERAL : RegisterFile::VECTOR,
                     is_integer ? general++ : vector++, value);
      }
      machine.state().x[LINK_REGISTER] = RETURN_ADDRESS;
      machine.set_pc(call.address);
      const std::uint64_t retired = run.execute(machine, options.instruction_limit, result);
      if (result.stop_reason == StopReason::MEMORY_FAULT && result.fault.access == Access::EXECUTE &&
          result.fault.address == RETURN_ADDRESS) {
        result.stop_reason = StopReason::RETURNED;
        result.fault = {};
      }
      outcome.values[i] = call.result == CallArgument::Kind::INTEGER ? machine.x(0) : machine.vector(0).low;
      return retired;
    });
    static_cast<FleetResult&>(outcome) = finish(run);
    return outcome;
  }

  void reset() override {
    for (std::uint64_t lane = 0; lane < lanes_.size(); ++lane) reset(lane);
  }
  void reset(std::uint64_t lane) override {
    lanes_[lane] = CpuLane{};
    lanes_[lane].result.pc = start_pc_;
    if (lane == current_lane_) current_lane_ = NO_LANE;
  }
  void add_memory(std::uint64_t) override {}

 private:
  static constexpr std::uint64_t NO_LANE = ~std::uint64_t{0};

  // One run of the fleet: its threads, and when it has to end.
  class Run {
   public:
    Run(CpuLanes& lanes, const FleetRunOptions& options, std::atomic<bool>& cancelled)
        : lanes_(lanes), options_(options), cancelled_(cancelled), start_(Clock::now()) {
      lanes_.current_lane_ = NO_LANE;  // its machine is used
    }

    double elapsed_seconds() const { return seconds_since(start_); }
    std::uint64_t instructions() const { return instructions_.load(std::memory_order_relaxed); }
    bool is_over() const { return cancelled_.load(std::memory_order_relaxed) || is_late(); }
    void end() { cancelled_.store(false, std::memory_order_relaxed); }

    // Lets the machine run, and tells what came of it. Returns the instructions that it retired.
    std::uint64_t execute(Machine& machine, std::uint64_t limit, LaneResult& result) {
      RunOptions run_options{.instruction_limit = limit, .timeout_seconds = 0};
      if (options_.timeout_seconds > 0) {
        run_options.timeout_seconds = std::max(options_.timeout_seconds - elapsed_seconds(), 1e-9);
      }
      RunResult outcome;
      outcome.pc = machine.pc();
      // What comes too late does not start any more.
      if (cancelled_.load(std::memory_order_relaxed)) {
        outcome.stop_reason = StopReason::CANCELLED;
      } else if (is_late()) {
        outcome.stop_reason = StopReason::TIMEOUT;
      } else {
        outcome = machine.execute(run_options);
      }
      result.instructions += outcome.instructions;
      result.stop_reason = outcome.stop_reason;
      result.pc = outcome.pc;
      result.immediate = outcome.immediate;
      result.fault = outcome.fault;
      return outcome.instructions;
    }

    // Does `work` for each of `count` lanes, on all threads. It returns the instructions that were retired.
    void on_lanes(std::uint64_t count, const std::function<std::uint64_t(Machine&, std::uint64_t)>& work) {
      std::atomic<std::uint64_t> next{0};
      std::atomic<std::uint64_t> done{0};
      std::mutex mutex;
      std::condition_variable finished;
      std::exception_ptr exception;
      const std::uint64_t needed = (count + LANES_AT_ONCE - 1) / LANES_AT_ONCE;
      std::size_t running = std::min<std::size_t>(lanes_.thread_count_, needed);
      while (lanes_.machines_.size() < running) lanes_.machines_.push_back(lanes_.make_machine());
      const std::size_t started = running;
      std::vector<std::thread> threads;
      for (std::size_t t = 0; t < started; ++t) {
        threads.emplace_back([&, machine = lanes_.machines_[t].get()] {
          try {
            while (true) {
              const std::uint64_t first = next.fetch_add(LANES_AT_ONCE, std::memory_order_relaxed);
              if (first >= count) break;
              const std::uint64_t end = std::min(count, first + LANES_AT_ONCE);
              std::uint64_t retired = 0;
              for (std::uint64_t i = first; i < end; ++i) retired += work(*machine, i);
              instructions_.fetch_add(retired, std::memory_order_relaxed);
              done.fetch_add(end - first, std::memory_order_relaxed);
            }
          } catch (...) {
            const std::scoped_lock lock(mutex);
            if (exception == nullptr) exception = std::current_exception();
            next.store(count, std::memory_order_relaxed);
          }
          const std::scoped_lock lock(mutex);
          if (--running == 0) finished.notify_one();
        });
      }
      const auto cancel_machines = [&] {
        for (std::size_t t = 0; t < started; ++t) lanes_.machines_[t]->cancel();
      };
      auto next_report = Clock::now() + PROGRESS_PERIOD;
      bool is_cancelled = false;
      std::unique_lock lock(mutex);
      while (!finished.wait_for(lock, std::chrono::milliseconds(2), [&] { return running == 0; })) {
        if (!is_cancelled && cancelled_.load(std::memory_order_relaxed)) {
          is_cancelled = true;
          cancel_machines();
        }
        if (!options_.on_progress || exception != nullptr || Clock::now() < next_report) continue;
        next_report = Clock::now() + PROGRESS_PERIOD;
        lock.unlock();
        std::exception_ptr thrown;
        try {
          options_.on_progress({count, done.load(std::memory_order_relaxed), instructions(), elapsed_seconds()});
        } catch (...) {
          thrown = std::current_exception();
          next.store(count, std::memory_order_relaxed);
          cancelled_.store(true, std::memory_order_relaxed);
        }
        lock.lock();
        if (thrown != nullptr) exception = thrown;
      }
      lock.unlock();
      for (std::thread& thread : threads) thread.join();
      if (cancelled_.load(std::memory_order_relaxed)) {
        // A kick that came after a machine's last run must not meet its next one.
        for (std::size_t t = 0; t < started; ++t) lanes_.machines_[t] = lanes_.make_machine();
      }
      if (exception != nullptr) {
        end();
        std::rethrow_exception(exception);
      }
    }

   private:
    bool is_late() const { return options_.timeout_seconds > 0 && elapsed_seconds() >= options_.timeout_seconds; }

    CpuLanes& lanes_;
    const FleetRunOptions& options_;
    std::atomic<bool>& cancelled_;
    Clock::time_point start_;
    std::atomic<std::uint64_t> instructions_{0};
  };

  static void set_register(Machine& machine, RegisterFile file, unsigned number, std::uint64_t value) {
    if (file == RegisterFile::GENERAL) {
      machine.set_x(number, value);
    } else {
      machine.set_vector(number, {value, 0});
    }
  }

  std::unique_ptr<Machine> make_machine() const {
    auto machine =
        std::make_unique<Machine>(MachineOptions{.memory_bytes = 0, .memory_limit_bytes = memory_limit_bytes_});
    for (const std::uint64_t address : breakpoints_) machine->add_breakpoint(address);
    return machine;
  }

  // The machine of the calling thread, as the lane is.
  Machine& at(std::uint64_t lane) {
    Machine& machine = *machines_.front();
    if (lane != current_lane_) {
      machine.restore(lanes_[lane].snapshot != nullptr ? *lanes_[lane].snapshot : start_);
      current_lane_ = lane;
    }
    return machine;
  }
  // Makes what that machine is the lane's.
  void keep(std::uint64_t lane) {
    lanes_[lane].snapshot = std::make_unique<Snapshot>(machines_.front()->snapshot());
    lanes_[lane].result.pc = machines_.front()->pc();
  }

  FleetResult finish(Run& run) {
    FleetResult result;
    result.elapsed_seconds = run.elapsed_seconds();
    result.instructions = run.instructions();
    for (const CpuLane& lane : lanes_) ++result.stops[static_cast<std::size_t>(lane.result.stop_reason)];
    run.end();
    return result;
  }

  Snapshot start_;
  std::uint64_t start_pc_ = 0;
  std::vector<std::uint64_t> breakpoints_;
  std::uint64_t memory_limit_bytes_ = 0;
  std::vector<CpuLane> lanes_;
  std::size_t thread_count_ = 1;
  // One a thread; the first is the calling thread's while nothing runs.
  std::vector<std::unique_ptr<Machine>> machines_;
  // Which lane that one is.
  std::uint64_t current_lane_ = NO_LANE;
};

}  // namespace

std::unique_ptr<LaneEngine> make_cpu_lanes(Machine& machine, const FleetOptions& options) {
  return std::make_unique<CpuLanes>(machine, options);
}

}  // namespace armillion::fleet
