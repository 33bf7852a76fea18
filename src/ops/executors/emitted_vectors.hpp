#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "ops/executors/assembler.hpp"

// The elementary functions as AArch64 instructions: what elementary-inl.hpp uses of Highway, for vectors whose
// operations write an instruction where Highway's compute. A source file includes this or Highway.
#define ARMILLION_OPS_VECTORS_ARE_EMITTED
#define HWY_NAMESPACE emitted
#define HWY_INLINE inline
#define HWY_ATTR
#define HWY_ARCH_X86 0
#define HWY_BEFORE_NAMESPACE() static_assert(true)
#define HWY_AFTER_NAMESPACE() static_assert(true)

// NOLINTBEGIN(readability-identifier-naming): names are Highway's.
namespace hwy::emitted {

namespace ops = armillion::ops;
using ops::Lanes;
using ops::V;

/// Where instructions go, and which vector registers hold a value that is still needed: V4 and up.
class Emitter {
 public:
  explicit Emitter(ops::Assembler& code) : code_(code) { current = this; }
  ~Emitter() { current = nullptr; }
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  ops::Assembler& code() { return code_; }
  void share(V v) { ++users_[v.number]; }
  void release(V v) { --users_[v.number]; }
  bool is_shared(V v) const { return users_[v.number] > 1; }
  /// A register that no value is in.
  V free_register() const {
    for (std::uint32_t number = FIRST; number < users_.size(); ++number) {
      if (users_[number] == 0) return V{number};
    }
    throw std::logic_error("an elementary function needs more vector registers than there are");
  }

  /// The one that operations write to: Highway's have no argument for it.
  static thread_local Emitter* current;

 private:
  static constexpr std::uint32_t FIRST = 4;

  ops::Assembler& code_;
  /// Below the first, registers are somebody else's, and always in use.
  std::array<int, 32> users_{1, 1, 1, 1};
};
inline thread_local Emitter* Emitter::current = nullptr;

inline ops::Assembler& code() { return Emitter::current->code(); }

/// A vector in a register, which is free again when the last copy of it goes.
template <class T>
class Vector {
 public:
  explicit Vector(V v) : v_(v) { Emitter::current->share(v_); }
  Vector(const Vector& other) : Vector(other.v_) {}
  Vector(Vector&& other) noexcept : v_(std::exchange(other.v_, NOWHERE)) {}
  Vector& operator=(Vector other) noexcept {
    std::swap(v_, other.v_);
    return *this;
  }
  ~Vector() {
    if (v_ != NOWHERE) Emitter::current->release(v_);
  }

  V v() const { return v_; }

 private:
  /// Where it has been moved to another.
  static constexpr V NOWHERE{32};

  V v_;
};

/// Lanes of all ones or all zeros.
template <class T>
using Mask = Vector<T>;

/// What a vector's kind is called by.
template <class T>
struct Kind {
  using Type = T;
};
template <class D>
using TFromD = typename D::Type;
template <class D>
using RebindToSigned = Kind<std::conditional_t<sizeof(TFromD<D>) == 4, std::int32_t, std::int64_t>>;
template <class D>
using RebindToUnsigned = Kind<std::conditional_t<sizeof(TFromD<D>) == 4, std::uint32_t, std::uint64_t>>;

template <class T>
constexpr Lanes LANES = sizeof(T) == 4 ? Lanes::S4 : Lanes::D2;

template <class T>
Vector<T> new_vector() {
  return Vector<T>(Emitter::current->free_register());
}

/// For an operation that changes its first operand: the operand itself, where nothing else needs it, or a copy.
template <class T>
Vector<T> changeable(Vector<T> x) {
  if (!Emitter::current->is_shared(x.v())) return x;
  Vector<T> copy = new_vector<T>();
  code().emit(ops::Bitwise::ORR, copy.v(), x.v(), x.v());
  return copy;
}

template <class T, class U>
Vector<T> Set(Kind<T>, U value) {
  Vector<T> d = new_vector<T>();
  if constexpr (sizeof(T) == 4) {
    const std::uint64_t bits = std::bit_cast<std::uint32_t>(static_cast<T>(value));
    code().load_constant(d.v(), {bits | bits << 32, bits | bits << 32});
  } else {
    const auto bits = std::bit_cast<std::uint64_t>(static_cast<T>(value));
    code().load_constant(d.v(), {bits, bits});
  }
  return d;
}
template <class T>
Vector<T> Zero(Kind<T>) {
  Vector<T> d = new_vector<T>();
  code().clear(d.v());
  return d;
}
template <class T>
Vector<T> Inf(Kind<T> kind) {
  return Set(kind, std::numeric_limits<T>::infinity());
}
template <class T>
Vector<T> NaN(Kind<T> kind) {
  return Set(kind, std::numeric_limits<T>::quiet_NaN());
}

template <class T>
Vector<T> emit(ops::FloatThree operation, const Vector<T>& a, const Vector<T>& b) {
  Vector<T> d = new_vector<T>();
  code().emit(operation, LANES<T>, d.v(), a.v(), b.v());
  return d;
}
template <class T>
Vector<T> Add(const Vector<T>& a, const Vector<T>& b) {
  return emit(ops::FloatThree::FADD, a, b);
}
template <class T>
Vector<T> Sub(const Vector<T>& a, const Vector<T>& b) {
  if constexpr (std::is_floating_point_v<T>) return emit(ops::FloatThree::FSUB, a, b);
  Vector<T> d = new_vector<T>();
  code().emit(ops::IntegerThree::SUB, LANES<T>, d.v(), a.v(), b.v());
  return d;
}
template <class T>
Vector<T> Mul(const Vector<T>& a, const Vector<T>& b) {
  return emit(ops::FloatThree::FMUL, a, b);
}
template <class T>
Vector<T> Div(const Vector<T>& a, const Vector<T>& b) {
  return emit(ops::FloatThree::FDIV, a, b);
}
template <class T>
Vector<T> Neg(const Vector<T>& x) {
  Vector<T> d = new_vector<T>();
  code().emit(ops::FloatTwo::FNEG, LANES<T>, d.v(), x.v());
  return d;
}
template <class T>
Vector<T> Abs(const Vector<T>& x) {
  Vector<T> d = new_vector<T>();
  code().emit(ops::FloatTwo::FABS, LANES<T>, d.v(), x.v());
  return d;
}
template <class T>
Vector<T> MulAdd(const Vector<T>& a, const Vector<T>& b, Vector<T> c) {
  Vector<T> d = changeable(std::move(c));
  code().emit(ops::FloatThree::FMLA, LANES<T>, d.v(), a.v(), b.v());
  return d;
}
template <class T>
Vector<T> NegMulAdd(const Vector<T>& a, const Vector<T>& b, Vector<T> c) {
  Vector<T> d = changeable(std::move(c));
  code().emit(ops::FloatThree::FMLS, LANES<T>, d.v(), a.v(), b.v());
  return d;
}
template <class T>
Vector<T> NegMulSub(const Vector<T>& a, const Vector<T>& b, const Vector<T>& c) {
  return NegMulAdd(a, b, Neg(c));
}

template <class T>
Vector<T> And(const Vector<T>& a, const Vector<T>& b) {
  Vector<T> d = new_vector<T>();
  code().emit(ops::Bitwise::AND, d.v(), a.v(), b.v());
  return d;
}
template <class T>
Vector<T> CopySign(Vector<T> magnitude, const Vector<T>& sign) {
  const Vector<T> sign_bit = Set(Kind<T>{}, T{-0.0});
  Vector<T> d = changeable(std::move(magnitude));
  code().emit(ops::Bitwise::BIT, d.v(), sign.v(), sign_bit.v());
  return d;
}

template <class T>
Mask<T> Lt(const Vector<T>& a, const Vector<T>& b) {
  return emit(ops::FloatThree::FCMGT, b, a);
}
template <class T>
Mask<T> Gt(const Vector<T>& a, const Vector<T>& b) {
  return emit(ops::FloatThree::FCMGT, a, b);
}
template <class T>
Mask<T> Eq(const Vector<T>& a, const Vector<T>& b) {
  return emit(ops::FloatThree::FCMEQ, a, b);
}
template <class T>
Vector<T> IfThenElse(Mask<T> mask, const Vector<T>& yes, const Vector<T>& no) {
  Vector<T> d = changeable(std::move(mask));
  code().emit(ops::Bitwise::BSL, d.v(), yes.v(), no.v());
  return d;
}
template <class T>
Vector<T> IfThenElseZero(const Mask<T>& mask, const Vector<T>& yes) {
  return And(mask, yes);
}
template <class T>
Vector<T> IfNegativeThenElse(const Vector<T>& x, const Vector<T>& yes, const Vector<T>& no) {
  Mask<T> is_negative = new_vector<T>();
  code().emit(ops::IntegerTwo::CMLT_ZERO, LANES<T>, is_negative.v(), x.v());
  return IfThenElse(std::move(is_negative), yes, no);
}

template <class T, class U>
Vector<T> BitCast(Kind<T>, const Vector<U>& x) {
  return Vector<T>(x.v());
}
template <int COUNT, class T>
Vector<T> ShiftLeft(const Vector<T>& x) {
  Vector<T> d = new_vector<T>();
  code().emit(ops::Shift::SHL, LANES<T>, d.v(), x.v(), COUNT);
  return d;
}
template <int COUNT, class T>
Vector<T> ShiftRight(const Vector<T>& x) {
  static_assert(std::is_signed_v<T>);
  Vector<T> d = new_vector<T>();
  code().emit(ops::Shift::SSHR, LANES<T>, d.v(), x.v(), COUNT);
  return d;
}
template <class T, class U>
Vector<T> ConvertTo(Kind<T>, const Vector<U>& x) {
  static_assert(std::is_floating_point_v<T> && std::is_signed_v<U> && sizeof(T) == sizeof(U));
  Vector<T> d = new_vector<T>();
  code().emit(ops::FloatTwo::SCVTF, LANES<T>, d.v(), x.v());
  return d;
}

}  // namespace hwy::emitted
// NOLINTEND(readability-identifier-naming)

#include "ops/kernels/elementary-inl.hpp"
