#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "armillion/fleet.hpp"
#include "armillion/machine.hpp"

namespace armillion::cli {

/// A line on the terminal that shows how a long run comes on. Prints nothing where standard error is no terminal, and
/// of runs before two seconds have passed.
class ProgressLine {
 public:
  enum class Shown : std::uint8_t { ON_TERMINALS, NEVER };

  explicit ProgressLine(Shown shown = Shown::ON_TERMINALS);
  /// Removes the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Of a run of one machine.
  void update(std::uint64_t instructions, double elapsed_seconds);
  /// Of the runs of a fleet, with a bar. May be called as often as one likes.
  void update(const FleetProgress& progress);
  /// Of one thing after the other: what is done now. Shown at once.
  void tell(const std::string& what);

 private:
  void show(const std::string& text);

  bool can_show_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point last_time_;
};

}  // namespace armillion::cli
