#include "armillion/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/gpu/device_choice.hpp"
#include "engine/time_limit.hpp"
#include "fleet/cpu_lanes.hpp"
#include "fleet/device_lanes.hpp"
#include "fleet/lane_engine.hpp"
#include "guest/address_space.hpp"

namespace armillion {

using fleet::RegisterFile;

namespace fleet {

void throw_bad_address(std::uint64_t lane, std::uint64_t address, std::uint64_t size_bytes) {
  throw Error(ErrorCode::BAD_ADDRESS,
              fmt::format("the {} bytes at {:#x} are not all mapped in lane {}", size_bytes, address, lane));
}

}  // namespace fleet

namespace {

// The procedure call standard passes so many arguments of each kind in registers (AAPCS64, section 6.8.2).
constexpr std::size_t ARGUMENT_REGISTERS = 8;

// What a host can address.
constexpr std::uint64_t ADDRESS_BYTES = std::uint64_t{1} << 47;

std::unique_ptr<fleet::LaneEngine> make_engine(fleet::LaneSource source, const FleetOptions& options) try {
  if (options.lanes == 0) throw Error(ErrorCode::INVALID_ARGUMENT, "a fleet has at least one lane");
  if (options.lanes > std::uint64_t{1} << 32) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("a fleet has at most 2^32 lanes, {} were asked for", options.lanes));
  }
  if (auto backend = engine::gpu::open_device(options.device)) {
    return fleet::make_device_lanes(std::move(backend), std::move(source), options);
  }
  return fleet::make_cpu_lanes(std::move(source), options);
} catch (const std::bad_alloc&) {
  throw Error(ErrorCode::OUT_OF_MEMORY, fmt::format("the host has not enough memory for {} lanes", options.lanes));
}

void check_register(unsigned number) {
  if (number > 31) {
    throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("there is no register number {}; use 0 to 31", number));
  }
}

}  // namespace

struct Fleet::Implementation {
  template <class Start>
  Implementation(Start& start, const Machine& machine, const FleetOptions& options)
      : lanes(options.lanes),
        is_process(std::is_same_v<Start, Process>),
        has_started(machine.retired_instructions() != 0),
        returns_to_mapped_memory(machine.address_space().region_at(fleet::RETURN_ADDRESS).has_value()),
        engine(make_engine(fleet::LaneSource(start), options)) {}

  void check_process() const {
    if (is_process) return;
    throw Error(ErrorCode::INVALID_ARGUMENT, "these lanes are bare machines: they have no streams and no arguments");
  }

  void check_lane(std::uint64_t lane) const {
    if (lane >= lanes) {
      throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("there is no lane {}; the last one is {}", lane, lanes - 1));
    }
  }
  void check_count(std::size_t values) const {
    if (values != lanes) {
      throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("there are {} values for {} lanes", values, lanes));
    }
  }

  void check_call(std::span<const CallArgument> arguments, const FleetRunOptions& options) const {
    std::size_t integers = 0;
    for (const CallArgument& argument : arguments) {
      if (!argument.is_counting()) check_count(argument.values().size());
      if (argument.kind() == CallArgument::Kind::INTEGER) ++integers;
    }
    if (std::max(integers, arguments.size() - integers) > ARGUMENT_REGISTERS) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  fmt::format("a call in lanes passes at most {} arguments of each kind", ARGUMENT_REGISTERS));
    }
    if (options.on_stop) {
      throw Error(ErrorCode::INVALID_ARGUMENT, "a call in lanes takes no new input while it runs");
    }
    if (returns_to_mapped_memory) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  fmt::format("memory is mapped at {:#x}, where calls return to", fleet::RETURN_ADDRESS));
    }
  }

  // A cancellation is for one run, also where that throws.
  struct RunGuard {
    explicit RunGuard(Implementation& fleet) : fleet(fleet) {}
    ~RunGuard() { fleet.cancelled.store(false, std::memory_order_relaxed); }
    RunGuard(const RunGuard&) = delete;
    RunGuard& operator=(const RunGuard&) = delete;
    Implementation& fleet;
  };

  std::uint64_t lanes;
  bool is_process;
  bool has_started;
  bool returns_to_mapped_memory;
  std::unique_ptr<fleet::LaneEngine> engine;
  std::atomic<bool> cancelled{false};
};

Fleet::Fleet(Machine& machine, const FleetOptions& options)
    : implementation_(std::make_unique<Implementation>(machine, machine, options)) {}
Fleet::Fleet(Process& process, const FleetOptions& options)
    : implementation_(std::make_unique<Implementation>(process, process.machine(), options)) {}
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;
Fleet::~Fleet() = default;

std::uint64_t Fleet::lanes() const { return implementation_->lanes; }
std::string Fleet::device() const { return implementation_->engine->device(); }

State Fleet::state(std::uint64_t lane) const {
  implementation_->check_lane(lane);
  return implementation_->engine->state(lane);
}

void Fleet::set_state(std::uint64_t lane, const State& state) {
  implementation_->check_lane(lane);
  implementation_->engine->set_state(lane, state);
}

std::vector<std::uint64_t> Fleet::x(unsigned number) const {
  check_register(number);
  return implementation_->engine->registers(RegisterFile::GENERAL, number);
}

void Fleet::set_x(unsigned number, std::span<const std::uint64_t> values) {
  check_register(number);
  implementation_->check_count(values.size());
  implementation_->engine->set_registers(RegisterFile::GENERAL, number, values);
}

std::vector<std::uint64_t> Fleet::d(unsigned number) const {
  check_register(number);
  return implementation_->engine->registers(RegisterFile::VECTOR, number);
}

void Fleet::set_d(unsigned number, std::span<const std::uint64_t> values) {
  check_register(number);
  implementation_->check_count(values.size());
  implementation_->engine->set_registers(RegisterFile::VECTOR, number, values);
}

void Fleet::read_memory(std::uint64_t lane, std::uint64_t address, std::span<std::byte> destination) const {
  implementation_->check_lane(lane);
  implementation_->engine->read_memory(lane, 1, address, destination);
}

void Fleet::write_memory(std::uint64_t lane, std::uint64_t address, std::span<const std::byte> source) {
  implementation_->check_lane(lane);
  implementation_->engine->write_memory(lane, 1, address, source);
}

std::vector<std::byte> Fleet::read_memory_of_all(std::uint64_t address, std::uint64_t size_bytes) const {
  if (size_bytes > ADDRESS_BYTES / lanes()) {
    throw Error(ErrorCode::OUT_OF_MEMORY,
                fmt::format("{} bytes of each of {} lanes are too many", size_bytes, lanes()));
  }
  std::vector<std::byte> bytes(size_bytes * lanes());
  implementation_->engine->read_memory(0, lanes(), address, bytes);
  return bytes;
}

void Fleet::write_memory_of_all(std::uint64_t address, std::span<const std::byte> bytes) {
  if (bytes.size() % lanes() != 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("{} bytes are not as many for each of {} lanes", bytes.size(), lanes()));
  }
  implementation_->engine->write_memory(0, lanes(), address, bytes);
}

void Fleet::set_instruction_limit(std::uint64_t lane, std::uint64_t instructions) {
  implementation_->check_lane(lane);
  implementation_->engine->set_instruction_limit(lane, instructions);
}

void Fleet::set_standard_input(std::uint64_t lane, std::string bytes) {
  implementation_->check_process();
  implementation_->check_lane(lane);
  implementation_->engine->set_standard_input(lane, std::move(bytes));
}

void Fleet::set_arguments(std::uint64_t lane, const std::vector<std::string>& arguments) {
  implementation_->check_process();
  implementation_->check_lane(lane);
  if (implementation_->has_started) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                "the process has started: its lanes take other arguments only before its first instruction");
  }
  implementation_->engine->set_arguments(lane, arguments);
}

std::string Fleet::captured_output(std::uint64_t lane, int descriptor) const {
  implementation_->check_process();
  implementation_->check_lane(lane);
  if (descriptor != 1 && descriptor != 2) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "only descriptors 1 and 2 are captured");
  }
  return implementation_->engine->captured_output(lane, descriptor);
}

FleetResult Fleet::run(const FleetRunOptions& options) {
  engine::check_time_limit(options.timeout_seconds);
  const Implementation::RunGuard guard(*implementation_);
  return implementation_->engine->run(options, implementation_->cancelled);
}

void Fleet::cancel() noexcept { implementation_->cancelled.store(true, std::memory_order_relaxed); }

void Fleet::add_memory(std::uint64_t bytes) { implementation_->engine->add_memory(bytes); }

LaneResult Fleet::result(std::uint64_t lane) const {
  implementation_->check_lane(lane);
  return implementation_->engine->result(lane);
}

std::vector<LaneResult> Fleet::results() const { return implementation_->engine->results(); }

Hash128 Fleet::state_hash(std::uint64_t lane) const {
  implementation_->check_lane(lane);
  return implementation_->engine->state_hashes(lane, 1).front();
}

std::vector<Hash128> Fleet::state_hashes() const { return implementation_->engine->state_hashes(0, lanes()); }

void Fleet::reset() { implementation_->engine->reset(); }

void Fleet::reset(std::uint64_t lane) {
  implementation_->check_lane(lane);
  implementation_->engine->reset(lane);
}

CallResult Fleet::call(std::uint64_t address, std::span<const CallArgument> arguments, CallArgument::Kind result,
                       const FleetRunOptions& options) {
  Implementation& self = *implementation_;
  self.check_call(arguments, options);
  const Implementation::RunGuard guard(self);
  return self.engine->call({address, arguments, result}, options, self.cancelled);
}

CallComparison Fleet::compare_calls(std::uint64_t first_address, std::uint64_t second_address,
                                    std::span<const CallArgument> arguments, CallArgument::Kind result,
                                    unsigned result_bits, const FleetRunOptions& options) {
  Implementation& self = *implementation_;
  self.check_call(arguments, options);
  if (result_bits < 1 || result_bits > 64) {
    throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("results have 1 to 64 bits, not {}", result_bits));
  }
  const Implementation::RunGuard guard(self);
  return self.engine->compare({first_address, arguments, result}, second_address,
                              ~std::uint64_t{0} >> (64 - result_bits), options, self.cancelled);
}

void Fleet::throw_not_returned(const CallResult& result) {
  std::string reasons;
  for (std::size_t i = 0; i < result.stops.size(); ++i) {
    if (result.stops[i] == 0 || i == static_cast<std::size_t>(StopReason::RETURNED)) continue;
    reasons +=
        fmt::format("{}{} by {}", reasons.empty() ? "" : ", ", result.stops[i], name_of(static_cast<StopReason>(i)));
  }
  throw Error(ErrorCode::INVALID_ARGUMENT,
              fmt::format("not every lane has returned from the call; lanes were stopped: {}", reasons));
}

}  // namespace armillion
