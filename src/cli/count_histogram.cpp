#include "cli/count_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace armillion::cli {

namespace {

constexpr std::size_t MOST_KEYS = 1 << 16;
// From this ratio on most of a linear axis would be empty.
constexpr double LOGARITHMIC_RATIO = 30;

}  // namespace

void CountHistogram::add(std::uint64_t value) {
  smallest_ = std::min(smallest_, value);
  largest_ = std::max(largest_, value);
  ++counts_[value >> shift_];
  while (counts_.size() > MOST_KEYS) {
    ++shift_;
    std::map<std::uint64_t, std::uint64_t> coarser;
    for (const auto& [key, count] : counts_) coarser[key >> 1] += count;
    counts_ = std::move(coarser);
  }
}

CountHistogram::Scale CountHistogram::scale() const {
  const auto smallest = static_cast<double>(std::max<std::uint64_t>(smallest_, 1));
  return static_cast<double>(largest_) > LOGARITHMIC_RATIO * smallest ? Scale::LOGARITHMIC : Scale::LINEAR;
}

std::vector<CountHistogram::Bin> CountHistogram::bins(std::size_t count) const {
  if (counts_.empty()) return {};
  const bool is_logarithmic = scale() == Scale::LOGARITHMIC;
  const auto to_axis = [&](double value) { return is_logarithmic ? std::log(std::max(value, 1.0)) : value; };
  const auto from_axis = [&](double place) { return is_logarithmic ? std::exp(place) : place; };

  const auto first = static_cast<double>(smallest_);
  const double end = static_cast<double>(largest_) + 1;
  if (!is_logarithmic) count = std::min(count, static_cast<std::size_t>(largest_ - smallest_ + 1));
  const double width = (to_axis(end) - to_axis(first)) / static_cast<double>(count);
  std::vector<Bin> bins(count);
  for (std::size_t i = 0; i < count; ++i) {
    bins[i].first = i == 0 ? first : from_axis(to_axis(first) + width * static_cast<double>(i));
    bins[i].end = i + 1 == count ? end : from_axis(to_axis(first) + width * static_cast<double>(i + 1));
  }
  for (const auto& [key, occurrences] : counts_) {
    const double value = std::clamp(static_cast<double>(key << shift_), first, end - 1);
    // A little to the right, so that a number at a bin's edge is in the bin that it begins.
    const double place = (to_axis(value) - to_axis(first)) / width + 1e-9;
    bins[std::min(static_cast<std::size_t>(place), count - 1)].count += occurrences;
  }
  return bins;
}

}  // namespace armillion::cli
