#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace armillion::cli {

namespace {

constexpr double QUIET_SECONDS = 2;

}  // namespace

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::update(std::uint64_t instructions, double elapsed_seconds) {
  if (!is_terminal_ || elapsed_seconds < QUIET_SECONDS) return;
  const auto count = static_cast<double>(instructions);
  fmt::print(stderr, "\r\x1b[Karmillion: {:.1f} s, {:.2f} G instructions, {:.0f} M/s", elapsed_seconds, count / 1e9,
             count / elapsed_seconds / 1e6);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace armillion::cli
