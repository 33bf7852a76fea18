#pragma once

#include <cstdint>

#include "armillion/machine.hpp"

namespace armillion::cli {

/// A line on the terminal that shows how a long run comes on. Prints nothing where standard error is no terminal, or
/// before two seconds have passed.
class ProgressLine {
 public:
  ProgressLine();
  /// Removes the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(std::uint64_t instructions, double elapsed_seconds);

 private:
  bool is_terminal_;
  bool shown_ = false;
};

}  // namespace armillion::cli
