#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace armillion::conformance {

/// Random numbers that are the same for the same seed everywhere (SplitMix64), and values biased to where instructions
/// go wrong.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : state_(seed) {}

  /// A source of its own for a thing with this name: what one thing draws does not move what another gets.
  static RandomSource for_name(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = seed ^ 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return RandomSource(hash);
  }

  std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
  }

  /// Uniform in [0, bound).
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((bits() >> 32) * bound >> 32); }
  /// True once in `n` times.
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<std::uint32_t>(values.size()))];
  }

  /// An integer of `width` bits, often at an edge: 0, ±1, the limits, a power of two and its neighbours, few bits set.
  std::uint64_t integer(int width);

  /// The bits of a floating-point number with `exponent_bits` and `fraction_bits`, often a special one. Numbers near
  /// 2^`scale` come up often, so that several of them interact when added.
  std::uint64_t floating_point(int exponent_bits, int fraction_bits, int scale);

 private:
  std::uint64_t state_;
};

}  // namespace armillion::conformance
