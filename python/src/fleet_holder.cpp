#include "fleet_holder.hpp"

#include <utility>

namespace armillion::python {

template <class Run>
auto FleetHolder::run_interruptibly(const RunWish& wish, const Run& run) {
  Fleet& fleet = idle();
  if (wish.timeout_seconds && !(*wish.timeout_seconds > 0)) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "timeout_seconds must be more than 0, or None for no limit");
  }
  const Occupancy::Scope scope(occupancy_);
  std::optional<nb::python_error> raised;
  // Python code is called on this thread, which has given the GIL back.
  const auto call_python = [&](const auto& call) {
    const nb::gil_scoped_acquire acquired;
    if (raised) return false;
    try {
      raise_signals();
      return call();
    } catch (nb::python_error& error) {
      raised.emplace(std::move(error));
      fleet.cancel();
      return false;
    }
  };

  FleetRunOptions options{.instruction_limit = wish.instruction_limit.value_or(UNLIMITED),
                          .timeout_seconds = wish.timeout_seconds.value_or(0)};
  options.on_progress = [&](const FleetProgress& progress) {
    call_python([&] {
      if (!wish.on_progress.is_none()) wish.on_progress(progress);
      return true;
    });
  };
  if (!wish.on_stop.is_none()) {
    options.on_stop = [&](std::uint64_t lane) {
      return call_python([&] {
        const nb::object answer = wish.on_stop(lane);
        const int is_true = PyObject_IsTrue(answer.ptr());
        if (is_true < 0) nb::raise_python_error();
        return is_true != 0;
      });
    };
  }
  auto result = [&] {
    const nb::gil_scoped_release released;
    return run(fleet, options);
  }();
  if (raised) throw nb::python_error(std::move(*raised));
  return result;
}

FleetResult FleetHolder::run(const RunWish& wish) {
  return run_interruptibly(wish, [](Fleet& fleet, const FleetRunOptions& options) { return fleet.run(options); });
}

CallResult FleetHolder::call(std::uint64_t address, std::span<const CallArgument> arguments, CallArgument::Kind result,
                             const RunWish& wish) {
  return run_interruptibly(wish, [&](Fleet& fleet, const FleetRunOptions& options) {
    return fleet.call(address, arguments, result, options);
  });
}

CallComparison FleetHolder::compare(std::uint64_t first, std::uint64_t second, std::span<const CallArgument> arguments,
                                    CallArgument::Kind result, unsigned result_bits, const RunWish& wish) {
  return run_interruptibly(wish, [&](Fleet& fleet, const FleetRunOptions& options) {
    return fleet.compare_calls(first, second, arguments, result, result_bits, options);
  });
}

}  // namespace armillion::python
