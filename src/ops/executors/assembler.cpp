#include "ops/executors/assembler.hpp"

#include <algorithm>
#include <array>

namespace armillion::ops {
namespace {

// Where operands stand in a word.
constexpr std::uint32_t field_d(std::uint32_t number) { return number; }
constexpr std::uint32_t field_n(std::uint32_t number) { return number << 5; }
constexpr std::uint32_t field_m(std::uint32_t number) { return number << 16; }

/// The bit that chooses 64-bit lanes for floating point.
constexpr std::uint32_t field_lanes(Lanes lanes) { return static_cast<std::uint32_t>(lanes) << 22; }

template <class Operation>
constexpr std::uint32_t three(Operation operation, V d, V n, V m) {
  return static_cast<std::uint32_t>(operation) | field_m(m.number) | field_n(n.number) | field_d(d.number);
}

template <class Operation>
constexpr std::uint32_t two(Operation operation, V d, V n) {
  return static_cast<std::uint32_t>(operation) | field_n(n.number) | field_d(d.number);
}

constexpr std::uint32_t with_immediate(std::uint32_t word, X d, X n, std::uint32_t immediate12) {
  return word | immediate12 << 10 | field_n(n.number) | field_d(d.number);
}

/// A load or store that moves its address on afterwards, by 9 bits from bit 12 on (C4.1.94, "Load/store register
/// (immediate post-indexed)").
struct Transfer {
  std::uint32_t load;
  std::uint32_t store;
  std::uint32_t size_bytes;
};

constexpr Transfer transfer_of(Part part) {
  constexpr std::array<Transfer, 5> TRANSFERS{{{0x3c400400, 0x3c000400, 1},
                                               {0x7c400400, 0x7c000400, 2},
                                               {0xbc400400, 0xbc000400, 4},
                                               {0xfc400400, 0xfc000400, 8},
                                               {0x3cc00400, 0x3c800400, 16}}};
  return TRANSFERS[static_cast<std::size_t>(part)];
}

}  // namespace

Label Assembler::label() {
  places_.push_back(0);
  return Label(places_.size() - 1);
}

Label Assembler::here() {
  const Label made = label();
  place(made);
  return made;
}

void Assembler::place(Label label) { places_[label.number_] = words_.size(); }

void Assembler::load(Part part, V destination, X address) {
  const Transfer transfer = transfer_of(part);
  words_.push_back(transfer.load | transfer.size_bytes << 12 | field_n(address.number) | field_d(destination.number));
}

void Assembler::store(Part part, V source, X address) {
  const Transfer transfer = transfer_of(part);
  words_.push_back(transfer.store | transfer.size_bytes << 12 | field_n(address.number) | field_d(source.number));
}

void Assembler::load_to_all(Lanes lanes, V destination, X address) {
  const std::uint32_t size = lanes == Lanes::S4 ? 2 : 3;
  words_.push_back(0x4ddfc000 | size << 10 | field_n(address.number) | field_d(destination.number));
}

void Assembler::load_and_add(V destination, X address, X step) {
  words_.push_back(0x4cc07800 | field_m(step.number) | field_n(address.number) | field_d(destination.number));
}

void Assembler::load_to_all_and_add(Lanes lanes, V destination, X address, X step) {
  const std::uint32_t size = lanes == Lanes::S4 ? 2 : 3;
  words_.push_back(0x4dc0c000 | size << 10 | field_m(step.number) | field_n(address.number) |
                   field_d(destination.number));
}

void Assembler::load_element(Part part, V destination, X array, X index) {
  words_.push_back((part == Part::D ? 0xfc607800 : 0xbc607800) | field_m(index.number) | field_n(array.number) |
                   field_d(destination.number));
}

void Assembler::store_element(Part part, V source, X array, X index) {
  words_.push_back((part == Part::D ? 0xfc207800 : 0xbc207800) | field_m(index.number) | field_n(array.number) |
                   field_d(source.number));
}

void Assembler::load_byte(X destination, X address) {
  words_.push_back(0x38400400 | 1U << 12 | field_n(address.number) | field_d(destination.number));
}

void Assembler::load_word(X destination, X address) {
  words_.push_back(0xb8400400 | 4U << 12 | field_n(address.number) | field_d(destination.number));
}

void Assembler::emit(FloatThree operation, Lanes lanes, V d, V n, V m) {
  words_.push_back(three(operation, d, n, m) | field_lanes(lanes));
}

void Assembler::emit(FloatTwo operation, Lanes lanes, V d, V n) {
  words_.push_back(two(operation, d, n) | field_lanes(lanes));
}

void Assembler::emit(IntegerThree operation, Lanes lanes, V d, V n, V m) {
  words_.push_back(three(operation, d, n, m) | field_lanes(lanes));
}

void Assembler::emit(IntegerTwo operation, Lanes lanes, V d, V n) {
  words_.push_back(two(operation, d, n) | field_lanes(lanes));
}

void Assembler::emit(Shift operation, Lanes lanes, V d, V n, std::uint32_t bits) {
  // The field has the lanes' size, too: bits more than it, or bits less than twice of it (immh:immb).
  const std::uint32_t lane_bits = lanes == Lanes::S4 ? 32 : 64;
  const std::uint32_t field = operation == Shift::SHL ? lane_bits + bits : 2 * lane_bits - bits;
  words_.push_back(two(operation, d, n) | field << 16);
}

void Assembler::emit(Widening operation, V d, V n, V m) { words_.push_back(three(operation, d, n, m)); }

void Assembler::emit(Narrowing operation, V d, V n) { words_.push_back(two(operation, d, n)); }

void Assembler::invert(V d, V n) { words_.push_back(0x6e205800 | field_n(n.number) | field_d(d.number)); }

void Assembler::emit(Bitwise operation, V d, V n, V m) { words_.push_back(three(operation, d, n, m)); }

void Assembler::emit(Across operation, V d, V n) { words_.push_back(two(operation, d, n)); }

void Assembler::load_constant(V d, std::array<std::uint64_t, 2> halves) {
  const auto found = std::ranges::find(constants_, halves);
  constant_loads_.push_back({words_.size(), static_cast<std::size_t>(found - constants_.begin())});
  if (found == constants_.end()) constants_.push_back(halves);
  words_.push_back(0x9c000000 | field_d(d.number));
}

void Assembler::clear(V d) { words_.push_back(0x6f00e400 | field_d(d.number)); }

void Assembler::swap_halves(V d, V n) {
  words_.push_back(0x6e004000 | field_m(n.number) | field_n(n.number) | field_d(d.number));
}

void Assembler::float32_to_float64(V d, V n) { words_.push_back(0x1e22c000 | field_n(n.number) | field_d(d.number)); }

void Assembler::float64_to_float32(V d, V n) { words_.push_back(0x1e624000 | field_n(n.number) | field_d(d.number)); }

void Assembler::add_float64(V d, V n, V m) {
  words_.push_back(0x1e602800 | field_m(m.number) | field_n(n.number) | field_d(d.number));
}

void Assembler::move(X d, V n) { words_.push_back(0x9e660000 | field_n(n.number) | field_d(d.number)); }

void Assembler::move(X d, std::uint32_t immediate16) {
  words_.push_back(0xd2800000 | immediate16 << 5 | field_d(d.number));
}

void Assembler::move(X d, X n) { words_.push_back(0xaa0003e0 | field_m(n.number) | field_d(d.number)); }

void Assembler::add(X d, X n, X m) {
  words_.push_back(0x8b000000 | field_m(m.number) | field_n(n.number) | field_d(d.number));
}

void Assembler::adds(X d, X n, std::uint32_t immediate12) {
  words_.push_back(with_immediate(0xb1000000, d, n, immediate12));
}

void Assembler::subs(X d, X n, std::uint32_t immediate12) {
  words_.push_back(with_immediate(0xf1000000, d, n, immediate12));
}

void Assembler::sub(X d, X n, std::uint32_t immediate12) {
  words_.push_back(with_immediate(0xd1000000, d, n, immediate12));
}

void Assembler::sub(X d, X n, X m) {
  words_.push_back(0xcb000000 | field_m(m.number) | field_n(n.number) | field_d(d.number));
}

void Assembler::compare(X n, X m) {
  words_.push_back(0xeb000000 | field_m(m.number) | field_n(n.number) | field_d(XZR.number));
}

void Assembler::select(X d, X n, X m, Condition condition) {
  words_.push_back(0x9a800000 | field_m(m.number) | static_cast<std::uint32_t>(condition) << 12 | field_n(n.number) |
                   field_d(d.number));
}

void Assembler::branch_if(Condition condition, Label target) {
  branch(0x54000000 | static_cast<std::uint32_t>(condition), target);
}

void Assembler::branch_if_zero(X n, Label target) { branch(0xb4000000 | n.number, target); }

void Assembler::branch_if_not_zero(X n, Label target) { branch(0xb5000000 | n.number, target); }

void Assembler::halt() { words_.push_back(0xd4400000); }

void Assembler::branch(std::uint32_t word, Label target) {
  branches_.push_back({words_.size(), target.number_});
  words_.push_back(word);
}

std::vector<std::uint32_t> Assembler::program() const {
  std::vector<std::uint32_t> program = words_;
  const auto refer = [&](std::size_t at, std::size_t place) {
    program[at] |= (static_cast<std::uint32_t>(place - at) & 0x7ffff) << 5;
  };
  for (const auto& [at, label] : branches_) refer(at, places_[label]);
  constexpr std::size_t CONSTANT_WORDS = 4;
  for (const auto& [at, constant] : constant_loads_) refer(at, words_.size() + constant * CONSTANT_WORDS);
  for (const auto& halves : constants_) {
    for (const std::uint64_t half : halves) {
      program.push_back(static_cast<std::uint32_t>(half));
      program.push_back(static_cast<std::uint32_t>(half >> 32));
    }
  }
  return program;
}

}  // namespace armillion::ops
