#include "cli/chart/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace armillion::cli {

namespace {

// From this ratio on a linear axis would show the smallest values as nothing.
constexpr double LOGARITHMIC_RATIO = 20;
// Of a range's length; what rounding may move a tick by.
constexpr double ROUNDING = 1e-9;
constexpr std::size_t STEPS_OF_A_LINEAR_AXIS = 8;

constexpr std::array MANTISSAS{1.0, 2.0, 5.0};

// The numbers 1, 2, 5, 10, 20, 50 ... are counted from 0 on, those below 1 by negative numbers.
double nice_number(int index) {
  const int decade = index >= 0 ? index / 3 : -((2 - index) / 3);
  const double mantissa = MANTISSAS[static_cast<std::size_t>(index - 3 * decade)];
  // Division keeps 0.1 and 0.2 what they are when they are written; powers below 1 would not.
  return decade >= 0 ? mantissa * std::pow(10.0, decade) : mantissa / std::pow(10.0, -decade);
}

// The last nice number that is not above `value`, which is above 0.
int nice_index_below(double value) {
  int index = 3 * static_cast<int>(std::floor(std::log10(value))) + 3;
  while (nice_number(index) > value * (1 + ROUNDING)) --index;
  return index;
}

// The first one that is not below.
int nice_index_above(double value) {
  int index = nice_index_below(value);
  while (nice_number(index) < value * (1 - ROUNDING)) ++index;
  return index;
}

// The smallest nice step of which a length has at most so many.
double linear_step(double length, std::size_t most) {
  return nice_number(nice_index_above(length / static_cast<double>(most)));
}

Range finite_range_of(std::span<const double> values) {
  Range range{HUGE_VAL, -HUGE_VAL};
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range;
}

std::vector<double> linear_ticks(Range range, std::size_t most) {
  // A step more than there are ticks between.
  const double step = linear_step(range.high - range.low, most - 1);
  std::vector<double> ticks;
  const double slack = step * ROUNDING;
  // Adding 0 makes a 0 of a -0.
  for (double number = std::ceil((range.low - slack) / step) + 0.0; number * step <= range.high + slack; ++number) {
    ticks.push_back(number * step);
  }
  return ticks;
}

std::vector<double> logarithmic_ticks(Range range, std::size_t most) {
  std::vector<double> ticks;
  const int first = nice_index_above(range.low);
  const int last = nice_index_below(range.high);
  // All of them, or powers of ten: each, each second and so on.
  for (int step = 1;; step = step == 1 ? 3 : step + 3) {
    ticks.clear();
    for (int index = first; index <= last; ++index) {
      if (index % step == 0) ticks.push_back(nice_number(index));
    }
    if (ticks.size() <= most) return ticks;
  }
}

}  // namespace

Scale scale_of(std::span<const double> values) {
  const Range range = finite_range_of(values);
  return range.low > 0 && range.high >= LOGARITHMIC_RATIO * range.low ? Scale::LOGARITHMIC : Scale::LINEAR;
}

Range range_of(std::span<const double> values, Scale scale) {
  Range range = finite_range_of(values);
  if (range.low > range.high) return {};
  if (scale == Scale::LOGARITHMIC && range.low > 0) {
    int low = nice_index_below(range.low);
    int high = nice_index_above(range.high);
    if (low == high) {
      --low;
      ++high;
    }
    return {nice_number(low), nice_number(high)};
  }
  range.low = std::min(range.low, 0.0);
  range.high = std::max(range.high, 0.0);
  if (range.low == range.high) return {};
  const double step = linear_step(range.high - range.low, STEPS_OF_A_LINEAR_AXIS);
  return {std::floor(range.low / step + ROUNDING) * step, std::ceil(range.high / step - ROUNDING) * step};
}

std::vector<double> ticks_of(Range range, Scale scale, std::size_t most) {
  return scale == Scale::LINEAR ? linear_ticks(range, most) : logarithmic_ticks(range, most);
}

double Axis::place_of(double value) const {
  const auto to_scale = [&](double number) { return scale_ == Scale::LOGARITHMIC ? std::log(number) : number; };
  if (range_.low == range_.high) return (first_ + last_) / 2;
  const double inside = std::clamp(value, range_.low, range_.high);
  const double share = (to_scale(inside) - to_scale(range_.low)) / (to_scale(range_.high) - to_scale(range_.low));
  return first_ + share * (last_ - first_);
}

}  // namespace armillion::cli
