#pragma once

#include <concepts>
#include <cstdint>

#include "isa/floating_point.hpp"
#include "isa/floating_point/vector_operations.hpp"
#include "isa/macros.hpp"
#include "isa/vector.hpp"

// Floating point on vectors: on the lanes of a whole register or of its lower half. The operations that are done on
// each lane stand in `floating_point/vector_operations.hpp`.
namespace armillion::isa::fp::vector {

/// FPCR and FPSR while lanes are worked through one by one: what a scalar function needs of a machine. It is passed by
/// value, so that a call of a lane loop does not force the machine that it is made for into memory.
class Status {
 public:
  template <class M>
  ARMILLION_INLINE static Status of(M& m) {
    return Status(m.fpcr(), m.fpsr());
  }

  ARMILLION_INLINE std::uint32_t fpcr() const { return fpcr_; }
  ARMILLION_INLINE std::uint32_t fpsr() const { return fpsr_; }
  ARMILLION_INLINE void raise(std::uint32_t exceptions) { fpsr_ |= exceptions; }

  /// What a lane loop returns.
  ARMILLION_INLINE Outcome<Vector> outcome(Vector value) const { return {value, fpsr_}; }

 private:
  ARMILLION_INLINE Status(std::uint32_t fpcr, std::uint32_t fpsr) : fpcr_(fpcr), fpsr_(fpsr) {}

  std::uint32_t fpcr_;
  std::uint32_t fpsr_;
};

template <class M>
ARMILLION_INLINE Vector settle(M& m, Outcome<Vector> outcome) {
  m.raise(outcome.exceptions);
  return outcome.value;
}

/// How many lanes of T an instruction works on: those of a whole register, or of its lower half.
template <class T>
ARMILLION_INLINE constexpr unsigned lane_count(bool quad) {
  return quad ? LANES<T> : LANES<T> / 2;
}

/// Lane by lane FPAbs and FPNeg.
template <class T>
ARMILLION_INLINE Vector absolute(Vector a) {
  return Vector::from<T>(a.lanes<T>() & Format<T>::MAGNITUDE);
}

template <class T>
ARMILLION_INLINE Vector negate(Vector a) {
  return Vector::from<T>(a.lanes<T>() ^ Format<T>::SIGN);
}

// An operation on each lane.

namespace detail {
template <class T, class Operation, class... Vectors>
ARMILLION_COLD Outcome<Vector> lane_by_lane(Status status, Operation operation, unsigned count, Vectors... operands) {
  Lanes<T> result{};
#pragma clang loop unroll(disable)
  for (unsigned i = 0; i < count; ++i) result[i] = operation(status, operands.template get<T>(i)...);
  return status.outcome(Vector::from<T>(result));
}

// A 64-bit operation must not be disturbed by what happens to stand in the upper lanes.
ARMILLION_INLINE Vector without_upper_half(Vector vector, bool quad) {
  return quad ? vector : Vector::from_parts(vector.low(), vector.low());
}
}  // namespace detail

/// The operation on each lane of the operands, or of their lower halves where `quad` is false; the rest is zero.
template <class T, class M, class Operation, class... Vectors>
ARMILLION_INLINE Vector apply(M& m, bool quad, Operation operation, Vectors... operands) {
  if constexpr (requires { operation.template host<T>(operands.template lanes<T>()...); }) {
    if (operation.applies(m)) [[likely]] {
      const HostResult<T> result =
          operation.template host<T>(detail::without_upper_half(operands, quad).template lanes<T>()...);
      if (all<T>(result.trusted)) [[likely]]
        return clip(Vector::from<T>(result.value), quad);
    }
  }
  return settle(m, detail::lane_by_lane<T>(Status::of(m), operation, lane_count<T>(quad), operands...));
}

/// The lanes of one vector brought together by an operation: neighbours first, then the results' neighbours, and so on
/// (shared/functions, Reduce).
template <class T, class Operation>
ARMILLION_COLD Outcome<Vector> reduce(Status status, Operation operation, unsigned count, Vector a) {
  auto lanes = a.lanes<T>();
  for (; count > 1; count /= 2) {
#pragma clang loop unroll(disable)
    for (unsigned i = 0; i < count / 2; ++i) lanes[i] = operation(status, T(lanes[2 * i]), T(lanes[2 * i + 1]));
  }
  return status.outcome(Vector::from_parts(lanes[0], 0));
}

// Complex numbers: pairs of lanes, the real part in the lower one.

/// FCMLA: addend + a * b as far as one of the parts of a contributes. The rotation, in quarter turns, selects the part
/// and how the product's turns.
template <class T>
ARMILLION_COLD Outcome<Vector> complex_multiply_add(Status status, unsigned rotation, unsigned count, Vector addend,
                                                    Vector a, Vector b) {
  // Rotations by one and three quarters take the imaginary part of a, which exchanges the parts of the product.
  const unsigned part = rotation & 1;
  const T real_sign = rotation == 1 || rotation == 2 ? Format<T>::SIGN : T{0};
  const T imaginary_sign = rotation >= 2 ? Format<T>::SIGN : T{0};
  Lanes<T> result{};
#pragma clang loop unroll(disable)
  for (unsigned i = 0; i < count; i += 2) {
    const T x = a.get<T>(i + part);
    const T y_real = static_cast<T>(b.get<T>(i + part) ^ real_sign);
    const T y_imaginary = static_cast<T>(b.get<T>(i + 1 - part) ^ imaginary_sign);
    result[i] = fp::multiply_add(status, addend.get<T>(i), x, y_real);
    result[i + 1] = fp::multiply_add(status, addend.get<T>(i + 1), x, y_imaginary);
  }
  return status.outcome(Vector::from<T>(result));
}

/// b with every complex number turned by a quarter (`turns` 1) or by three: times i, or times -i.
template <class T>
ARMILLION_INLINE Vector rotate(Vector b, unsigned turns) {
  Lanes<T> result;
#pragma clang loop unroll(full)
  for (unsigned i = 0; i < LANES<T>; i += 2) {
    const T real = b.get<T>(i);
    const T imaginary = b.get<T>(i + 1);
    result[i] = turns == 1 ? fp::negate(imaginary) : imaginary;
    result[i + 1] = turns == 1 ? real : fp::negate(real);
  }
  return Vector::from<T>(result);
}

// Conversion between formats. The narrower lanes are those of one half of a register.

namespace detail {
template <class To, class From, class Operation>
ARMILLION_COLD Outcome<Vector> convert_lanes(Status status, Operation operation, Vector a) {
  constexpr unsigned COUNT = LANES<To> < LANES<From> ? LANES<To> : LANES<From>;
  Lanes<To> result{};
#pragma clang loop unroll(disable)
  for (unsigned i = 0; i < COUNT; ++i) result[i] = operation(status, a.get<From>(i));
  return status.outcome(Vector::from<To>(result));
}

using LowerSingles = float __attribute__((vector_size(8)));
}  // namespace detail

/// FCVTL: the lanes of the lower half of a in the format of twice the size.
template <class To, class From, class M>
ARMILLION_INLINE Vector widen(M& m, Vector a) {
  if constexpr (std::same_as<From, std::uint32_t>) {
    const Vector source = Vector::from_parts(a.low(), a.low());
    if (Selects::applies(m) && all<From>(are_numbers<From>(source.lanes<From>()))) [[likely]] {
      const auto singles = numbers<From>(source.lanes<From>());
      const auto doubles = __builtin_convertvector(__builtin_shufflevector(singles, singles, 0, 1), Lanes<double>);
      return Vector::from<To>((Lanes<To>)doubles);
    }
  }
  const auto operation = [](Status& status, From x) { return fp::convert<To>(status, x); };
  return settle(m, detail::convert_lanes<To, From>(Status::of(m), operation, a));
}

/// FCVTN: the lanes in the format of half the size, in the lower half of the result.
template <class To, class From, class M>
ARMILLION_INLINE Vector narrow(M& m, Vector a) {
  if constexpr (std::same_as<From, std::uint64_t>) {
    if (Rounds::applies(m)) [[likely]] {
      const auto doubles = numbers<From>(a.lanes<From>());
      const auto pair = __builtin_convertvector(doubles, detail::LowerSingles);
      const auto singles = (Lanes<To>)__builtin_shufflevector(pair, pair, 0, 1, 0, 1);
      // A zero comes from a zero or from an underflow: which one, the doubles tell.
      const auto zeros = are_zeros<From>(a.lanes<From>());
      const auto zero_lanes = (Truth<To>)__builtin_shufflevector((Truth<To>)zeros, (Truth<To>)zeros, 0, 2, 0, 2);
      if (all<To>(are_safely_normal<To>(singles) | zero_lanes)) [[likely]] {
        return Vector::from_parts(Vector::from<To>(singles).low(), 0);
      }
    }
  }
  const auto operation = [](Status& status, From x) { return fp::convert<To>(status, x); };
  return settle(m, detail::convert_lanes<To, From>(Status::of(m), operation, a));
}

/// FCVTXN: doubles to singles, rounded to odd.
template <class M>
ARMILLION_INLINE Vector narrow_round_odd(M& m, Vector a) {
  const auto operation = [](Status& status, std::uint64_t x) { return fp::convert_round_odd(status, x); };
  return settle(m, detail::convert_lanes<std::uint32_t, std::uint64_t>(Status::of(m), operation, a));
}

/// BFCVTN: singles to bfloat16.
template <class M>
ARMILLION_INLINE Vector narrow_to_bfloat16(M& m, Vector a) {
  const auto operation = [](Status& status, std::uint32_t x) { return fp::to_bfloat16(status, x); };
  return settle(m, detail::convert_lanes<std::uint16_t, std::uint32_t>(Status::of(m), operation, a));
}

}  // namespace armillion::isa::fp::vector
