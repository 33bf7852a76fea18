#include "isa/floating_point.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

// The floating-point core against this processor's arithmetic, its fast paths against its exact arithmetic, and the
// rules of the Arm architecture that no other processor shares.
namespace armillion::isa::fp {
namespace {

using std::uint16_t;
using std::uint32_t;
using std::uint64_t;

// As much of a machine as floating point needs.
struct StatusRegisters {
  uint32_t control = 0;
  uint32_t status = 0;

  uint32_t fpcr() const { return control; }
  uint32_t fpsr() const { return status; }
  void raise(uint32_t exceptions) { status |= exceptions; }
};

constexpr uint32_t fpcr_of(Rounding rounding) { return static_cast<uint32_t>(rounding) << 22; }

constexpr std::array ROUNDING_MODES = {Rounding::TIES_EVEN, Rounding::PLUS_INFINITY, Rounding::MINUS_INFINITY,
                                       Rounding::ZERO};

// Numbers at which the rules change, in either sign.
template <class T>
std::vector<T> edge_values() {
  using F = Format<T>;
  std::vector<T> values = {
      T{0},
      T{1},
      static_cast<T>(F::SMALLEST_NORMAL - 1),
      F::SMALLEST_NORMAL,
      static_cast<T>(F::SMALLEST_NORMAL + 1),
      static_cast<T>(F::SMALLEST_NORMAL * 2),
      F::LARGEST,
      static_cast<T>(F::LARGEST - 1),
      F::PLUS_INFINITY,
      static_cast<T>(F::PLUS_INFINITY | 1),
      static_cast<T>(F::PLUS_INFINITY | F::QUIET),
      static_cast<T>(F::PLUS_INFINITY | F::QUIET | 5),
  };
  for (const int exponent : {-F::FRACTION_BITS - 1, -F::FRACTION_BITS, -2, -1, 0, 1, 2, 3, F::FRACTION_BITS,
                             F::FRACTION_BITS + 1, F::BIAS - 1}) {
    if (exponent < F::MINIMUM_EXPONENT || exponent > F::BIAS) continue;
    const T power = F::power_of_two(exponent);
    for (const T fraction : {T{0}, T{1}, F::QUIET, F::FRACTION}) values.push_back(static_cast<T>(power | fraction));
  }
  const std::size_t positive = values.size();
  for (std::size_t i = 0; i < positive; ++i) values.push_back(negate(values[i]));
  return values;
}

// Random bit patterns, with exponents close to each other half of the time and often few bits in the significand.
template <class T>
class RandomValues {
 public:
  T operator()() {
    using F = Format<T>;
    const uint64_t choice = generator_();
    T value = static_cast<T>(generator_());
    if (choice & 1) {
      const int exponent = static_cast<int>(choice >> 8 & 31) - 15;
      const bool representable = exponent >= F::MINIMUM_EXPONENT && exponent <= F::BIAS;
      value = static_cast<T>((value & ~F::PLUS_INFINITY) | F::power_of_two(representable ? exponent : 0));
    }
    if ((choice >> 1 & 3) == 0) value &= static_cast<T>(~(F::FRACTION >> (choice >> 16 & 15)));
    return value;
  }

 private:
  std::mt19937_64 generator_{20240229};
};

// Runs `test(a, b)` on all pairs of edge values and on random pairs.
template <class T, class Test>
void for_each_pair(int random_pairs, Test test) {
  const auto edges = edge_values<T>();
  for (const T a : edges) {
    for (const T b : edges) test(a, b);
  }
  RandomValues<T> random;
  for (int i = 0; i < random_pairs; ++i) {
    const T a = random();
    test(a, random());
  }
}

template <class T>
class FloatingPointTest : public ::testing::Test {};
using Precisions = ::testing::Types<uint32_t, uint64_t>;
TYPED_TEST_SUITE(FloatingPointTest, Precisions);

// This processor's arithmetic in one of its rounding modes, with the exceptions as FPSR shows them.
class HostArithmetic {
 public:
  explicit HostArithmetic(Rounding rounding) {
    switch (rounding) {
      case Rounding::PLUS_INFINITY: std::fesetround(FE_UPWARD); break;
      case Rounding::MINUS_INFINITY: std::fesetround(FE_DOWNWARD); break;
      case Rounding::ZERO: std::fesetround(FE_TOWARDZERO); break;
      default: std::fesetround(FE_TONEAREST); break;
    }
  }
  ~HostArithmetic() { std::fesetround(FE_TONEAREST); }
  HostArithmetic(const HostArithmetic&) = delete;
  HostArithmetic& operator=(const HostArithmetic&) = delete;

  // The operands are volatile so that the operation stays between the two lines about exceptions.
  template <class T, class Operation>
  Outcome<T> run(Operation operation, T a, T b, T c = 0) const {
    volatile host::Number<T> x = host::number(a);
    volatile host::Number<T> y = host::number(b);
    volatile host::Number<T> z = host::number(c);
    std::feclearexcept(FE_ALL_EXCEPT);
    const volatile host::Number<T> result = operation(x, y, z);
    const int raised = std::fetestexcept(FE_ALL_EXCEPT);
    uint32_t exceptions = 0;
    if (raised & FE_INVALID) exceptions |= INVALID_OPERATION;
    if (raised & FE_DIVBYZERO) exceptions |= DIVISION_BY_ZERO;
    if (raised & FE_OVERFLOW) exceptions |= OVERFLOW;
    if (raised & FE_UNDERFLOW) exceptions |= UNDERFLOW;
    if (raised & FE_INEXACT) exceptions |= INEXACT;
    return {host::bits(static_cast<host::Number<T>>(result)), exceptions};
  }
};

// NaNs differ between processors, and some detect underflow after rounding.
template <class T>
void expect_same(const Outcome<T>& ours, const Outcome<T>& host, T a, T b) {
  ASSERT_EQ(is_nan(ours.value), is_nan(host.value)) << std::hex << +a << ' ' << +b;
  if (!is_nan(host.value)) ASSERT_EQ(ours.value, host.value) << std::hex << +a << ' ' << +b;
  const uint32_t comparable = absolute(host.value) == Format<T>::SMALLEST_NORMAL ? ~UNDERFLOW : ~0u;
  ASSERT_EQ(ours.exceptions & comparable, host.exceptions & comparable) << std::hex << +a << ' ' << +b;
}

TYPED_TEST(FloatingPointTest, ExactArithmeticAgreesWithTheHostInEveryRoundingMode) {
  using T = TypeParam;
  for (const Rounding rounding : ROUNDING_MODES) {
    const HostArithmetic host(rounding);
    const uint32_t fpcr = fpcr_of(rounding);
    for_each_pair<T>(20'000, [&](T a, T b) {
      const auto plus = [](auto x, auto y, auto) { return x + y; };
      const auto minus = [](auto x, auto y, auto) { return x - y; };
      const auto times = [](auto x, auto y, auto) { return x * y; };
      const auto over = [](auto x, auto y, auto) { return x / y; };
      const auto root = [](auto x, auto, auto) { return std::sqrt(x); };
      expect_same(exact::add(a, b, fpcr), host.run(plus, a, b), a, b);
      expect_same(exact::subtract(a, b, fpcr), host.run(minus, a, b), a, b);
      expect_same(exact::multiply(a, b, fpcr), host.run(times, a, b), a, b);
      expect_same(exact::divide(a, b, fpcr), host.run(over, a, b), a, b);
      expect_same(exact::square_root(a, fpcr), host.run(root, a, b), a, b);
    });
  }
}

TYPED_TEST(FloatingPointTest, ExactMultiplyAddAgreesWithTheHostInEveryRoundingMode) {
  using T = TypeParam;
  const auto fused = [](auto x, auto y, auto z) { return std::fma(x, y, z); };
  for (const Rounding rounding : ROUNDING_MODES) {
    const HostArithmetic host(rounding);
    RandomValues<T> random;
    for_each_pair<T>(20'000, [&](T a, T b) {
      // The last one cancels the product, or nearly.
      const T product = exact::multiply(a, b, fpcr_of(rounding)).value;
      for (const T addend : {T{0}, random(), a, Format<T>::LARGEST, negate(product), static_cast<T>(product ^ 1)}) {
        // Zero times infinity plus a quiet NaN raises Invalid Operation on Arm, and need not elsewhere.
        if (is_nan(addend) || is_nan(a) || is_nan(b)) continue;
        expect_same(exact::multiply_add(addend, a, b, fpcr_of(rounding)), host.run(fused, a, b, addend), a, b);
      }
    });
  }
}

// Calls `test(m, reference)` for FPCR values that matter to the fast paths, with Inexact raised before and without.
template <class Test>
void for_each_environment(Test test) {
  for (const uint32_t control : {0u, FLUSH, fpcr_of(Rounding::MINUS_INFINITY), DEFAULT_NAN}) {
    for (const uint32_t status : {0u, INEXACT}) test(StatusRegisters{control, status});
  }
}

template <class T, class Fast>
void expect_same_as_exact(const StatusRegisters& before, Fast fast, const Outcome<T>& expected, T a, T b) {
  StatusRegisters m = before;
  const T value = fast(m);
  ASSERT_EQ(value, expected.value) << std::hex << +a << ' ' << +b << " FPCR " << before.control;
  ASSERT_EQ(m.status, before.status | expected.exceptions) << std::hex << +a << ' ' << +b << " FPCR " << before.control;
}

TYPED_TEST(FloatingPointTest, FastArithmeticAgreesWithExactArithmetic) {
  using T = TypeParam;
  for_each_environment([&](const StatusRegisters& before) {
    const uint32_t fpcr = before.control;
    RandomValues<T> random;
    for_each_pair<T>(10'000, [&](T a, T b) {
      const auto check = [&](auto fast, const Outcome<T>& expected) {
        expect_same_as_exact<T>(before, fast, expected, a, b);
      };
      using M = StatusRegisters;
      check([&](M& m) { return add(m, a, b); }, exact::add(a, b, fpcr));
      check([&](M& m) { return subtract(m, a, b); }, exact::subtract(a, b, fpcr));
      check([&](M& m) { return multiply(m, a, b); }, exact::multiply(a, b, fpcr));
      check([&](M& m) { return multiply_extended(m, a, b); }, exact::multiply_extended(a, b, fpcr));
      check([&](M& m) { return divide(m, a, b); }, exact::divide(a, b, fpcr));
      check([&](M& m) { return square_root(m, a); }, exact::square_root(a, fpcr));
      check([&](M& m) { return maximum(m, a, b); }, exact::maximum(a, b, fpcr));
      check([&](M& m) { return minimum(m, a, b); }, exact::minimum(a, b, fpcr));
      check([&](M& m) { return maximum_number(m, a, b); }, exact::maximum_number(a, b, fpcr));
      check([&](M& m) { return minimum_number(m, a, b); }, exact::minimum_number(a, b, fpcr));
      check([&](M& m) { return reciprocal_step(m, a, b); }, exact::reciprocal_step(a, b, fpcr));
      check([&](M& m) { return reciprocal_square_root_step(m, a, b); }, exact::reciprocal_square_root_step(a, b, fpcr));
      const T product = exact::multiply(a, b, fpcr).value;
      for (const T c : {random(), T{0}, product, negate(product), static_cast<T>(negate(product) ^ 1)}) {
        check([&](M& m) { return multiply_add(m, c, a, b); }, exact::multiply_add(c, a, b, fpcr));
      }
    });
  });
}

TYPED_TEST(FloatingPointTest, TheMultiplyAddOfHostsWithoutTheInstructionRoundsOnce) {
  using T = TypeParam;
  if constexpr (sizeof(T) == 4) {
    RandomValues<T> random;
    for_each_pair<T>(50'000, [&](T a, T b) {
      const T product = exact::multiply(a, b, 0).value;
      for (const T c : {random(), product, negate(product), static_cast<T>(negate(product) ^ 1)}) {
        const T result = nearest::multiply_add_by_double(c, a, b);
        if (nearest::is_safely_normal(result)) {
          ASSERT_EQ(result, exact::multiply_add(c, a, b, 0).value) << std::hex << a << ' ' << b << ' ' << c;
        }
      }
    });
  }
}

TYPED_TEST(FloatingPointTest, FastComparisonAgreesWithExactComparison) {
  using T = TypeParam;
  using exact::Relation;
  for_each_environment([&](const StatusRegisters& before) {
    for_each_pair<T>(10'000, [&](T a, T b) {
      const auto quiet = exact::compare(a, b, exact::SignalOn::SIGNALLING_NANS, before.control);
      const auto signalling = exact::compare(a, b, exact::SignalOn::ALL_NANS, before.control);
      const bool greater = signalling.value == Relation::GREATER;
      const bool equal = signalling.value == Relation::EQUAL;
      const auto check = [&](bool holds, const StatusRegisters& m, bool expected, uint32_t exceptions) {
        ASSERT_EQ(holds, expected) << std::hex << a << ' ' << b;
        ASSERT_EQ(m.status, before.status | exceptions) << std::hex << a << ' ' << b;
      };
      StatusRegisters m = before;
      check(compare_equal(m, a, b), m, equal, quiet.exceptions);
      m = before;
      check(compare_greater(m, a, b), m, greater, signalling.exceptions);
      m = before;
      check(compare_greater_equal(m, a, b), m, greater || equal, signalling.exceptions);
      m = before;
      check(compare(m, a, b, false).z, m, equal, quiet.exceptions);
      m = before;
      check(compare(m, a, b, true).n, m, signalling.value == Relation::LESS, signalling.exceptions);
    });
  });
}

TYPED_TEST(FloatingPointTest, FastConversionsAgreeWithExactConversions) {
  using T = TypeParam;
  using M = StatusRegisters;
  constexpr std::array ROUNDINGS = {Rounding::TIES_EVEN, Rounding::PLUS_INFINITY, Rounding::MINUS_INFINITY,
                                    Rounding::ZERO, Rounding::TIES_AWAY};
  for_each_environment([&](const StatusRegisters& before) {
    const uint32_t fpcr = before.control;
    for_each_pair<T>(10'000, [&](T a, T b) {
      for (const Rounding rounding : ROUNDINGS) {
        expect_same_as_exact<T>(
            before, [&](M& m) { return round_to_integral(m, a, rounding, true); },
            exact::round_to_integral(a, rounding, exact::ReportInexact::YES, fpcr), a, b);
        const auto check = [&]<class Int>(Int) {
          StatusRegisters m = before;
          const auto expected = exact::to_fixed<Int>(a, 0, rounding, fpcr);
          ASSERT_EQ(to_fixed<Int>(m, a, 0, rounding), expected.value) << std::hex << a;
          ASSERT_EQ(m.status, before.status | expected.exceptions) << std::hex << a;
        };
        check(std::int16_t{});
        check(uint16_t{});
        check(std::int32_t{});
        check(uint32_t{});
        check(std::int64_t{});
        check(uint64_t{});
      }
      // The bits serve as an integer, and its magnitude is varied by a shift.
      const auto check = [&]<class Int>(Int) {
        const auto integer = static_cast<Int>(static_cast<Int>(a) >> (b % (sizeof(Int) * 8)));
        expect_same_as_exact<T>(
            before, [&](M& m) { return from_fixed<T>(m, integer, 0); }, exact::from_fixed<T>(integer, 0, fpcr), a, b);
      };
      check(std::int32_t{});
      check(uint32_t{});
      check(std::int64_t{});
      check(uint64_t{});
      using Other = std::conditional_t<sizeof(T) == 4, uint64_t, uint32_t>;
      expect_same_as_exact<Other>(
          before, [&](M& m) { return convert<Other>(m, a); }, exact::convert<Other>(a, rounding_of(fpcr), fpcr),
          Other{0}, Other{0});
    });
  });
}

// Doubles have more than twice the bits of a half: rounding a double result once more gives the half result.
TEST(HalfPrecisionTest, AgreesWithRoundedDoublePrecision) {
  const auto to_double = [](uint16_t half) {
    return std::bit_cast<double>(exact::convert<uint64_t>(half, Rounding::ZERO, 0).value);
  };
  const auto to_half = [](double value) {
    return exact::convert<uint16_t>(std::bit_cast<uint64_t>(value), Rounding::TIES_EVEN, 0).value;
  };
  for (const uint16_t b : edge_values<uint16_t>()) {
    if (is_nan(b)) continue;
    const double y = to_double(b);
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
      const auto a = static_cast<uint16_t>(bits);
      if (is_nan(a)) continue;
      const double x = to_double(a);
      const auto check = [&](uint16_t ours, double result) {
        if (std::isnan(result)) {
          ASSERT_EQ(ours, Half::DEFAULT_NAN_VALUE) << std::hex << a << ' ' << b;
        } else {
          ASSERT_EQ(ours, to_half(result)) << std::hex << a << ' ' << b;
        }
      };
      check(exact::add(a, b, 0).value, x + y);
      check(exact::subtract(a, b, 0).value, x - y);
      check(exact::multiply(a, b, 0).value, x * y);
      check(exact::divide(a, b, 0).value, x / y);
      check(exact::square_root(a, 0).value, std::sqrt(x));
      check(exact::multiply_add(b, a, a, 0).value, std::fma(x, x, y));
    }
  }
}

TEST(HalfPrecisionTest, EveryValueSurvivesTheWayThroughSingleAndDoublePrecision) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto value = static_cast<uint16_t>(bits);
    const auto quieted = static_cast<uint16_t>(is_nan(value) ? value | Half::QUIET : value);
    StatusRegisters m;
    EXPECT_EQ(convert<uint16_t>(m, convert<uint32_t>(m, value)), quieted);
    EXPECT_EQ(convert<uint16_t>(m, convert<uint64_t>(m, value)), quieted);
    EXPECT_EQ(m.status, is_signalling_nan(value) ? INVALID_OPERATION : 0u);
  }
}

TEST(HalfPrecisionTest, AlternativeFormatSaturatesWithInvalidOperation) {
  StatusRegisters m{.control = ALTERNATIVE_HALF};
  EXPECT_EQ(convert<uint16_t>(m, std::bit_cast<uint32_t>(1e6f)), 0x7fff);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(HalfPrecisionTest, AlternativeFormatHasNumbersWhereInfinityWouldBe) {
  StatusRegisters m{.control = ALTERNATIVE_HALF};
  EXPECT_EQ(convert<uint32_t>(m, uint16_t{0x7c00}), std::bit_cast<uint32_t>(65536.0f));
  EXPECT_EQ(convert<uint16_t>(m, std::bit_cast<uint32_t>(65536.0f)), 0x7c00);
  EXPECT_EQ(m.status, 0u);
}

TEST(HalfPrecisionTest, AlternativeFormatTurnsNanIntoZero) {
  StatusRegisters m{.control = ALTERNATIVE_HALF};
  EXPECT_EQ(convert<uint16_t>(m, uint32_t{0xffc00000}), 0x8000);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(HalfPrecisionTest, FlushingIsSilentForInputsAndHasItsOwnControl) {
  constexpr uint16_t DENORMAL = 0x03ff;
  constexpr uint16_t ONE = 0x3c00;
  StatusRegisters m{.control = FLUSH_HALF};
  EXPECT_EQ(multiply(m, DENORMAL, ONE), 0);
  EXPECT_EQ(m.status, 0u);
  m.control = FLUSH;
  EXPECT_EQ(multiply(m, DENORMAL, ONE), DENORMAL);
  m.control = FLUSH_HALF;
  EXPECT_EQ(convert<uint32_t>(m, uint16_t{0x0001}), std::bit_cast<uint32_t>(0x1p-24f)) << "conversions do not flush";
}

constexpr uint64_t bits_of(double value) { return std::bit_cast<uint64_t>(value); }
constexpr uint64_t QUIET_NAN = 0x7ff8'0000'0000'0042;
constexpr uint64_t SIGNALLING_NAN = 0x7ff0'0000'0000'0017;
constexpr uint64_t DEFAULT_NAN_BITS = 0x7ff8'0000'0000'0000;

TEST(NanTest, SignallingNanWinsOverAnEarlierQuietOne) {
  StatusRegisters m;
  EXPECT_EQ(add(m, QUIET_NAN, SIGNALLING_NAN), SIGNALLING_NAN | Double::QUIET);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(NanTest, FirstQuietNanIsPropagated) {
  StatusRegisters m;
  EXPECT_EQ(add(m, QUIET_NAN, QUIET_NAN + 1), QUIET_NAN);
  EXPECT_EQ(m.status, 0u);
}

TEST(NanTest, SubtractionKeepsTheSignOfItsSecondOperand) {
  StatusRegisters m;
  EXPECT_EQ(subtract(m, bits_of(1.0), QUIET_NAN), QUIET_NAN);
}

TEST(NanTest, DefaultNanModeReplacesEveryNan) {
  StatusRegisters m{.control = DEFAULT_NAN};
  EXPECT_EQ(add(m, QUIET_NAN, bits_of(1.0)), DEFAULT_NAN_BITS);
  EXPECT_EQ(m.status, 0u);
}

TEST(NanTest, InvalidOperationsGiveThePositiveDefaultNan) {
  StatusRegisters m;
  EXPECT_EQ(subtract(m, Double::PLUS_INFINITY, Double::PLUS_INFINITY), DEFAULT_NAN_BITS);
  EXPECT_EQ(multiply(m, bits_of(0.0), negate(Double::PLUS_INFINITY)), DEFAULT_NAN_BITS);
  EXPECT_EQ(divide(m, bits_of(0.0), bits_of(-0.0)), DEFAULT_NAN_BITS);
  EXPECT_EQ(square_root(m, bits_of(-1.0)), DEFAULT_NAN_BITS);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(NanTest, MultiplyAddOfZeroTimesInfinityIsInvalidDespiteAQuietAddend) {
  StatusRegisters m;
  EXPECT_EQ(multiply_add(m, QUIET_NAN, bits_of(0.0), Double::PLUS_INFINITY), DEFAULT_NAN_BITS);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(NanTest, MultiplyAddLooksAtTheAddendFirst) {
  StatusRegisters m;
  EXPECT_EQ(multiply_add(m, QUIET_NAN, QUIET_NAN + 1, QUIET_NAN + 2), QUIET_NAN);
  EXPECT_EQ(multiply_add(m, QUIET_NAN, SIGNALLING_NAN, bits_of(1.0)), SIGNALLING_NAN | Double::QUIET);
}

TEST(NanTest, AbsoluteAndNegateLeaveSignallingNansAlone) {
  EXPECT_EQ(absolute(negate(SIGNALLING_NAN)), SIGNALLING_NAN);
}

TEST(NanTest, NumberWinsAgainstQuietNanInMaximumNumberOnly) {
  StatusRegisters m;
  EXPECT_EQ(maximum_number(m, QUIET_NAN, bits_of(-3.0)), bits_of(-3.0));
  EXPECT_EQ(minimum_number(m, bits_of(-3.0), QUIET_NAN), bits_of(-3.0));
  EXPECT_EQ(maximum(m, QUIET_NAN, bits_of(-3.0)), QUIET_NAN);
  EXPECT_EQ(m.status, 0u);
  EXPECT_EQ(maximum_number(m, SIGNALLING_NAN, bits_of(-3.0)), SIGNALLING_NAN | Double::QUIET);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(NanTest, ConversionKeepsTheTopOfThePayload) {
  StatusRegisters m;
  EXPECT_EQ(convert<uint32_t>(m, uint64_t{0xfff4'0000'4000'0001}), 0xffe00002u);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(ZeroTest, MaximumAndMinimumOrderTheZeros) {
  StatusRegisters m;
  EXPECT_EQ(maximum(m, bits_of(-0.0), bits_of(0.0)), bits_of(0.0));
  EXPECT_EQ(minimum(m, bits_of(0.0), bits_of(-0.0)), bits_of(-0.0));
}

TEST(ZeroTest, ExactZeroSumIsNegativeOnlyWhenRoundingDown) {
  StatusRegisters m;
  EXPECT_EQ(subtract(m, bits_of(1.5), bits_of(1.5)), bits_of(0.0));
  m.control = fpcr_of(Rounding::MINUS_INFINITY);
  EXPECT_EQ(subtract(m, bits_of(1.5), bits_of(1.5)), bits_of(-0.0));
  EXPECT_EQ(add(m, bits_of(0.0), bits_of(0.0)), bits_of(0.0));
}

TEST(ZeroTest, ExtendedMultiplyOfZeroAndInfinityIsTwo) {
  StatusRegisters m;
  EXPECT_EQ(multiply_extended(m, bits_of(-0.0), Double::PLUS_INFINITY), bits_of(-2.0));
  EXPECT_EQ(m.status, 0u);
}

TEST(TinyTest, UnderflowIsDetectedBeforeRounding) {
  StatusRegisters m;
  const uint64_t almost_one = bits_of(1.0) - 1;
  EXPECT_EQ(multiply(m, Double::SMALLEST_NORMAL, almost_one), Double::SMALLEST_NORMAL);
  EXPECT_EQ(m.status, UNDERFLOW | INEXACT);
}

TEST(TinyTest, ExactDenormalsDoNotUnderflow) {
  StatusRegisters m;
  EXPECT_EQ(multiply(m, Double::SMALLEST_NORMAL, bits_of(0.5)), Double::SMALLEST_NORMAL / 2);
  EXPECT_EQ(m.status, 0u);
}

TEST(TinyTest, FlushedResultIsUnderflowButNotInexact) {
  StatusRegisters m{.control = FLUSH};
  EXPECT_EQ(multiply(m, Double::SMALLEST_NORMAL, bits_of(-0.3)), bits_of(-0.0));
  EXPECT_EQ(m.status, UNDERFLOW);
}

TEST(TinyTest, FlushedInputIsReported) {
  StatusRegisters m{.control = FLUSH};
  EXPECT_EQ(add(m, uint64_t{1}, bits_of(1.0)), bits_of(1.0));
  EXPECT_EQ(m.status, INPUT_DENORMAL);
  m.status = 0;
  EXPECT_TRUE(compare_equal(m, uint64_t{1}, bits_of(-0.0)));
  EXPECT_EQ(m.status, INPUT_DENORMAL);
}

TEST(HugeTest, OverflowGoesToInfinityOrToTheLargestNumber) {
  StatusRegisters m;
  EXPECT_EQ(add(m, Double::LARGEST, Double::LARGEST), Double::PLUS_INFINITY);
  m.control = fpcr_of(Rounding::ZERO);
  EXPECT_EQ(add(m, Double::LARGEST, Double::LARGEST), Double::LARGEST);
  EXPECT_EQ(m.status, OVERFLOW | INEXACT);
}

TEST(InexactTest, IsNotRaisedByArithmeticOnIntegers) {
  StatusRegisters m;
  const uint64_t product = multiply(m, bits_of(94906265.0), bits_of(94906265.0));
  EXPECT_EQ(multiply_add(m, bits_of(-1.0), bits_of(1 << 20), bits_of(12345.0)), bits_of((1 << 20) * 12345.0 - 1));
  EXPECT_EQ(divide(m, product, bits_of(94906265.0)), bits_of(94906265.0));
  EXPECT_EQ(square_root(m, bits_of(144.0)), bits_of(12.0));
  EXPECT_EQ(add(m, product, bits_of(1.0)) - product, 1u);
  EXPECT_EQ(m.status, 0u);
  divide(m, bits_of(1.0), bits_of(3.0));
  EXPECT_EQ(m.status, INEXACT);
}

TEST(IntegerConversionTest, SaturationIsInvalidAndNotInexact) {
  StatusRegisters m;
  EXPECT_EQ(to_fixed<std::int32_t>(m, bits_of(2147483647.5), 0, Rounding::TIES_EVEN), INT32_MAX);
  EXPECT_EQ(to_fixed<uint64_t>(m, bits_of(-1.0), 0, Rounding::ZERO), 0u);
  EXPECT_EQ(to_fixed<std::int64_t>(m, QUIET_NAN, 0, Rounding::ZERO), 0);
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(IntegerConversionTest, FractionBitsScaleBothWays) {
  StatusRegisters m;
  EXPECT_EQ(to_fixed<std::int32_t>(m, bits_of(-1.25), 8, Rounding::ZERO), -320);
  EXPECT_EQ(from_fixed<uint64_t>(m, std::int32_t{-320}, 8), bits_of(-1.25));
  EXPECT_EQ(m.status, 0u);
}

TEST(IntegerConversionTest, SizedRoundingGivesTheMostNegativeIntegerForWhatDoesNotFit) {
  StatusRegisters m;
  EXPECT_EQ(round_to_integral_sized(m, bits_of(2147483648.0), Rounding::ZERO, 32), bits_of(-2147483648.0));
  EXPECT_EQ(round_to_integral_sized(m, QUIET_NAN, Rounding::ZERO, 64), bits_of(-0x1p63));
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(IntegerConversionTest, RoundingToZeroKeepsTheSign) {
  StatusRegisters m;
  EXPECT_EQ(round_to_integral(m, bits_of(-0.25), Rounding::TIES_EVEN, false), bits_of(-0.0));
  EXPECT_EQ(m.status, 0u);
  EXPECT_EQ(round_to_integral(m, bits_of(-0.25), Rounding::TIES_EVEN, true), bits_of(-0.0));
  EXPECT_EQ(m.status, INEXACT);
}

TEST(JavaScriptConversionTest, WrapsModuloTwoToThe32) {
  StatusRegisters m;
  EXPECT_EQ(to_javascript_integer(m, bits_of(4294967296.0 * 3 + 7)).value, 7u);
  EXPECT_EQ(to_javascript_integer(m, bits_of(-0x1p62 - 0x1p11)).value, static_cast<uint32_t>(-0x800));
  EXPECT_EQ(m.status, INVALID_OPERATION);
}

TEST(JavaScriptConversionTest, OnlyAnIntegerThatIsNotMinusZeroIsExact) {
  StatusRegisters m;
  EXPECT_TRUE(to_javascript_integer(m, bits_of(-5.0)).exact);
  EXPECT_FALSE(to_javascript_integer(m, bits_of(-0.0)).exact);
  EXPECT_EQ(m.status, 0u);
  EXPECT_FALSE(to_javascript_integer(m, bits_of(5.5)).exact);
  EXPECT_EQ(m.status, INEXACT);
}

TEST(JavaScriptConversionTest, FlushedDenormalIsNotExact) {
  StatusRegisters m{.control = FLUSH};
  const auto result = to_javascript_integer(m, uint64_t{1});
  EXPECT_EQ(result.value, 0u);
  EXPECT_FALSE(result.exact);
  EXPECT_EQ(m.status, INPUT_DENORMAL);
}

TEST(NarrowingTest, RoundToOddPreventsDoubleRounding) {
  StatusRegisters m;
  EXPECT_EQ(convert_round_odd(m, bits_of(1.0 + 0x1p-40)), std::bit_cast<uint32_t>(1.0f) + 1);
  EXPECT_EQ(convert_round_odd(m, bits_of(1e300)), Single::LARGEST);
}

TEST(NarrowingTest, BFloat16RoundsToNearestEven) {
  StatusRegisters m;
  EXPECT_EQ(to_bfloat16(m, 0x3f808000), 0x3f80);
  EXPECT_EQ(to_bfloat16(m, 0x3f818000), 0x3f82);
  EXPECT_EQ(m.status, INEXACT);
  EXPECT_EQ(to_bfloat16(m, 0x7f800001), 0x7fc0);
  EXPECT_EQ(m.status, INEXACT | INVALID_OPERATION);
}

TEST(EstimateTest, ReciprocalsAreRightToEightBits) {
  StatusRegisters m;
  RandomValues<uint32_t> random;
  for (int i = 0; i < 10'000; ++i) {
    const uint32_t a = absolute(random());
    const float x = std::bit_cast<float>(a);
    if (!(x > 0x1p-125f && x < 0x1p125f)) continue;
    EXPECT_NEAR(std::bit_cast<float>(reciprocal_estimate(m, a)) * x, 1.0f, 0x1p-8f);
    EXPECT_NEAR(std::bit_cast<float>(reciprocal_square_root_estimate(m, a)) * std::sqrt(x), 1.0f, 0x1p-8f);
  }
}

TEST(EstimateTest, EstimatesAreTheTablesOfTheManual) {
  EXPECT_EQ(exact::reciprocal_estimate_of(256), 511u);
  EXPECT_EQ(exact::reciprocal_estimate_of(511), 256u);
  EXPECT_EQ(exact::reciprocal_square_root_estimate_of(128), 511u);
  EXPECT_EQ(exact::reciprocal_square_root_estimate_of(256), 361u);
  EXPECT_EQ(exact::reciprocal_square_root_estimate_of(511), 256u);
}

TEST(EstimateTest, ReciprocalOfZeroIsADivisionByZero) {
  StatusRegisters m;
  EXPECT_EQ(reciprocal_estimate(m, bits_of(-0.0)), negate(Double::PLUS_INFINITY));
  EXPECT_EQ(reciprocal_square_root_estimate(m, bits_of(-0.0)), negate(Double::PLUS_INFINITY));
  EXPECT_EQ(m.status, DIVISION_BY_ZERO);
}

TEST(EstimateTest, StepsTakeZeroTimesInfinityForZero) {
  StatusRegisters m;
  EXPECT_EQ(reciprocal_step(m, bits_of(0.0), Double::PLUS_INFINITY), bits_of(2.0));
  EXPECT_EQ(reciprocal_square_root_step(m, Double::PLUS_INFINITY, bits_of(-0.0)), bits_of(1.5));
  EXPECT_EQ(m.status, 0u);
}

TEST(EstimateTest, ReciprocalExponentInvertsTheExponentField) {
  StatusRegisters m;
  EXPECT_EQ(reciprocal_exponent(m, bits_of(1.75)), 0x4000'0000'0000'0000u);
  EXPECT_EQ(reciprocal_exponent(m, uint64_t{1}), 0x7fe0'0000'0000'0000u);
}

}  // namespace
}  // namespace armillion::isa::fp
