#include "ops/timing.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace armillion::bench {
namespace {

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

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<double> seconds_per_call(const std::vector<Contender>& contenders, const TimingOptions& options) {
  std::vector<std::size_t> calls;
  for (const Contender& contender : contenders) calls.push_back(calls_of(contender, options.seconds));
  std::vector<std::vector<double>> times(contenders.size());
  std::vector<std::size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(1);
  for (unsigned round = 0; round < options.rounds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) times[i].push_back(contenders[i].run(calls[i]) / static_cast<double>(calls[i]));
  }
  std::vector<double> medians;
  for (std::vector<double>& of_contender : times) medians.push_back(median(std::move(of_contender)));
  return medians;
}

}  // namespace armillion::bench
