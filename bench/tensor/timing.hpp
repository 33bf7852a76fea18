#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace armillion::bench {

/// The median, over `repetitions` measurements of at least `seconds` each, of what `work()` says it has done, a second.
/// One call before is not counted.
template <class Work>
double median_rate(unsigned repetitions, double seconds, const Work& work) {
  using Clock = std::chrono::steady_clock;
  work();
  std::vector<double> rates;
  for (unsigned i = 0; i < std::max(1u, repetitions); ++i) {
    double done = 0;
    double elapsed = 0;
    const auto start = Clock::now();
    do {
      done += static_cast<double>(work());
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    } while (elapsed < seconds);
    rates.push_back(done / elapsed);
  }
  std::ranges::nth_element(rates, rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2));
  return rates[rates.size() / 2];
}

}  // namespace armillion::bench
