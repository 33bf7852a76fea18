#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace armillion::cli {

/// How often numbers occur, however many there are: exactly as long as there are few different ones, then in steps of a
/// power of two that is small beside their range.
class CountHistogram {
 public:
  void add(std::uint64_t value);

  struct Bin {
    /// The bin has the numbers from `first` up to, but without, `end`.
    double first = 0;
    double end = 0;
    std::uint64_t count = 0;
  };
  enum class Scale : std::uint8_t { LINEAR, LOGARITHMIC };

  /// Logarithmic where the numbers differ by more than one bin or two can show.
  Scale scale() const;
  /// So many bins from the smallest to the largest number, or fewer where there are fewer numbers between; empty where
  /// nothing was added.
  std::vector<Bin> bins(std::size_t count) const;

  std::uint64_t smallest() const { return smallest_; }
  std::uint64_t largest() const { return largest_; }

 private:
  // By the numbers' upper bits.
  std::map<std::uint64_t, std::uint64_t> counts_;
  unsigned shift_ = 0;
  std::uint64_t smallest_ = ~std::uint64_t{0};
  std::uint64_t largest_ = 0;
};

}  // namespace armillion::cli
