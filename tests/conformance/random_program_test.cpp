// Runs random programs on the library's machine and on another emulator and compares the states and memories they end
// with. See README.md.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "comparison.hpp"
#include "oracle_limits.hpp"
#include "program_generator.hpp"
#include "program_runner.hpp"
#include "text.hpp"

namespace armillion::conformance {
namespace {

constexpr std::uint64_t BRANCHING_LIMIT = 1'000;
constexpr int REPORTED_PROGRAMS = 10;

struct SkippedRow {
  std::string_view name;
  std::string_view reason;
};

constexpr SkippedRow SKIPPED_ROWS[] = {
    {"brk", "stops the program"},
    {"hint", "WFI, WFE and YIELD end a run of Unicorn"},
    {"mrs_fpcr", "qemu keeps bits of AArch32 in the register"},
    {"mrs_fpsr", "qemu keeps bits of AArch32 in the register"},
    {"ldsmax", "Unicorn compares more bits than the access has; qemu 7.2, in isa_differential, does not"},
    {"ldsmin", "as ldsmax"},
    {"ldumax", "as ldsmax"},
    {"ldumin", "as ldsmax"},
    {"fcvtzs_fixed_scalar_half", "qemu leaves the sign in bits 31 to 16 of the register"},
    {"fcmla_by_element_half", "Unicorn raises exceptions for lanes above a vector of 64 bits; qemu 7.2 does not"},
    {"fjcvtzs", "see ROWS_WITHOUT_MODES"},
    {"clrex", "only placed by the generator, behind a pair of exclusives"},
    {"ic_ivau", "faults in Unicorn, which runs at EL1 without a page table"},
    {"dc_cvac", "needs an address; isa_differential covers it"},
    {"dc_cvau", "needs an address; isa_differential covers it"},
    {"dc_civac", "needs an address; isa_differential covers it"},
};

bool may_use(const RowUnderTest& row) {
  // qemu 5, of which Unicorn is made, has neither.
  if (row.feature == isa::Feature::BF16 || row.feature == isa::Feature::I8MM) return false;
  // Exclusive stores are made from exclusive loads.
  const bool is_exclusive_store = (row.mask & 0x3f400000) == 0x3f400000 && (row.value & 0x3f400000) == 0x08000000 &&
                                  (row.value & 0x00800000) == 0 && (row.mask & 0x00800000) != 0;
  return !is_exclusive_store && find(UNCOVERED_ROWS, row.name) == nullptr && find(SKIPPED_ROWS, row.name) == nullptr;
}

std::string difference_between(const ProgramEnd& expected, const ProgramEnd& actual) {
  std::string lines;
  const auto compare = [&](const std::string& what, std::uint64_t theirs, std::uint64_t ours) {
    if (theirs != ours) lines += text("    %s: expected %#lx, got %#lx\n", what.c_str(), theirs, ours);
  };
  if (expected.trouble != actual.trouble) {
    lines += text("    end: expected \"%s\", got \"%s\"\n", expected.trouble.c_str(), actual.trouble.c_str());
  }
  const State& theirs = expected.state;
  const State& ours = actual.state;
  for (int i = 0; i < 31; ++i) compare(text("X%d", i), theirs.x[i], ours.x[i]);
  compare("SP", theirs.sp, ours.sp);
  compare("PC", theirs.pc, ours.pc);
  compare("NZCV", theirs.nzcv(), ours.nzcv());
  compare("FPCR", theirs.fpcr, ours.fpcr);
  compare("FPSR", theirs.fpsr, ours.fpsr);
  compare("TPIDR_EL0", theirs.tpidr_el0, ours.tpidr_el0);
  for (int i = 0; i < 32; ++i) {
    compare(text("V%d, low half", i), theirs.vectors[i].low, ours.vectors[i].low);
    compare(text("V%d, high half", i), theirs.vectors[i].high, ours.vectors[i].high);
  }
  const auto [in_theirs, in_ours] = std::ranges::mismatch(expected.memory, actual.memory);
  if (in_ours != actual.memory.end()) {
    lines += text("    memory at %#lx: expected %02x, got %02x\n",
                  static_cast<unsigned long>(in_ours - actual.memory.begin()), static_cast<unsigned>(*in_theirs),
                  static_cast<unsigned>(*in_ours));
  }
  return lines;
}

class RandomProgramTest {
 public:
  RandomProgramTest(std::uint64_t seed, std::unique_ptr<ProgramRunner> oracle)
      : generator_(seed, may_use), machine_(make_machine_runner()), oracle_(std::move(oracle)) {}

  bool run(std::uint64_t count) {
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const ProgramShape shape = i % 2 == 0 ? ProgramShape::STRAIGHT_LINE : ProgramShape::BRANCHING;
      const Program program = generator_.make(shape);
      const std::uint64_t limit = shape == ProgramShape::BRANCHING ? BRANCHING_LIMIT : program.words.size();
      if (difference_after(program, limit).empty()) continue;
      if (++wrong <= REPORTED_PROGRAMS) report(i, program, limit);
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("%llu programs of %zu rows in %.1f s: %llu differ\n", static_cast<unsigned long long>(count),
                generator_.row_count(), elapsed.count(), static_cast<unsigned long long>(wrong));
    return wrong == 0 && generator_.row_count() != 0;
  }

 private:
  std::string difference_after(const Program& program, std::uint64_t limit) {
    return difference_between(oracle_->run(program, limit), machine_->run(program, limit));
  }

  // Finds the first instruction after which the two differ, and prints it.
  void report(std::uint64_t number, const Program& program, std::uint64_t limit) {
    std::uint64_t same = 0;
    std::uint64_t different = limit;
    while (different - same > 1) {
      const std::uint64_t middle = (same + different) / 2;
      (difference_after(program, middle).empty() ? same : different) = middle;
    }
    const ProgramEnd before = machine_->run(program, same);
    std::uint32_t word = 0;
    if (before.state.pc <= PROGRAM_MEMORY_BYTES - 4) std::memcpy(&word, before.memory.data() + before.state.pc, 4);
    std::printf("PROGRAM %llu differs after %llu instructions: at %#llx, %08x %s\n%s",
                static_cast<unsigned long long>(number), static_cast<unsigned long long>(different),
                static_cast<unsigned long long>(before.state.pc), word, disassemble(word).c_str(),
                difference_after(program, different).c_str());
    print_registers(before.state, word);
  }

  // The four places where a word can name a register.
  static void print_registers(const State& state, std::uint32_t word) {
    for (const int at : {0, 5, 10, 16}) {
      const std::uint32_t number = word >> at & 31;
      std::printf("    bits %d to %d: X%u = %#llx, V%u = %016llx_%016llx\n", at + 4, at, number,
                  static_cast<unsigned long long>(number < 31 ? state.x[number] : state.sp), number,
                  static_cast<unsigned long long>(state.vectors[number].high),
                  static_cast<unsigned long long>(state.vectors[number].low));
    }
    std::printf("    before: NZCV = %#x, FPCR = %#x, FPSR = %#x\n", state.nzcv(), state.fpcr, state.fpsr);
  }

  ProgramGenerator generator_;
  std::unique_ptr<ProgramRunner> machine_;
  std::unique_ptr<ProgramRunner> oracle_;
};

}  // namespace
}  // namespace armillion::conformance

int main(int argument_count, char** arguments) {
  using namespace armillion::conformance;
  std::uint64_t count = 2'000;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argument_count; i += 2) {
    const std::string_view argument = arguments[i];
    if (argument == "--count") count = std::stoull(arguments[i + 1]);
    if (argument == "--seed") seed = std::stoull(arguments[i + 1]);
  }
  return RandomProgramTest(seed, make_unicorn_runner()).run(count) ? 0 : 1;
}
