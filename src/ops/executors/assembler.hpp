#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace armillion::ops {

// Writes the AArch64 instructions that loops over arrays are made of. An instruction has the operands, in the order, of
// its assembly text. What enumerations stand for is the instruction's word with all its fields 0 (Arm Architecture
// Reference Manual, C4.1 "A64 instruction set encoding").

/// A general register, X0 to X30, or XZR as number 31.
struct X {
  std::uint32_t number;
};
inline constexpr X XZR{31};

/// A vector register, V0 to V31.
struct V {
  std::uint32_t number;

  friend bool operator==(V, V) = default;
};

/// What a whole vector consists of: four lanes of 32 bits or two of 64, as 4S and 2D in assembly text.
enum class Lanes : std::uint32_t { S4 = 0, D2 = 1 };

/// Part of a vector register that is loaded or stored: its low 8 to 64 bits, or all 128.
enum class Part : std::uint8_t { B, H, S, D, Q };

enum class Condition : std::uint32_t { EQUAL = 0, NOT_EQUAL = 1, HIGHER_OR_SAME = 2, LOWER = 3 };

/// Floating-point operations on three vectors, of either kind of lanes.
enum class FloatThree : std::uint32_t {
  FADD = 0x4e20d400,
  FSUB = 0x4ea0d400,
  FMUL = 0x6e20dc00,
  FDIV = 0x6e20fc00,
  FMIN = 0x4ea0f400,
  FMAX = 0x4e20f400,
  /// Adds the product of the latter two to the first, rounded once.
  FMLA = 0x4e20cc00,
  /// Takes it off the first, rounded once.
  FMLS = 0x4ea0cc00,
  FCMEQ = 0x4e20e400,
  FCMGE = 0x6e20e400,
  FCMGT = 0x6ea0e400,
};
/// Floating-point operations on two vectors.
enum class FloatTwo : std::uint32_t {
  FABS = 0x4ea0f800,
  FNEG = 0x6ea0f800,
  /// From integers of the same size.
  SCVTF = 0x4e21d800,
};

/// Operations on three vectors of integers, of 32 bits where lanes are not said.
enum class IntegerThree : std::uint32_t {
  ADD = 0x4ea08400,
  SUB = 0x6ea08400,
  MUL = 0x4ea09c00,
  SMIN = 0x4ea06c00,
  SMAX = 0x4ea06400,
  CMEQ = 0x6ea08c00,
  CMGE = 0x4ea03c00,
  CMGT = 0x4ea03400,
};
enum class IntegerTwo : std::uint32_t {
  ABS = 0x4ea0b800,
  NEG = 0x6ea0b800,
  /// All bits of a lane that is less than 0.
  CMLT_ZERO = 0x4ea0a800,
};

/// Shifts of a vector's lanes by a number of bits.
enum class Shift : std::uint32_t { SHL = 0x4f005400, SSHR = 0x4f000400, USHR = 0x6f000400 };

/// Operations that make lanes of half the size, in the low half of the result: `xtn v0.2s, v1.2d`, 4h of 4s, 8b of 8h.
enum class Narrowing : std::uint32_t { XTN_2S = 0x0ea12800, XTN_4H = 0x0e612800, XTN_8B = 0x0e212800 };

/// Operations on three vectors of 64-bit and 32-bit integers, with the low or high half of the latter.
enum class Widening : std::uint32_t {
  /// d.2d = n.2d + the half of m.4s.
  SADDW = 0x0ea01000,
  SADDW2 = 0x4ea01000,
  /// d.2d += the halves' products.
  SMLAL = 0x0ea08000,
  SMLAL2 = 0x4ea08000,
};

/// Operations on the bits of three vectors.
enum class Bitwise : std::uint32_t {
  AND = 0x4e201c00,
  ORR = 0x4ea01c00,
  ORN = 0x4ee01c00,
  /// Replaces bits of the first by those of the second where the third has ones.
  BIT = 0x6ea01c00,
  /// Takes the second's bits where the first has ones, else the third's.
  BSL = 0x6e601c00,
};

/// Operations that make one element, in the low bits, of the lanes of a vector.
enum class Across : std::uint32_t {
  FMINV_S = 0x6eb0f800,
  FMAXV_S = 0x6e30f800,
  SMINV_S = 0x4eb1a800,
  SMAXV_S = 0x4eb0a800,
  UMAXV_S = 0x6eb0a800,
  /// Of the low two lanes.
  FADDP_S = 0x7e30d800,
  FADDP_D = 0x7e70d800,
  FMINP_D = 0x7ef0f800,
  FMAXP_D = 0x7e70f800,
  ADDP_D = 0x5ef1b800,
};

/// A place in the program that branches go to.
class Label {
 private:
  friend class Assembler;
  explicit Label(std::size_t number) : number_(number) {}
  std::size_t number_;
};

class Assembler {
 public:
  /// A label that is not placed yet.
  Label label();
  /// A label here.
  Label here();
  /// Puts a label here.
  void place(Label label);

  /// Loads or stores, then moves the address on by the size: `ldr q1, [x2], #16`.
  void load(Part part, V destination, X address);
  void store(Part part, V source, X address);
  /// Loads one element into all lanes: `ld1r {v1.4s}, [x2], #4`.
  void load_to_all(Lanes lanes, V destination, X address);
  /// These move the address on by a register: `ld1 {v1.4s}, [x2], x3`, `ld1r {v1.4s}, [x2], x3`.
  void load_and_add(V destination, X address, X step);
  void load_to_all_and_add(Lanes lanes, V destination, X address, X step);
  /// A single element of an array: `ldr s1, [x2, x3, lsl #2]`. Part::S or D.
  void load_element(Part part, V destination, X array, X index);
  void store_element(Part part, V source, X array, X index);
  /// `ldrb w1, [x2], #1` and `ldr w1, [x2], #4`.
  void load_byte(X destination, X address);
  void load_word(X destination, X address);

  void emit(FloatThree operation, Lanes lanes, V d, V n, V m);
  void emit(FloatTwo operation, Lanes lanes, V d, V n);
  void emit(IntegerThree operation, V d, V n, V m) { emit(operation, Lanes::S4, d, n, m); }
  void emit(IntegerThree operation, Lanes lanes, V d, V n, V m);
  void emit(IntegerTwo operation, V d, V n) { emit(operation, Lanes::S4, d, n); }
  void emit(IntegerTwo operation, Lanes lanes, V d, V n);
  void emit(Shift operation, Lanes lanes, V d, V n, std::uint32_t bits);
  void emit(Widening operation, V d, V n, V m);
  void emit(Narrowing operation, V d, V n);
  void emit(Bitwise operation, V d, V n, V m);
  /// All bits the other way round: `mvn v0.16b, v1.16b`.
  void invert(V d, V n);
  void emit(Across operation, V d, V n);
  /// A constant, which stands behind the program: `ldr q0, constant`.
  void load_constant(V d, std::array<std::uint64_t, 2> halves);
  /// All bits 0: `movi v0.2d, #0`.
  void clear(V d);
  /// The halves of a vector in the other order: `ext v0.16b, v1.16b, v1.16b, #8`.
  void swap_halves(V d, V n);
  /// `fcvt d0, s1`.
  void float32_to_float64(V d, V n);
  /// `fcvt s0, d1`.
  void float64_to_float32(V d, V n);
  /// `fadd d0, d1, d2`: of one element.
  void add_float64(V d, V n, V m);
  /// The low 64 bits: `fmov x0, d1`.
  void move(X d, V n);

  /// `mov x0, #1`.
  void move(X d, std::uint32_t immediate16);
  /// `mov x0, x1`.
  void move(X d, X n);
  void add(X d, X n, X m);
  /// With an immediate of 12 bits, setting flags.
  void adds(X d, X n, std::uint32_t immediate12);
  void subs(X d, X n, std::uint32_t immediate12);
  void sub(X d, X n, std::uint32_t immediate12);
  void sub(X d, X n, X m);
  /// `cmp x0, x1`.
  void compare(X n, X m);
  /// `csel x0, x1, x2, lo`.
  void select(X d, X n, X m, Condition condition);

  void branch_if(Condition condition, Label target);
  void branch_if_zero(X n, Label target);
  void branch_if_not_zero(X n, Label target);
  /// Stops a bare machine.
  void halt();

  /// The instructions so far, and constants. All labels that branches go to have been placed.
  std::vector<std::uint32_t> program() const;

 private:
  /// An instruction whose offset, 19 bits from bit 5 on, is set when the program is taken: to a label, or to a
  /// constant.
  struct Reference {
    std::size_t at;
    std::size_t target;
  };

  void branch(std::uint32_t word, Label target);

  std::vector<std::uint32_t> words_;
  std::vector<std::size_t> places_;
  std::vector<Reference> branches_;
  std::vector<std::array<std::uint64_t, 2>> constants_;
  std::vector<Reference> constant_loads_;
};

}  // namespace armillion::ops
