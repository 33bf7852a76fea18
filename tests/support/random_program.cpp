#include "support/random_program.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "armillion/isa.hpp"

namespace armillion::test {

namespace {

using conformance::RandomSource;

constexpr std::string_view ARITHMETIC_ROWS[] = {
#define A64(NAME_, ...) #NAME_,
#include "isa/encodings/data_processing_immediate.inc"
#include "isa/encodings/data_processing_register.inc"
#undef A64
};
constexpr std::string_view BRANCH_ROWS[] = {
#define A64(NAME_, ...) #NAME_,
#include "isa/encodings/branches.inc"
#undef A64
};
constexpr std::string_view MEMORY_ROWS[] = {
#define A64(NAME_, ...) #NAME_,
#include "isa/encodings/load_store_atomic.inc"
#include "isa/encodings/load_store_exclusive.inc"
#include "isa/encodings/load_store_pair.inc"
#include "isa/encodings/load_store_register.inc"
#undef A64
};

enum class Kind : std::uint8_t { ANY, ARITHMETIC, BRANCH, MEMORY };

const std::string& pick(const std::vector<std::string>& patterns, RandomSource& random) {
  return patterns[random.below(static_cast<std::uint32_t>(patterns.size()))];
}

// Fields are random, but mostly so that programs get somewhere: branches are short, registers that hold addresses
// (X16 to X28) are rarely overwritten, and base registers are such.
std::uint32_t fill(const std::string& pattern, RandomSource& random, Kind kind) {
  std::array<std::uint32_t, 128> fields{};
  for (std::uint32_t& field : fields) field = static_cast<std::uint32_t>(random.bits());
  if (!random.one_in(16)) {
    for (const char written : {'d', 't', 'a'}) {
      fields[static_cast<unsigned char>(written)] = random.one_in(24) ? 31 : random.below(16);
    }
    if (kind == Kind::MEMORY) {
      fields['n'] = 16 + random.below(13);
      // Few register indices are small enough.
      if (random.one_in(2)) fields['m'] = 31;
    }
  }
  const std::uint32_t distance = random.below(24);
  if (kind == Kind::BRANCH) fields['i'] = random.one_in(3) ? ~distance : distance + 1;
  if (kind == Kind::MEMORY && !random.one_in(16)) fields['i'] = random.one_in(2) ? random.below(4) : ~random.below(4);
  if (kind == Kind::MEMORY && pattern.find("iiiiiiiiiiii") != std::string::npos) fields['i'] &= 7;
  std::uint32_t word = 0;
  // From the lowest bit on, each field gives its own lowest one that is left.
  for (int bit = 0; bit < 32; ++bit) {
    const auto letter = static_cast<unsigned char>(pattern[static_cast<std::size_t>(31 - bit)]);
    if (letter == '0' || letter == '1') {
      word |= std::uint32_t{letter == '1'} << bit;
      continue;
    }
    word |= (fields[letter] & 1) << bit;
    fields[letter] >>= 1;
  }
  return word;
}

}  // namespace

RandomWords::RandomWords() {
  for (const InstructionInfo& row : instruction_table()) {
    all_.push_back(row.pattern);
    if (std::ranges::find(ARITHMETIC_ROWS, row.name) != std::end(ARITHMETIC_ROWS)) arithmetic_.push_back(row.pattern);
    if (std::ranges::find(BRANCH_ROWS, row.name) != std::end(BRANCH_ROWS)) branches_.push_back(row.pattern);
    if (std::ranges::find(MEMORY_ROWS, row.name) != std::end(MEMORY_ROWS)) memory_.push_back(row.pattern);
  }
}

std::uint32_t RandomWords::draw(RandomSource& random) const {
  const std::uint32_t kind = random.below(100);
  if (kind < 2) return static_cast<std::uint32_t>(random.bits());
  if (kind < 6) return fill(pick(all_, random), random, Kind::ANY);
  if (kind < 18) return fill(pick(branches_, random), random, Kind::BRANCH);
  return kind < 45 ? draw_access(random) : draw_arithmetic(random);
}

std::uint32_t RandomWords::draw_arithmetic(RandomSource& random) const {
  return fill(pick(arithmetic_, random), random, Kind::ARITHMETIC);
}

std::uint32_t RandomWords::draw_access(RandomSource& random) const {
  return fill(pick(memory_, random), random, Kind::MEMORY);
}

std::vector<std::uint32_t> random_code(RandomSource& random, const RandomWords& words) {
  std::vector<std::uint32_t> code(RandomProgram::CODE_WORDS);
  for (std::uint32_t& word : code) word = words.draw(random);
  return code;
}

std::vector<std::uint32_t> random_branchy_loop(RandomSource& random, const RandomWords& words) {
  std::vector<std::uint32_t> code = {
      0xca1b'377b,  // eor x27, x27, x27, lsl #13
      0xca5b'1f7b,  // eor x27, x27, x27, lsr #7
      0xca1b'477b,  // eor x27, x27, x27, lsl #17
  };
  // Instructions that are executed one after the other, few of which access memory.
  const auto add_some = [&](std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t word = words.draw_arithmetic(random);
      if (random.one_in(30)) {
        do word = words.draw_access(random);
        while ((word >> 5 & 31) > 26);
      }
      code.push_back(word);
    }
  };
  const auto distance_from = [&](std::size_t branch) { return static_cast<std::uint32_t>(code.size() - branch); };
  const std::uint32_t branches = 1 + random.below(4);
  for (std::uint32_t i = 0; i < branches; ++i) {
    add_some(random.below(4));
    const std::uint32_t random_bits = static_cast<std::uint32_t>(random.bits());
    const std::uint32_t kind = random.below(4);
    if (kind == 0) code.push_back(0xf240'037f | (random_bits & 0x3f) << 16);  // tst x27, #(1 << n)
    const std::size_t branch = code.size();
    code.push_back(0);
    add_some(random.below(11));
    const std::size_t over = code.size();
    const bool has_both = random.one_in(2);
    if (has_both) code.push_back(0);
    const std::uint32_t distance = distance_from(branch);
    if (has_both) {
      add_some(random.below(11));
      code[over] = 0x1400'0000 | distance_from(over);  // b
    }
    switch (kind) {
      case 0: code[branch] = 0x5400'0000 | distance << 5 | (random_bits >> 6 & 1); break;  // b.eq, b.ne
      case 1:
        code[branch] = 0x3400'0000 | (random_bits & 0x8100'0000) | distance << 5 | random_bits % 16;
        break;                                                                                        // cbz, cbnz
      default: code[branch] = 0x3600'0000 | (random_bits & 0x81f8'0000) | distance << 5 | 27; break;  // tbz, tbnz
    }
  }
  code.push_back(0xd100'079c);                                                                   // sub x28, x28, #1
  code.push_back(0xb500'001c | (0u - static_cast<std::uint32_t>(code.size()) & 0x7'ffff) << 5);  // cbnz x28, the start
  code.push_back(0xd440'0000);                                                                   // hlt #0
  return code;
}

void randomise_registers(State& state, RandomSource& random) {
  const auto code_address = [&] { return RandomProgram::CODE_ADDRESS + random.below(RandomProgram::CODE_WORDS) * 4; };
  for (std::uint64_t& value : state.x) value = random.one_in(2) ? random.integer(64) : random.below(64);
  for (unsigned i = 16; i < 29; ++i) {
    // Near each other, so that accesses overlap.
    state.x[i] = RandomProgram::DATA_ADDRESS + (random.one_in(4) ? random.below(256) : random.below(4) * 8);
  }
  if (random.one_in(4)) state.x[16] = code_address();
  if (random.one_in(8)) state.x[17] = RandomProgram::MEMORY_BYTES - random.below(64);
  if (random.one_in(4)) state.x[18] |= random.bits() << 56;
  state.x[30] = code_address();
  state.sp = RandomProgram::DATA_ADDRESS + 256;
  state.set_nzcv(static_cast<std::uint32_t>(random.bits()));
  state.tpidr_el0 = random.bits();
}

}  // namespace armillion::test
