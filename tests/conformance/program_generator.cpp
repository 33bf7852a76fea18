#include "program_generator.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace armillion::conformance {

namespace {

constexpr std::uint32_t HLT = 0xd4400000;
constexpr std::uint32_t CLREX = 0xd503305f;
/// Loads and stores of instructions may not touch the program: between its end and the data is room for any offset.
constexpr std::uint64_t FIRST_DATA_ADDRESS = 0x20000;

constexpr std::uint32_t movz(unsigned d, std::uint32_t value, unsigned shift) {
  return 0xd2800000 | shift / 16 << 21 | value << 5 | d;
}
constexpr std::uint32_t movk(unsigned d, std::uint32_t value, unsigned shift) {
  return 0xf2800000 | shift / 16 << 21 | value << 5 | d;
}
/// ADR Xd, `offset` bytes from here.
constexpr std::uint32_t adr(unsigned d, std::int64_t offset) {
  const auto immediate = static_cast<std::uint32_t>(offset);
  return 0x10000000 | (immediate & 3) << 29 | (immediate >> 2 & 0x7ffff) << 5 | d;
}

constexpr std::uint32_t with_register(std::uint32_t word, unsigned lowest_bit, unsigned number) {
  return (word & ~(31u << lowest_bit)) | number << lowest_bit;
}

/// LDXR, LDAXR, LDXP, LDAXP and the forms for bytes and halfwords; CASP has bit 31 clear where LDXP has it set.
bool is_load_exclusive(std::uint32_t word) {
  const bool is_pair = word >> 21 & 1;
  return (word & 0x3fc00000) == 0x08400000 && (!is_pair || word >> 31 != 0);
}

bool is_literal_load(const RowUnderTest& row) { return row.name.find("literal") != std::string_view::npos; }

/// The field of a direct branch that holds its distance, or nothing for an indirect one.
std::optional<char> distance_field(const RowUnderTest& row) {
  for (const OperandUnderTest& operand : row.operands) {
    const bool is_wide = __builtin_popcount(field_bits(row, operand.letter)) >= 14;
    if (operand.kind == OperandKind::IMMEDIATE && is_wide) return operand.letter;
  }
  return std::nullopt;
}

/// Whether all accesses of `word` lie in the data, as long as the registers in `fixed` hold these values.
struct FixedRegister {
  unsigned number;
  std::uint64_t value;
};
bool stays_in_data(const RowUnderTest& row, std::uint32_t word, std::initializer_list<FixedRegister> fixed,
                   RandomSource& random) {
  if (is_constrained_unpredictable(word)) return false;
  DirectMachine machine{State{}};
  for (int i = 0; i < 32; ++i) {
    Test test{};
    test.state = random_state(random);
    test.block_address = WINDOW_ADDRESS;
    for (const FixedRegister& x : fixed) test.state.x[x.number] = x.value;
    run_directly(row, word, test, machine);
    if (machine.outcome() == Outcome::MEMORY_FAULT && machine.fault().kind == FaultKind::ALIGNMENT) return false;
    const bool accesses = machine.access_size() != 0;
    const std::uint64_t size = accesses ? machine.access_size() : machine.exclusive_test_size();
    const std::uint64_t address = accesses ? machine.access_address() : machine.exclusive_test_address();
    if (size != 0 && (address < FIRST_DATA_ADDRESS || address > PROGRAM_MEMORY_BYTES - size)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::byte> initial_memory(const Program& program) {
  std::vector<std::byte> memory(PROGRAM_MEMORY_BYTES);
  std::memcpy(memory.data() + PROGRAM_CODE_ADDRESS, program.words.data(), program.words.size() * 4);
  RandomSource random(program.data_seed);
  for (std::uint64_t i = 0; i < PROGRAM_SEEDED_BYTES; i += 8) {
    const std::uint64_t value = random.one_in(2) ? random.bits() : random.floating_point(8, 23, 0);
    std::memcpy(memory.data() + PROGRAM_DATA_ADDRESS + i, &value, sizeof value);
  }
  return memory;
}

ProgramGenerator::ProgramGenerator(std::uint64_t seed, bool (*may_use)(const RowUnderTest& row)) : random_(seed) {
  for (const SectionUnderTest& section : sections()) {
    for (const RowUnderTest& row : section.rows) {
      if (!may_use(row)) continue;
      auto generator = std::make_unique<TestGenerator>(row, RandomSource::for_name(seed, row.name));
      const RowBehaviour& behaviour = generator->behaviour();
      if (behaviour.has_no_words || behaviour.stops) continue;
      auto& kind = behaviour.branches ? branches_ : behaviour.accesses_memory ? memory_rows_ : others_;
      kind.push_back(std::move(generator));
    }
  }
}

// A load or store whose address registers are set right before it. Which ones they are is found out by trying: bits 9:5
// and, where that is not enough, bits 20:16 too.
ProgramGenerator::Group ProgramGenerator::make_memory_group(TestGenerator& generator) {
  const RowUnderTest& row = generator.row();
  auto word = generator.make_word(next_word_++, PROGRAM_CODE_ADDRESS);
  if (!word) return {};
  if (is_literal_load(row)) {
    *word = with_field(row, *word, 'i', random_.below(0x400) - std::uint64_t{0x200});
    return row.matches(*word) ? Group{*word} : Group{};
  }
  const unsigned n = random_.below(31);
  const unsigned m = (n + 1 + random_.below(30)) % 31;
  const std::uint32_t low = random_.below(0x10000) & (random_.one_in(2) ? ~15u : ~0u);
  const std::uint32_t high = PROGRAM_DATA_ADDRESS >> 16;
  const std::uint64_t base = PROGRAM_DATA_ADDRESS | low;
  const std::uint32_t index = random_.below(0x800);
  *word = with_register(*word, 5, n);
  if (row.matches(*word) && stays_in_data(row, *word, {{n, base}}, random_)) {
    return {movz(n, high, 16), movk(n, low, 0), *word};
  }
  *word = with_register(*word, 16, m);
  if (row.matches(*word) && stays_in_data(row, *word, {{n, base}, {m, index}}, random_)) {
    return {movz(n, high, 16), movk(n, low, 0), movz(m, index, 0), *word};
  }
  return {};
}

// After an exclusive load comes its store, so that it can succeed, and then nothing is reserved any more: emulators
// differ in what else ends a reservation.
ProgramGenerator::Group ProgramGenerator::make_exclusive_group(const Group& load) {
  Group group = load;
  const std::uint32_t word = load.back();
  const unsigned t = word & 31;
  const unsigned n = word >> 5 & 31;
  const unsigned t2 = word >> 10 & 31;
  const unsigned status = random_.below(31);
  const bool base_is_lost = t == n || ((word >> 21 & 1) && t2 == n);
  if (!base_is_lost && status != t && status != t2 && status != n) {
    group.push_back(with_register(word & ~(1u << 22), 16, status));
  }
  group.push_back(CLREX);
  return group;
}

ProgramGenerator::Group ProgramGenerator::make_group() {
  const bool accesses_memory = random_.one_in(4) && !memory_rows_.empty();
  auto& generators = accesses_memory ? memory_rows_ : others_;
  TestGenerator& generator = *generators[random_.below(static_cast<std::uint32_t>(generators.size()))];
  if (!accesses_memory) {
    const auto word = generator.make_word(next_word_++, PROGRAM_CODE_ADDRESS);
    return word ? Group{*word} : Group{};
  }
  Group group = make_memory_group(generator);
  if (!group.empty() && is_load_exclusive(group.back())) return make_exclusive_group(group);
  return group;
}

// Puts branches between the groups, with their targets still open: a direct one as itself, an indirect one behind an
// ADR of its register.
void ProgramGenerator::add_branches(std::vector<Group>& groups) {
  if (branches_.empty()) return;
  for (Group& group : groups) {
    if (!random_.one_in(6)) continue;
    TestGenerator& generator = *branches_[random_.below(static_cast<std::uint32_t>(branches_.size()))];
    auto word = generator.make_word(next_word_++, PROGRAM_CODE_ADDRESS);
    if (!word) continue;
    const unsigned n = random_.below(31);
    group = distance_field(generator.row()) ? Group{*word} : Group{adr(n, 0), with_register(*word, 5, n)};
  }
}

void ProgramGenerator::link_branches(std::vector<Group>& groups) {
  std::vector<std::int64_t> starts;
  std::int64_t position = 0;
  for (const Group& group : groups) {
    starts.push_back(position);
    position += static_cast<std::int64_t>(group.size());
  }
  const auto target_from = [&](std::size_t index) {
    // Mostly forwards, so that programs get somewhere.
    const auto count = static_cast<std::uint32_t>(groups.size());
    const auto here = static_cast<std::uint32_t>(index);
    const std::uint32_t to =
        random_.one_in(4) ? random_.below(here + 1) : here + 1 + random_.below(std::min(8u, count - here));
    return starts[std::min(to, count - 1)];
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Group& group = groups[i];
    for (const auto& generator : branches_) {
      const RowUnderTest& row = generator->row();
      if (!row.matches(group.back())) continue;
      const std::int64_t distance = target_from(i) - starts[i];
      if (const auto letter = distance_field(row)) {
        group.back() = with_field(row, group.back(), *letter, static_cast<std::uint64_t>(distance));
      } else {
        group.front() = adr(group.front() & 31, distance * 4);
      }
      break;
    }
  }
}

Program ProgramGenerator::make(ProgramShape shape) {
  const std::size_t count = 50 + random_.below(151);
  std::vector<Group> groups;
  while (groups.size() < count) {
    Group group = make_group();
    if (!group.empty()) groups.push_back(std::move(group));
  }
  if (shape == ProgramShape::BRANCHING) {
    add_branches(groups);
    groups.push_back({HLT});
    link_branches(groups);
  } else {
    groups.push_back({HLT});
  }
  Program program;
  for (const Group& group : groups) program.words.insert(program.words.end(), group.begin(), group.end());
  program.initial = to_state(random_state(random_));
  program.initial.pc = PROGRAM_CODE_ADDRESS;
  program.initial.tpidr_el0 = random_.bits();
  program.data_seed = random_.bits();
  return program;
}

}  // namespace armillion::conformance
