#include "random_source.hpp"

#include <bit>

namespace armillion::conformance {

namespace {

constexpr std::uint64_t ones(int count) { return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1; }

}  // namespace

std::uint64_t RandomSource::integer(int width) {
  const std::uint64_t mask = ones(width);
  const std::uint64_t power = std::uint64_t{1} << below(static_cast<std::uint32_t>(width));
  switch (below(10)) {
    case 0: return pick<std::uint64_t>({0, 0, 1, 2, 3}) & mask;
    case 1: return ~pick<std::uint64_t>({0, 0, 1, 2, 3}) & mask;
    case 2: return (std::uint64_t{1} << (width - 1)) + pick<std::uint64_t>({0, 1, ~std::uint64_t{0}}) & mask;
    case 3: return power;
    case 4: return power - 1;
    case 5: return (~power + pick<std::uint64_t>({0, 1, 2})) & mask;
    case 6: return bits() & bits() & bits() & mask;
    case 7: return (bits() & ones(static_cast<int>(below(9)))) & mask;
    default: return bits() & mask;
  }
}

std::uint64_t RandomSource::floating_point(int exponent_bits, int fraction_bits, int scale) {
  const std::uint64_t fraction_mask = ones(fraction_bits);
  const int maximum_exponent = static_cast<int>(ones(exponent_bits));
  const int bias = maximum_exponent >> 1;
  const std::uint64_t sign = (bits() & 1) << (exponent_bits + fraction_bits);

  const auto make = [&](int exponent, std::uint64_t fraction) {
    if (exponent < 0) exponent = 0;
    if (exponent > maximum_exponent) exponent = maximum_exponent;
    return sign | static_cast<std::uint64_t>(exponent) << fraction_bits | (fraction & fraction_mask);
  };
  // The integer `value`, with `halves` halves added.
  const auto make_number = [&](std::uint64_t value, std::uint64_t halves) {
    const std::uint64_t doubled = value * 2 + halves;
    if (doubled == 0) return sign;
    const int top = 63 - std::countl_zero(doubled);
    const std::uint64_t fraction =
        top > fraction_bits ? doubled >> (top - fraction_bits) : doubled << (fraction_bits - top);
    return make(bias + top - 1, fraction);
  };
  const std::uint64_t sparse = bits() & bits() & bits();

  switch (below(16)) {
    case 0: return sign;
    case 1: return make(maximum_exponent, 0);
    case 2: return make(maximum_exponent, std::uint64_t{1} << (fraction_bits - 1) | (one_in(2) ? 0 : bits()));
    case 3: return make(maximum_exponent, (bits() & fraction_mask >> 1) | 1);
    case 4: return make(0, bits() & ones(1 + static_cast<int>(below(static_cast<std::uint32_t>(fraction_bits)))));
    case 5: return pick<std::uint64_t>({make(0, 1), make(0, fraction_mask), make(1, 0), make(1, 1), make(2, 0)});
    case 6: return make(maximum_exponent - 1, one_in(2) ? fraction_mask : bits());
    case 7: return make_number(pick<std::uint64_t>({1, 1, 2, 0, 3}), pick<std::uint64_t>({0, 0, 1}));
    case 8: return make_number(below(300), below(2));
    case 9: {
      // Around the limits of the integer types.
      const int exponent = bias + pick<int>({7, 8, 15, 16, 31, 32, 63, 64});
      return make(exponent, 0) + (below(7) - 3);
    }
    case 10:
    case 11: return make(bias + scale + static_cast<int>(below(5)) - 2, sparse);
    case 12:
      return make(bias + scale + static_cast<int>(below(2 * static_cast<std::uint32_t>(fraction_bits))) - fraction_bits,
                  bits());
    case 13: return make(bias - scale + static_cast<int>(below(5)) - 2, bits());
    case 14: return make(static_cast<int>(below(static_cast<std::uint32_t>(maximum_exponent))), sparse);
    default: return bits() & ones(1 + exponent_bits + fraction_bits);
  }
}

}  // namespace armillion::conformance
