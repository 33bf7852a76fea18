// Compares the decoder with LLVM's disassembler: random words, half of them uniform and half made from the patterns of
// the table, must be instructions for both or for neither, and the same ones.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isa/decoder.hpp"
#include "llvm_disassembler.hpp"
#include "random_source.hpp"

namespace armillion::conformance {
namespace {

/// Words on which we and LLVM differ on purpose: those that have `value` under `mask`, that we call by a name that
/// begins with `ours` and LLVM calls `llvm`. An empty name stands for "not an instruction", "*" for any.
struct DecoderException {
  std::uint32_t mask;
  std::uint32_t value;
  std::string_view ours;
  std::string_view llvm;
  std::string_view reason;
};

constexpr DecoderException EXCEPTIONS[] = {
    // What exists, but not at EL0.
    {0xffc00000, 0xd5000000, "", "msr", "LLVM takes any system register or PSTATE field; at EL0 only a few exist"},
    {0xffc00000, 0xd5000000, "", "mrs", "LLVM takes any system register; at EL0 only a few exist"},
    {0xffc00000, 0xd5000000, "", "sys", "LLVM takes any system operation; at EL0 only a few exist"},
    {0xffc00000, 0xd5000000, "", "sysl", "LLVM takes any system operation; at EL0 only a few exist"},
    {0xffff0000, 0x00000000, "", "udf", "permanently undefined"},
    {0xff000003, 0xd4000002, "", "hvc", "undefined at EL0"},
    {0xff000003, 0xd4000003, "", "smc", "undefined at EL0"},
    {0xffe0001c, 0xd4a00000, "", "*", "DCPS1 to DCPS3 are undefined where no debugger is attached"},
    {0xffe00000, 0xd6800000, "", "eret", "undefined at EL0"},
    {0xffe00000, 0xd6a00000, "", "drps", "undefined at EL0"},

    // What has another name.
    {0xfff80000, 0xd5080000, "dc", "sys", "DC is an alias of SYS"},
    {0xfff80000, 0xd5080000, "ic", "sys", "IC is an alias of SYS"},
    {0, 0, "asrv", "asr", "LLVM prefers the alias"},
    {0, 0, "lslv", "lsl", "LLVM prefers the alias"},
    {0, 0, "lsrv", "lsr", "LLVM prefers the alias"},
    {0, 0, "rorv", "ror", "LLVM prefers the alias"},
    {0, 0, "dup", "mov", "LLVM prefers the alias for the scalar form"},
};

/// Whether `mnemonic` is `base` with the letters that the word's fields add to it in this class of encodings.
bool is_form_of(std::string_view base, std::string_view mnemonic, std::uint32_t word) {
  if (!mnemonic.starts_with(base)) return false;
  const std::string_view suffix = mnemonic.substr(base.size());
  const bool is_load_or_store = (word & 0x0a000000) == 0x08000000;
  if (!is_load_or_store) {
    // Q selects the upper half of a register that is narrower or wider than the other: SADDL and SADDL2.
    return suffix == "2" && (word >> 30 & 1) != 0;
  }
  // Atomics: A and R, or for compare-and-swap L and o0, order the access.
  const bool is_compare_and_swap = (word & 0x3f000000) == 0x08000000;
  const bool is_atomic = (word & 0x3b200c00) == 0x38200000;
  const bool acquires = is_compare_and_swap ? word >> 22 & 1 : word >> 23 & 1;
  const bool releases = is_compare_and_swap ? word >> 15 & 1 : word >> 22 & 1;
  std::string order;
  if (is_compare_and_swap || is_atomic) order = std::string(acquires ? "a" : "") + (releases ? "l" : "");
  const bool is_simd = word >> 26 & 1;
  const char* size = is_simd ? "" : word >> 30 == 0 ? "b" : word >> 30 == 1 ? "h" : "";
  return suffix == size || suffix == order || suffix == order + size;
}

/// Whether a row's name begins with the mnemonic that LLVM gives the word.
bool names_mnemonic(std::string_view row_name, std::string_view mnemonic, std::uint32_t word) {
  const std::string_view first = row_name.substr(0, row_name.find('_'));
  if (first.empty() || mnemonic.empty()) return first == mnemonic;
  return first == mnemonic || is_form_of(first, mnemonic, word);
}

struct Disagreement {
  std::uint64_t count = 0;
  std::uint32_t example = 0;
};

class DecoderTest {
 public:
  explicit DecoderTest(std::string_view only) : only_(only) {}

  bool run(std::uint64_t count, std::uint64_t seed) {
    const auto start = std::chrono::steady_clock::now();
    RandomSource random(seed);
    for (std::uint64_t i = 0; i < count / 2; ++i) check(static_cast<std::uint32_t>(random.bits()));
    const std::uint64_t words_per_row = count / 2 / std::max(isa::OPCODE_COUNT, 1u) + 1;
    for (std::uint32_t i = 0; i < isa::OPCODE_COUNT; ++i) {
      const isa::RowInfo& row = isa::row(static_cast<isa::Opcode>(i));
      for (std::uint64_t j = 0; j < words_per_row; ++j) check(word_near(row, random));
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return print(elapsed.count());
  }

 private:
  // A word with the row's pattern, or with one of its fixed bits wrong: next to an encoding stand others.
  static std::uint32_t word_near(const isa::RowInfo& row, RandomSource& random) {
    const std::uint32_t word = row.value | (static_cast<std::uint32_t>(random.bits()) & ~row.mask);
    return random.one_in(4) ? word ^ 1u << random.below(32) : word;
  }

  void check(std::uint32_t word) {
    ++words_;
    const isa::Opcode opcode = isa::decode(word);
    const std::string_view ours = opcode == isa::Opcode::UNDEFINED ? "" : isa::row(opcode).name;
    const std::string_view theirs = llvm_.mnemonic(word);
    instructions_ += !ours.empty();
    if (names_mnemonic(ours, theirs, word) || is_exception(word, ours, theirs)) return;
    if (!only_.empty() && !ours.starts_with(only_) && !theirs.starts_with(only_)) return;
    Disagreement& disagreement = disagreements_[{std::string(ours), std::string(theirs)}];
    if (disagreement.count++ == 0) disagreement.example = word;
  }

  static bool is_exception(std::uint32_t word, std::string_view ours, std::string_view theirs) {
    const auto matches = [](std::string_view pattern, std::string_view name) {
      return pattern == "*" || pattern == name.substr(0, name.find('_'));
    };
    return std::ranges::any_of(EXCEPTIONS, [&](const DecoderException& exception) {
      return (word & exception.mask) == exception.value && matches(exception.ours, ours) &&
             matches(exception.llvm, theirs);
    });
  }

  bool print(double elapsed_seconds) {
    std::vector<std::pair<std::pair<std::string, std::string>, Disagreement>> sorted(disagreements_.begin(),
                                                                                     disagreements_.end());
    std::ranges::sort(sorted, std::greater{}, [](const auto& entry) { return entry.second.count; });
    for (const auto& [names, disagreement] : sorted) {
      const auto& [ours, theirs] = names;
      std::printf("DISAGREEMENT ours %-30s LLVM %-12s %8llu words, such as %08x %s\n",
                  ours.empty() ? "(undefined)" : ours.c_str(), theirs.empty() ? "(undefined)" : theirs.c_str(),
                  static_cast<unsigned long long>(disagreement.count), disagreement.example,
                  llvm_.print(disagreement.example).c_str());
    }
    std::printf("%llu words, %llu of them instructions, %u rows, %.1f s: %zu kinds of disagreement\n",
                static_cast<unsigned long long>(words_), static_cast<unsigned long long>(instructions_),
                isa::OPCODE_COUNT, elapsed_seconds, sorted.size());
    return sorted.empty();
  }

  LlvmDisassembler llvm_;
  std::string_view only_;
  std::uint64_t words_ = 0;
  std::uint64_t instructions_ = 0;
  std::map<std::pair<std::string, std::string>, Disagreement> disagreements_;
};

}  // namespace
}  // namespace armillion::conformance

int main(int argument_count, char** arguments) {
  std::uint64_t count = 20'000'000;
  std::uint64_t seed = 1;
  std::string_view only;
  for (int i = 1; i + 1 < argument_count; i += 2) {
    const std::string_view argument = arguments[i];
    if (argument == "--count") count = std::stoull(arguments[i + 1]);
    if (argument == "--seed") seed = std::stoull(arguments[i + 1]);
    if (argument == "--only") only = arguments[i + 1];
  }
  return armillion::conformance::DecoderTest(only).run(count, seed) ? 0 : 1;
}
