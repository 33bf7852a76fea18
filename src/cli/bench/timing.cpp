#include "cli/bench/timing.hpp"

#include <cmath>
#include <numeric>
#include <random>

namespace armillion::bench {

namespace {

// A number of times grows by at most so much at once while it is looked for.
constexpr double MOST_GROWTH = 64;

/// How often a contender is called in one measurement.
std::size_t calls_of(const Contender& contender, double seconds) {
  std::size_t calls = 1;
  while (true) {
    const double taken = contender.run(calls);
    if (taken >= seconds / 4)
      return std::max<std::size_t>(1, std::llround(static_cast<double>(calls) * seconds / taken));
    calls *= 2;
  }
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::uint64_t count_that_takes(double seconds, const std::function<double(std::uint64_t count)>& run) {
  // A run that something else held up would end the search far too early.
  const auto shorter_of_two = [&](std::uint64_t count) {
    const double taken = run(count);
    return taken < seconds / 2 ? taken : std::min(taken, run(count));
  };
  std::uint64_t count = 1;
  double taken = shorter_of_two(count);
  while (taken < seconds / 2) {
    const double growth = std::clamp(seconds / std::max(taken, 1e-6), 2.0, MOST_GROWTH);
    count = static_cast<std::uint64_t>(static_cast<double>(count) * growth);
    taken = shorter_of_two(count);
  }
  return count;
}

std::vector<std::vector<double>> measure_calls(const std::vector<Contender>& contenders, const TimingOptions& options) {
  std::vector<std::size_t> calls;
  calls.reserve(contenders.size());
  for (const Contender& contender : contenders) calls.push_back(calls_of(contender, options.seconds));
  std::vector<std::vector<double>> times(contenders.size());
  std::vector<std::size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(1);
  for (unsigned round = 0; round < options.rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) times[i].push_back(contenders[i].run(calls[i]) / static_cast<double>(calls[i]));
  }
  return times;
}

std::vector<double> seconds_per_call(const std::vector<Contender>& contenders, const TimingOptions& options) {
  std::vector<double> medians;
  for (std::vector<double>& times : measure_calls(contenders, options)) medians.push_back(median(std::move(times)));
  return medians;
}

}  // namespace armillion::bench
