#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace armillion::bench {

/// The value in the middle, or the mean of the two that are. 0 of none.
double median(std::vector<double> values);

/// What `measure()` returns, so often.
template <class Measure>
std::vector<double> repeat(unsigned repetitions, const Measure& measure) {
  std::vector<double> samples;
  samples.reserve(repetitions);
  for (unsigned i = 0; i < repetitions; ++i) samples.push_back(measure());
  return samples;
}

/// What `work()` says it has done, a second, in each of `repetitions` measurements of at least `seconds`. One call
/// before is not counted.
template <class Work>
std::vector<double> measure_rates(unsigned repetitions, double seconds, const Work& work) {
  using Clock = std::chrono::steady_clock;
  work();
  return repeat(std::max(1U, repetitions), [&] {
    double done = 0;
    double elapsed = 0;
    const auto start = Clock::now();
    do {
      done += static_cast<double>(work());
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    } while (elapsed < seconds);
    return done / elapsed;
  });
}

/// The median of them.
template <class Work>
double median_rate(unsigned repetitions, double seconds, const Work& work) {
  return median(measure_rates(repetitions, seconds, work));
}

/// How often something must be done to take about `seconds`, once at least. `run` does it so often and returns the
/// seconds that took; the last it is called with is the result.
std::uint64_t count_that_takes(double seconds, const std::function<double(std::uint64_t count)>& run);

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

/// The seconds of a call of each contender, in each of the rounds. They take turns, so that what else the machine does
/// meets all of them.
std::vector<std::vector<double>> measure_calls(const std::vector<Contender>& contenders, const TimingOptions& options);

/// The medians of them.
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
