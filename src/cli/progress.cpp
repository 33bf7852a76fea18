#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace armillion::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double QUIET_SECONDS = 2;
constexpr std::chrono::milliseconds SHORTEST_PAUSE{100};
constexpr std::uint64_t BAR_WIDTH = 12;

std::string bar(double share) {
  const auto full = std::min(static_cast<std::uint64_t>(share * static_cast<double>(BAR_WIDTH)), BAR_WIDTH);
  return "[" + std::string(full, '#') + std::string(BAR_WIDTH - full, '.') + "]";
}

}  // namespace

ProgressLine::ProgressLine(Shown shown) : can_show_(shown == Shown::ON_TERMINALS && isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (is_shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::update(std::uint64_t instructions, double elapsed_seconds) {
  if (!can_show_ || elapsed_seconds < QUIET_SECONDS) return;
  const auto count = static_cast<double>(instructions);
  show(fmt::format("{:.1f} s, {:.2f} G instructions, {:.0f} M/s", elapsed_seconds, count / 1e9,
                   count / elapsed_seconds / 1e6));
}

void ProgressLine::update(const FleetProgress& progress) {
  if (!can_show_ || progress.elapsed_seconds < QUIET_SECONDS) return;
  if (is_shown_ && Clock::now() < last_time_ + SHORTEST_PAUSE) return;
  const double share = static_cast<double>(progress.stopped_lanes) / static_cast<double>(progress.lanes);
  show(fmt::format("{:.1f} s {} {} of {} lanes, {:.2f} G/s", progress.elapsed_seconds, bar(share),
                   progress.stopped_lanes, progress.lanes,
                   static_cast<double>(progress.instructions) / progress.elapsed_seconds / 1e9));
}

void ProgressLine::tell(const std::string& what) {
  if (can_show_) show(what);
}

void ProgressLine::show(const std::string& text) {
  fmt::print(stderr, "\r\x1b[Karmillion: {}", text);
  std::fflush(stderr);
  is_shown_ = true;
  last_time_ = Clock::now();
}

}  // namespace armillion::cli
