#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace armillion::bench {

/// One of several ways to do the same work.
struct Contender {
  std::string name;
  /// Does the work some times to warm up, then so many times, and returns the seconds that the latter took.
  std::function<double(std::size_t calls)> run;
};

struct TimingOptions {
  /// Times that each contender is measured, in turn with the others; the median counts.
  unsigned rounds = 25;
  /// Time of one measurement, where one call does not take longer.
  double seconds = 0.002;
};

/// The median seconds of a call of each contender. They take turns, so that what else the machine does meets all of
/// them.
std::vector<double> seconds_per_call(const std::vector<Contender>& contenders, const TimingOptions& options);

/// Calls before those that are timed: what went before a measurement has left other things in caches, and a clock that
/// is only then raised.
constexpr std::size_t warm_up_calls(std::size_t calls) { return calls / 4 + 1; }

/// A contender that calls a function of no arguments, which must do the same each time.
template <class Call>
Contender contender(std::string name, Call call) {
  return {std::move(name), [call](std::size_t calls) {
            const auto repeat = [&](std::size_t times) {
              for (std::size_t i = 0; i < times; ++i) {
                call();
                asm volatile("" ::: "memory");
              }
            };
            repeat(warm_up_calls(calls));
            const auto start = std::chrono::steady_clock::now();
            repeat(calls);
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
          }};
}

}  // namespace armillion::bench
