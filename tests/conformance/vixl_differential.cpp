// Compares the rows of the instruction table that touch registers only with VIXL's simulator, which Arm's engineers
// wrote and checked on processors, and which shares nothing with qemu. It does not model FPSR, and of FPCR only DN is
// used here. See README.md.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aarch64/decoder-aarch64.h>
#include <aarch64/simulator-aarch64.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "comparison.hpp"
#include "test_generator.hpp"
#include "text.hpp"

namespace armillion::conformance {
namespace {

constexpr std::uint32_t STATES_PER_WORD = 10;
constexpr std::uint64_t REPORTED_MISMATCHES_PER_ROW = 3;
constexpr std::uint32_t FPCR_DN = 1u << 25;
constexpr std::uint32_t MSR_FPCR_X0 = 0xd51b4400;

/// Rows whose name begins with `prefix`.
struct SkippedRows {
  std::string_view prefix;
  std::string_view reason;
};

constexpr SkippedRows SKIPPED_ROWS[] = {
    {"adr", "depends on the PC, which is a host address in VIXL"},
    {"movk", "VIXL 5.1 keeps the upper half of the register in the 32-bit form"},
    {"scvtf_", "VIXL 5.1 keeps the bits above the result in the forms of Advanced SIMD"},
    {"ucvtf_", "VIXL 5.1 keeps the bits above the result in the forms of Advanced SIMD"},
    {"fcmla_by_element_half", "VIXL 5.1 does nothing"},
    {"fcvtn_vector", "VIXL 5.1 keeps the upper half of the register"},
    {"frsqrts_vector_half", "VIXL 5.1 rounds twice"},
    {"frsqrts_scalar_half", "VIXL 5.1 rounds twice"},
};

/// Whether the row is of a feature that VIXL 5.1 decodes without executing it.
bool is_ignored_by_vixl(isa::Feature feature) {
  using enum isa::Feature;
  switch (feature) {
    case AES:
    case PMULL:
    case SHA1:
    case SHA256:
    case SHA512:
    case SHA3:
    case I8MM:
    case BF16: return true;
    default: return false;
  }
}

bool may_compare(const SectionUnderTest& section, const RowUnderTest& row) {
  if (section.name == "system" || section.name.starts_with("load_store") || is_ignored_by_vixl(row.feature))
    return false;
  return std::ranges::none_of(SKIPPED_ROWS, [&](const SkippedRows& rows) { return row.name.starts_with(rows.prefix); });
}

/// Whether the destination is also a source, of which by-element instructions on halfwords name one with 4 bits.
/// VIXL 5.1 clears the destination of some instructions before it reads their sources.
bool destination_is_source(const RowUnderTest& row, std::uint32_t word) {
  const bool has_vectors = std::ranges::any_of(
      row.operands, [](const OperandUnderTest& operand) { return operand.kind == OperandKind::VECTOR_REGISTER; });
  const std::uint32_t d = word & 31;
  const std::uint32_t n = word >> 5 & 31;
  const std::uint32_t m = word >> 16 & 31;
  return has_vectors && (d == n || d == m || d == m % 16);
}

/// Runs single instructions on VIXL.
class VixlMachine {
 public:
  VixlMachine() : simulator_(&decoder_) {}

  /// What VIXL makes of the registers in `before`; everything else is as in `otherwise`.
  Test run(std::uint32_t word, const Test& before, const Test& otherwise) {
    using vixl::aarch64::Reg31IsStackPointer;
    using vixl::aarch64::Simulator;
    constexpr auto QUIETLY = Simulator::NoRegLog;

    execute(MSR_FPCR_X0, before.state.fpcr);
    for (unsigned i = 0; i < 31; ++i)
      simulator_.WriteXRegister(i, static_cast<std::int64_t>(before.state.x[i]), QUIETLY);
    simulator_.WriteRegister(31, before.state.sp, QUIETLY, Reg31IsStackPointer);
    simulator_.ReadNzcv().SetRawValue(before.state.nzcv);
    for (unsigned i = 0; i < 32; ++i) {
      simulator_.WriteQRegister(i, std::bit_cast<Simulator::qreg_t>(before.state.vectors[i]), QUIETLY);
    }
    execute(word);

    Test after = otherwise;
    for (unsigned i = 0; i < 31; ++i) after.state.x[i] = static_cast<std::uint64_t>(simulator_.ReadXRegister(i));
    after.state.sp = static_cast<std::uint64_t>(simulator_.ReadXRegister(31, Reg31IsStackPointer));
    after.state.nzcv = simulator_.ReadNzcv().GetRawValue();
    for (unsigned i = 0; i < 32; ++i) {
      const Simulator::qreg_t q = simulator_.ReadQRegister(i);
      std::memcpy(after.state.vectors[i], &q, sizeof q);
    }
    return after;
  }

 private:
  void execute(std::uint32_t word) {
    code_[0] = word;
    simulator_.WritePc(reinterpret_cast<const vixl::aarch64::Instruction*>(code_));
    simulator_.ExecuteInstruction();
  }
  void execute(std::uint32_t word, std::uint64_t x0) {
    simulator_.WriteXRegister(0, static_cast<std::int64_t>(x0), vixl::aarch64::Simulator::NoRegLog);
    execute(word);
  }

  vixl::aarch64::Decoder decoder_;
  vixl::aarch64::Simulator simulator_;
  std::uint32_t code_[2] = {};
};

/// `before` as our semantics leave it.
Test run_ours(const RowUnderTest& row, std::uint32_t word, const Test& before) {
  DirectMachine machine{State{}};
  run_directly(row, word, before, machine);
  const State state = machine.state();
  Test after = before;
  std::copy(std::begin(state.x), std::end(state.x), std::begin(after.state.x));
  after.state.sp = state.sp;
  after.state.pc = state.pc;
  after.state.tpidr_el0 = state.tpidr_el0;
  after.state.nzcv = state.nzcv();
  after.state.fpcr = state.fpcr;
  after.state.fpsr = state.fpsr;
  for (int i = 0; i < 32; ++i) {
    after.state.vectors[i][0] = state.vectors[i].low;
    after.state.vectors[i][1] = state.vectors[i].high;
  }
  return after;
}

struct RowResult {
  std::uint64_t tests = 0;
  std::uint64_t mismatches = 0;
  std::string report;
};

RowResult test_row(TestGenerator& generator, std::uint64_t count) {
  RowResult result;
  VixlMachine vixl;
  const RowUnderTest& row = generator.row();
  for (std::uint32_t i = 0; result.tests < count && i < count; ++i) {
    const auto word = generator.make_word(i, CODE_ADDRESS);
    if (!word || destination_is_source(row, *word)) continue;
    for (std::uint32_t j = 0; j < STATES_PER_WORD; ++j) {
      auto before = generator.make_test(*word, 0);
      if (!before) continue;
      before->state.fpcr &= FPCR_DN;
      ++result.tests;
      const Test after = vixl.run(*word, *before, run_ours(row, *word, *before));
      const auto differences = compare(row, *word, *before, after);
      if (differences.empty() || ++result.mismatches > REPORTED_MISMATCHES_PER_ROW) continue;
      result.report += text("  %08x %s\n", *word, disassemble(*word).c_str()) + describe_inputs(row, *word, *before);
      for (const Difference& difference : differences) {
        result.report += text("    %s: expected %s, got %s\n", difference.what.c_str(), difference.expected.c_str(),
                              difference.actual.c_str());
      }
    }
  }
  return result;
}

/// Tests the row in a process of its own, because VIXL aborts at what it does not implement. No tests then.
RowResult test_row_in_child(TestGenerator& generator, std::uint64_t count) {
  int channel[2];
  if (pipe(channel) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    close(channel[0]);
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    const RowResult result = test_row(generator, count);
    const std::string message = text("%llu %llu\n", static_cast<unsigned long long>(result.tests),
                                     static_cast<unsigned long long>(result.mismatches)) +
                                result.report;
    const ssize_t written = write(channel[1], message.data(), message.size());
    _exit(written == static_cast<ssize_t>(message.size()) ? 0 : 1);
  }
  close(channel[1]);
  std::string message;
  char buffer[4096];
  for (ssize_t size = 0; (size = read(channel[0], buffer, sizeof buffer)) > 0;) {
    message.append(buffer, static_cast<std::size_t>(size));
  }
  close(channel[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) return {};
  RowResult result;
  unsigned long long tests = 0;
  unsigned long long mismatches = 0;
  if (std::sscanf(message.c_str(), "%llu %llu", &tests, &mismatches) != 2) return {};
  return {tests, mismatches, message.substr(message.find('\n') + 1)};
}

bool run(std::uint64_t count, std::uint64_t seed, std::string_view only) {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t tests = 0;
  std::size_t compared = 0;
  std::size_t wrong = 0;
  std::string unsupported;
  for (const SectionUnderTest& section : sections()) {
    for (const RowUnderTest& row : section.rows) {
      if (!only.empty() && row.name != only) continue;
      if (!may_compare(section, row)) continue;
      TestGenerator generator(row, RandomSource::for_name(seed, row.name));
      const RowBehaviour& behaviour = generator.behaviour();
      if (behaviour.branches || behaviour.accesses_memory || behaviour.stops || behaviour.has_no_words) continue;
      const RowResult result = test_row_in_child(generator, count);
      if (result.tests == 0) {
        unsupported += " ";
        unsupported += row.name;
        continue;
      }
      ++compared;
      tests += result.tests;
      if (result.mismatches == 0) continue;
      ++wrong;
      std::printf("MISMATCH %s: %llu of %llu tests differ\n%s", row.name.data(),
                  static_cast<unsigned long long>(result.mismatches), static_cast<unsigned long long>(result.tests),
                  result.report.c_str());
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (!unsupported.empty()) std::printf("VIXL does not implement:%s\n", unsupported.c_str());
  std::printf("%zu rows, %llu tests in %.1f s: %zu rows differ\n", compared, static_cast<unsigned long long>(tests),
              elapsed.count(), wrong);
  return wrong == 0 && compared != 0;
}

}  // namespace
}  // namespace armillion::conformance

int main(int argument_count, char** arguments) {
  std::uint64_t count = 2'000;
  std::uint64_t seed = 1;
  std::string_view only;
  for (int i = 1; i + 1 < argument_count; i += 2) {
    const std::string_view argument = arguments[i];
    if (argument == "--count") count = std::stoull(arguments[i + 1]);
    if (argument == "--seed") seed = std::stoull(arguments[i + 1]);
    if (argument == "--row") only = arguments[i + 1];
  }
  return armillion::conformance::run(count, seed, only) ? 0 : 1;
}
