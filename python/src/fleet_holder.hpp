#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "armillion/fleet.hpp"
#include "running.hpp"

namespace armillion::python {

namespace nb = nanobind;

/// A fleet as Python holds it.
class FleetHolder {
 public:
  /// Lanes like a MachineHolder's or ProcessHolder's, which nobody else may use meanwhile.
  template <class Source>
  FleetHolder(const Source& source, const FleetOptions& options) {
    auto& start = source.idle();
    const Occupancy::Scope scope(source.occupancy());
    const nb::gil_scoped_release released;
    fleet_ = std::make_unique<Fleet>(start, options);
  }
  ~FleetHolder() {
    const nb::gil_scoped_release released;
    fleet_.reset();
  }
  FleetHolder(const FleetHolder&) = delete;
  FleetHolder& operator=(const FleetHolder&) = delete;

  /// See MachineHolder.
  Fleet& get() const {
    if (fleet_ == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "the fleet was closed");
    return *fleet_;
  }
  Fleet& idle() const {
    occupancy_.check("fleet");
    return get();
  }
  bool is_closed() const { return fleet_ == nullptr; }
  void close() {
    occupancy_.check("fleet");
    if (occupancy_.is_occupied()) throw Error(ErrorCode::INVALID_ARGUMENT, "a fleet cannot be closed while it runs");
    // Nobody finds it any more once the GIL is given back.
    std::unique_ptr<Fleet> closed = std::move(fleet_);
    const nb::gil_scoped_release released;
    closed.reset();
  }

  /// How Python wants a run to be; callbacks may be None.
  struct RunWish {
    std::optional<std::uint64_t> instruction_limit;
    std::optional<double> timeout_seconds;
    nb::object on_progress;
    nb::object on_stop;
  };
  // What a callback or a signal's handler raises cancels the run and is raised once it has stopped.
  FleetResult run(const RunWish& wish);
  CallResult call(std::uint64_t address, std::span<const CallArgument> arguments, CallArgument::Kind result,
                  const RunWish& wish);
  CallComparison compare(std::uint64_t first, std::uint64_t second, std::span<const CallArgument> arguments,
                         CallArgument::Kind result, unsigned result_bits, const RunWish& wish);

 private:
  template <class Run>
  auto run_interruptibly(const RunWish& wish, const Run& run);

  std::unique_ptr<Fleet> fleet_;
  mutable Occupancy occupancy_;
};

}  // namespace armillion::python
