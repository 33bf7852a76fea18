#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace armillion::cli {

enum class Scale : std::uint8_t { LINEAR, LOGARITHMIC };

/// Logarithmic where a linear axis could not show the smallest of these values beside the largest, and all are above 0.
Scale scale_of(std::span<const double> values);

struct Range {
  double low = 0;
  double high = 1;

  friend bool operator==(const Range&, const Range&) = default;
};

/// What an axis shows so that all values are on it and ticks are at its ends. A linear axis of values that are not
/// negative begins at 0. Never empty, whatever the values are; those that are not finite are left out.
Range range_of(std::span<const double> values, Scale scale);

/// Numbers that are easily read, 1, 2 or 5 times a power of ten, within the range in ascending order: at most so many
/// (2 or more). Logarithmic ones are powers of ten where 1, 2 and 5 are too many.
std::vector<double> ticks_of(Range range, Scale scale, std::size_t most);

/// Where values are in a picture.
class Axis {
 public:
  /// `first` and `last` are where the range's ends are, in pixels; the last may be the smaller.
  Axis(Scale scale, Range range, double first, double last)
      : scale_(scale), range_(range), first_(first), last_(last) {}

  Scale scale() const { return scale_; }
  /// Values outside the range are at its ends; of a range of one value, all are in the middle.
  double place_of(double value) const;

 private:
  Scale scale_;
  Range range_;
  double first_;
  double last_;
};

}  // namespace armillion::cli
