#include "test_generator.hpp"

#include <algorithm>
#include <cstring>

#include "isa/pattern.hpp"
#include "oracle_limits.hpp"

namespace armillion::conformance {

namespace {

constexpr std::uint64_t WINDOW_END = WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES + WINDOW_READ_ONLY_BYTES;
constexpr std::uint64_t PAGE_BYTES = 4096;
/// Accesses this far around the window are known to hit nothing else in the guest.
constexpr std::uint64_t MARGIN_BYTES = 0x10000;
constexpr std::uint32_t FPSR_INEXACT = 1u << 4;
/// Bytes before an access that are compared too.
constexpr std::uint64_t BLOCK_LEAD_BYTES = 32;

std::uint64_t without_tag(std::uint64_t address) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(address << 8) >> 8);
}

/// The register that an access takes its address from: bits 9:5 in every load and store (C4.1.94), bits 4:0 in DC and
/// IC.
unsigned base_register(std::uint32_t word) { return word >> 24 == 0xd5 ? word & 31 : word >> 5 & 31; }

std::uint64_t& general_register(GuestState& state, unsigned number) {
  return number == 31 ? state.sp : state.x[number];
}

/// What a state's vectors are filled with.
enum class Filling { RANDOM, INTEGERS_8, INTEGERS_16, INTEGERS_32, INTEGERS_64, HALF, BFLOAT, SINGLE, DOUBLE, COUNT };

std::uint64_t random_lanes(RandomSource& random, Filling filling, int scale) {
  const auto fill = [&](int width, auto&& make_lane) {
    std::uint64_t lanes = 0;
    for (int at = 0; at < 64; at += width) lanes |= make_lane() << at;
    return lanes;
  };
  switch (filling) {
    case Filling::INTEGERS_8: return fill(8, [&] { return random.integer(8); });
    case Filling::INTEGERS_16: return fill(16, [&] { return random.integer(16); });
    case Filling::INTEGERS_32: return fill(32, [&] { return random.integer(32); });
    case Filling::INTEGERS_64: return random.integer(64);
    case Filling::HALF: return fill(16, [&] { return random.floating_point(5, 10, scale); });
    case Filling::BFLOAT: return fill(16, [&] { return random.floating_point(8, 7, scale); });
    case Filling::SINGLE: return fill(32, [&] { return random.floating_point(8, 23, scale); });
    case Filling::DOUBLE: return random.floating_point(11, 52, scale);
    default: return random.bits();
  }
}

}  // namespace

bool is_constrained_unpredictable(std::uint32_t word) {
  const unsigned t = word & 31;
  const unsigned n = word >> 5 & 31;
  const unsigned t2 = word >> 10 & 31;
  const unsigned s = word >> 16 & 31;
  const bool is_simd = word >> 26 & 1;
  const bool is_load = word >> 22 & 1;
  if ((word & 0x3b200400) == 0x38000400) return !is_simd && t == n && n != 31;  // one register, write-back
  if ((word & 0x3a000000) == 0x28000000) {                                      // pair
    const bool writes_back = word >> 23 & 1;
    if (is_load && t == t2) return true;
    return writes_back && !is_simd && n != 31 && (t == n || t2 == n);
  }
  if ((word & 0x3f000000) == 0x08000000 && (word & 0x00800000) == 0) {  // exclusive, and CASP
    const bool is_pair = word >> 21 & 1;
    const bool is_compare_and_swap_pair = is_pair && (word >> 31) == 0;
    if (is_compare_and_swap_pair) return false;
    if (is_load) return is_pair && t == t2;
    return s == t || (s == n && n != 31) || (is_pair && s == t2);
  }
  return false;
}

State to_state(const GuestState& state) {
  State result;
  std::copy(std::begin(state.x), std::end(state.x), std::begin(result.x));
  result.sp = state.sp;
  result.pc = state.pc;
  result.tpidr_el0 = state.tpidr_el0;
  result.set_nzcv(state.nzcv);
  result.fpcr = state.fpcr;
  result.fpsr = state.fpsr;
  for (int i = 0; i < 32; ++i) result.vectors[i] = {state.vectors[i][0], state.vectors[i][1]};
  return result;
}

void run_directly(const RowUnderTest& row, std::uint32_t word, const Test& test, DirectMachine& machine) {
  State state = to_state(test.state);
  state.pc = address_of_word(test.word_index);
  state.exclusive_size = test.exclusive_size;
  state.exclusive_address = test.exclusive_address;
  machine.reset(state);
  for (std::uint64_t i = 0; i < BLOCK_BYTES; ++i) {
    const std::uint64_t offset = test.block_address + i - WINDOW_ADDRESS;
    if (offset < WINDOW_WRITABLE_BYTES) machine.memory()[offset] = std::byte{test.block[i]};
  }
  isa::MicroOp op{};
  row.pack(word, op);
  row.execute[row.variant_of(word)](machine, op);
}

GuestState random_state(RandomSource& random) {
  GuestState state{};
  for (std::uint64_t& x : state.x) x = random.integer(random.one_in(3) ? 32 : 64);
  if (random.one_in(4)) {
    for (std::uint64_t& x : state.x) x = random.integer(8) << random.below(57);
  }
  state.sp = random.integer(64);
  state.tpidr_el0 = random.bits();
  state.nzcv = random.below(16) << 28;
  // Implementations take other paths in the default mode, and others again once Inexact has been raised.
  if (!random.one_in(2)) state.fpcr = static_cast<std::uint32_t>(random.bits()) & FPCR_BITS;
  switch (random.below(3)) {
    case 0: break;
    case 1: state.fpsr = FPSR_INEXACT; break;
    default: state.fpsr = static_cast<std::uint32_t>(random.bits()) & FPSR_BITS; break;
  }

  const auto filling_of_state = static_cast<Filling>(random.below(static_cast<std::uint32_t>(Filling::COUNT)));
  const int scale = random.pick<int>({0, 0, 3, 12, 24, 60, 120, 500, -5, -14, -24, -70, -126, -149, -600, -1022});
  for (auto& vector : state.vectors) {
    const Filling filling = random.one_in(8)
                                ? static_cast<Filling>(random.below(static_cast<std::uint32_t>(Filling::COUNT)))
                                : filling_of_state;
    vector[0] = random_lanes(random, filling, scale);
    vector[1] = random_lanes(random, filling, scale);
  }
  return state;
}

TestGenerator::TestGenerator(const RowUnderTest& row, RandomSource random, Audience audience)
    : row_(row), random_(random), audience_(audience) {
  find_behaviour();
}

void TestGenerator::find_behaviour() {
  DirectMachine machine{State{}};
  bool found = false;
  for (std::uint32_t i = 0; i < 64; ++i) {
    const auto word = make_word(i, CODE_ADDRESS);
    if (!word) continue;
    found = true;
    Test test{};
    test.state = random_state(random_);
    test.block_address = WINDOW_ADDRESS;
    run_directly(row_, *word, test, machine);
    behaviour_.branches |= machine.outcome() == Outcome::BRANCHED;
    behaviour_.stops |= machine.outcome() == Outcome::SUPERVISOR_CALL || machine.outcome() == Outcome::HALT;
    behaviour_.accesses_memory |= machine.access_size() != 0 || machine.exclusive_test_size() != 0;
  }
  behaviour_.has_no_words = !found;
}

std::uint32_t field_bits(const RowUnderTest& row, char letter) {
  std::uint32_t bits = 0;
  for (int i = 0; i < 32; ++i) bits = bits << 1 | (row.pattern[i] == letter ? 1u : 0u);
  return bits;
}

std::uint32_t field_value(const RowUnderTest& row, std::uint32_t word, char letter) {
  std::uint32_t value = 0;
  for (int i = 0; i < 32; ++i) {
    if (row.pattern[i] == letter) value = value << 1 | (word >> (31 - i) & 1);
  }
  return value;
}

std::uint32_t with_field(const RowUnderTest& row, std::uint32_t word, char letter, std::uint64_t value) {
  const std::uint32_t bits = field_bits(row, letter);
  return (word & ~bits) | isa::scatter_bits(static_cast<std::uint32_t>(value), bits);
}

bool TestGenerator::is_taken_by_another_row(std::uint32_t word) const {
  for (const SectionUnderTest& section : sections()) {
    for (const RowUnderTest& other : section.rows) {
      if (other.priority > row_.priority && other.matches(word)) return true;
    }
  }
  return false;
}

std::uint32_t TestGenerator::random_word(std::uint32_t index) {
  std::uint32_t word = row_.value | (static_cast<std::uint32_t>(random_.bits()) & ~row_.mask);
  const std::uint32_t variant = index % static_cast<std::uint32_t>(row_.execute.size());
  if (!random_.one_in(16)) {
    word = (word & ~row_.static_bits) | isa::scatter_bits(variant, row_.static_bits);
  }
  const bool overlaps = random_.one_in(4);
  const std::uint64_t few_registers[] = {random_.below(32), random_.below(32)};
  for (const OperandUnderTest& operand : row_.operands) {
    if (isa::Pattern::is_upper(operand.letter)) continue;
    const int width = __builtin_popcount(field_bits(row_, operand.letter));
    if (operand.kind == OperandKind::IMMEDIATE) {
      if (behaviour_.branches && width >= 14) {
        word = with_field(row_, word, operand.letter, random_.below(16) - std::uint64_t{8});
      } else if (random_.one_in(3)) {
        word =
            with_field(row_, word, operand.letter, random_.one_in(2) ? random_.integer(width) : 0 - random_.bits() % 2);
      }
    } else if (overlaps) {
      word = with_field(row_, word, operand.letter, few_registers[random_.below(2)]);
    } else if (random_.one_in(12)) {
      word = with_field(row_, word, operand.letter, 31);
    }
  }
  return word;
}

std::optional<std::uint32_t> TestGenerator::make_word(std::uint32_t index, std::uint64_t address) {
  const bool is_literal_load = row_.name.find("literal") != std::string_view::npos;
  for (int attempt = 0; attempt < 2000; ++attempt) {
    std::uint32_t word = random_word(index);
    if (is_literal_load) word = with_field(row_, word, 'i', (random_target(8) - address) / 4);
    if (!row_.matches(word) || is_taken_by_another_row(word)) continue;
    if (audience_ == Audience::OURSELVES) return word;
    if (!is_compared(word)) continue;
    if (behaviour_.accesses_memory && is_constrained_unpredictable(word)) continue;
    return word;
  }
  return std::nullopt;
}

bool TestGenerator::is_compared(std::uint32_t word) const {
  const RestrictedRow* row = find(RESTRICTED_ROWS, row_.name);
  if (row != nullptr && !row->is_compared(word)) return false;
  if (audience_ != Audience::LATER_QEMU) return true;
  const RestrictedRow* later = find(ROWS_RESTRICTED_BY_LATER_QEMU, row_.name);
  return later == nullptr || later->is_compared(word);
}

bool TestGenerator::is_end_compared(const DirectMachine& machine) const {
  if (audience_ == Audience::OURSELVES || machine.outcome() != Outcome::MEMORY_FAULT) return true;
  if (audience_ == Audience::LATER_QEMU && machine.fault().kind == FaultKind::ALIGNMENT) return false;
  return find(ROWS_WITHOUT_FAULTS, row_.name) == nullptr;
}

std::uint64_t TestGenerator::random_target(std::uint32_t size) {
  const std::uint64_t back = random_.below(size + 1);
  std::uint64_t address = 0;
  switch (random_.below(20)) {
    case 0: address = WINDOW_ADDRESS - back; break;
    case 1: address = WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES - back; break;
    case 2: address = WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES + random_.below(WINDOW_READ_ONLY_BYTES - size); break;
    case 3: address = WINDOW_END - back; break;
    case 4: address = WINDOW_END + random_.below(MARGIN_BYTES / 2); break;
    case 5:
    case 6:
    case 7: address = WINDOW_ADDRESS + PAGE_BYTES - back; break;
    default: address = WINDOW_ADDRESS + random_.below(WINDOW_WRITABLE_BYTES - size); break;
  }
  if (!random_.one_in(3)) address &= ~std::uint64_t{size < 16 ? size - 1 : 15};
  return address;
}

// Moves the base register so that the access hits a place of interest. Uses our own semantics to learn where the
// access goes, and only for that: if they are wrong, the oracle accesses something else and the results differ.
bool TestGenerator::aim_access(std::uint32_t word, Test& test) {
  DirectMachine machine{State{}};
  for (int attempt = 0; attempt < 6; ++attempt) {
    run_directly(row_, word, test, machine);
    const bool accesses = machine.access_size() != 0;
    const std::uint32_t size = accesses ? machine.access_size() : machine.exclusive_test_size();
    const std::uint64_t address = accesses ? machine.access_address() : machine.exclusive_test_address();
    if (size == 0) return true;
    const std::uint64_t plain = without_tag(address);
    const bool is_contained = plain >= WINDOW_ADDRESS - MARGIN_BYTES && plain < WINDOW_END + MARGIN_BYTES;
    const bool is_not_canonical = plain >= std::uint64_t{1} << 48 && plain < ~std::uint64_t{0} << 48;
    const bool stays_wild = is_not_canonical && attempt == 0 && random_.one_in(32);
    if (is_end_compared(machine) && (is_contained || stays_wild)) {
      test.block_address = is_contained ? plain - BLOCK_LEAD_BYTES : WINDOW_ADDRESS;
      return true;
    }
    std::uint64_t target = random_target(size);
    if (random_.one_in(4)) target |= random_.bits() << 56;
    general_register(test.state, base_register(word)) += target - address;
  }
  return false;
}

// Lets indirect branches stay within the slot, where every other word traps; direct ones do by their words.
bool TestGenerator::aim_branch(std::uint32_t word, Test& test) {
  const std::uint64_t slot = address_of_word(test.word_index) - SLOT_ENTRY * 4;
  DirectMachine machine{State{}};
  for (int attempt = 0; attempt < 8; ++attempt) {
    run_directly(row_, word, test, machine);
    const std::uint64_t target = machine.state().pc;
    const std::uint64_t index = (target - slot) / 4;
    const bool is_within_slot = target - slot < SLOT_WORDS * 4 && (index < SLOT_ENTRY - 1 || index > SLOT_ENTRY);
    const bool is_nowhere = target - WINDOW_ADDRESS < WINDOW_WRITABLE_BYTES || target < 0x1000;
    if (is_within_slot || is_nowhere) return true;
    std::uint64_t wanted = slot + random_.below(SLOT_WORDS) * 4;
    if (random_.one_in(16)) wanted += random_.below(4);
    if (random_.one_in(16)) wanted = WINDOW_ADDRESS + random_.below(WINDOW_WRITABLE_BYTES / 4) * 4;
    if (random_.one_in(4)) wanted |= random_.bits() << 56;
    const unsigned n = base_register(word);
    if (n != 31) test.state.x[n] = wanted;
  }
  return false;
}

void TestGenerator::arm_exclusive_monitor(std::uint32_t word, Test& test) {
  DirectMachine machine{State{}};
  run_directly(row_, word, test, machine);
  const std::uint32_t size = machine.exclusive_test_size();
  if (size == 0 || random_.one_in(4)) return;
  std::uint64_t address = without_tag(machine.exclusive_test_address());
  if (random_.one_in(8)) address ^= size;
  const bool is_in_window = address >= WINDOW_ADDRESS && address + size <= WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES;
  if (!is_in_window || address % size != 0) return;
  test.exclusive_size = size;
  test.exclusive_address = address;
}

std::optional<Test> TestGenerator::make_test(std::uint32_t word, std::uint32_t word_index) {
  Test test{};
  test.word_index = word_index;
  test.state = random_state(random_);
  const RowWithoutModes* limits = audience_ != Audience::OURSELVES ? find(ROWS_WITHOUT_MODES, row_.name) : nullptr;
  if (limits != nullptr) test.state.fpcr &= ~limits->fpcr_bits;
  test.block_address = WINDOW_ADDRESS + PAGE_BYTES;
  if (behaviour_.branches && !aim_branch(word, test)) return std::nullopt;
  if (behaviour_.accesses_memory) {
    if (!aim_access(word, test)) return std::nullopt;
    const auto filling = static_cast<Filling>(random_.below(static_cast<std::uint32_t>(Filling::COUNT)));
    for (std::uint64_t i = 0; i < BLOCK_BYTES; i += 8) {
      const std::uint64_t lanes = random_lanes(random_, filling, 0);
      std::memcpy(test.block + i, &lanes, sizeof lanes);
    }
    arm_exclusive_monitor(word, test);
  }
  return test;
}

}  // namespace armillion::conformance
