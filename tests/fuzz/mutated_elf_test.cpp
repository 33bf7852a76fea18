// Program files with anything wrong with them: loading one ends in an Error that says what is wrong, or in a program
// that runs to a stop.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "conformance/random_source.hpp"
#include "fuzz/small_program.hpp"

namespace armillion {
namespace {

using conformance::RandomSource;
using Bytes = std::vector<std::byte>;

constexpr int MUTATIONS_OF_EACH_PROGRAM = 20'000;
constexpr std::uint64_t INSTRUCTION_LIMIT = 2'000;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// A file and what may be done to it.
class Mutator {
 public:
  Mutator(Bytes file, RandomSource& random) : file_(std::move(file)), random_(random) {}

  Bytes mutate() {
    for (std::uint32_t left = 1 + random_.below(3); left > 0; --left) {
      switch (random_.below(8)) {
        case 0:
        case 1: change_file_header(); break;
        case 2:
        case 3: change_program_header(); break;
        case 4: change_section_header(); break;
        case 5: change_bytes(); break;
        case 6: swap_program_headers(); break;
        default: truncate_or_extend(); break;
      }
    }
    return std::move(file_);
  }

 private:
  template <class T>
  std::optional<T> read(std::uint64_t offset) const {
    if (offset > file_.size() || sizeof(T) > file_.size() - offset) return std::nullopt;
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }
  template <class T>
  void write(std::uint64_t offset, const T& value) {
    if (offset <= file_.size() && sizeof(T) <= file_.size() - offset) {
      std::memcpy(file_.data() + offset, &value, sizeof(T));
    }
  }

  // A value near to what is there, or to the file's size, or an edge of the type.
  template <class T>
  T near(T value) {
    switch (random_.below(6)) {
      case 0: return static_cast<T>(value + 1);
      case 1: return static_cast<T>(value - 1);
      case 2: return static_cast<T>(value ^ T{1} << random_.below(sizeof(T) * 8));
      case 3: return static_cast<T>(file_.size() + random_.below(9) - 4);
      case 4: return static_cast<T>(random_.below(0x20000));
      default: return static_cast<T>(random_.integer(sizeof(T) * 8));
    }
  }

  template <class T>
  void change(T& field) {
    field = near(field);
  }

  void change_file_header() {
    auto header = read<Elf64_Ehdr>(0);
    if (!header) return;
    switch (random_.below(13)) {
      case 0: header->e_ident[random_.below(EI_NIDENT)] ^= static_cast<unsigned char>(1 << random_.below(8)); break;
      case 1: change(header->e_type); break;
      case 2: change(header->e_machine); break;
      case 3: change(header->e_version); break;
      case 4: change(header->e_entry); break;
      case 5: change(header->e_phoff); break;
      case 6: change(header->e_shoff); break;
      case 7: change(header->e_ehsize); break;
      case 8: change(header->e_phentsize); break;
      case 9: change(header->e_phnum); break;
      case 10: change(header->e_shentsize); break;
      case 11: change(header->e_shnum); break;
      default: change(header->e_shstrndx); break;
    }
    write(0, *header);
  }

  std::uint64_t random_program_header() {
    const auto header = read<Elf64_Ehdr>(0);
    if (!header || header->e_phnum == 0) return 0;
    return header->e_phoff + random_.below(header->e_phnum) * sizeof(Elf64_Phdr);
  }

  void change_program_header() {
    const std::uint64_t offset = random_program_header();
    auto entry = read<Elf64_Phdr>(offset);
    if (!entry) return;
    switch (random_.below(8)) {
      case 0: entry->p_type = random_.pick<std::uint32_t>({PT_NULL, PT_LOAD, PT_INTERP, PT_TLS, PT_GNU_STACK}); break;
      case 1: entry->p_flags = static_cast<std::uint32_t>(random_.bits()); break;
      case 2: change(entry->p_offset); break;
      case 3: change(entry->p_vaddr); break;
      case 4: change(entry->p_filesz); break;
      case 5: change(entry->p_memsz); break;
      case 6: change(entry->p_align); break;
      default: entry->p_vaddr += entry->p_memsz = random_.bits() >> random_.below(64); break;
    }
    write(offset, *entry);
  }

  void swap_program_headers() {
    const std::uint64_t first = random_program_header();
    const std::uint64_t second = random_program_header();
    const auto a = read<Elf64_Phdr>(first);
    const auto b = read<Elf64_Phdr>(second);
    if (!a || !b) return;
    write(first, *b);
    if (!random_.one_in(3)) write(second, *a);
  }

  void change_section_header() {
    const auto header = read<Elf64_Ehdr>(0);
    if (!header || header->e_shnum == 0) return;
    const std::uint64_t offset = header->e_shoff + random_.below(header->e_shnum) * sizeof(Elf64_Shdr);
    auto entry = read<Elf64_Shdr>(offset);
    if (!entry) return;
    switch (random_.below(5)) {
      case 0: entry->sh_type = random_.pick<std::uint32_t>({SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_DYNSYM}); break;
      case 1: change(entry->sh_offset); break;
      case 2: change(entry->sh_size); break;
      case 3: change(entry->sh_link); break;
      default: change(entry->sh_entsize); break;
    }
    write(offset, *entry);
  }

  void change_bytes() {
    if (file_.empty()) return;
    for (std::uint32_t left = 1 + random_.below(64); left > 0; --left) {
      file_[random_.below(static_cast<std::uint32_t>(file_.size()))] = static_cast<std::byte>(random_.bits());
    }
  }

  void truncate_or_extend() {
    const auto size = static_cast<std::uint32_t>(file_.size());
    file_.resize(random_.one_in(4) ? size + random_.below(5000) : random_.below(size + 1));
  }

  Bytes file_;
  RandomSource& random_;
};

struct Outcome {
  std::optional<ErrorCode> error;
  StopReason stop_reason = StopReason::RUNNING;
  std::uint64_t instructions = 0;
  std::string hash;

  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend void PrintTo(const Outcome& outcome, std::ostream* out) {
    if (outcome.error) {
      *out << "an error with code " << static_cast<int>(*outcome.error);
    } else {
      *out << name_of(outcome.stop_reason) << " after " << outcome.instructions << ", hash " << outcome.hash;
    }
  }
};

// Anything that is not an Error gets through to the test, which then fails.
Outcome load_and_run(const Bytes& file, const std::string& sysroot) {
  ProcessOptions options = test::isolated_options(file);
  options.sysroot = sysroot;
  try {
    Process process(options);
    process.symbols();
    const ProcessResult result = process.run(RunOptions{.instruction_limit = INSTRUCTION_LIMIT, .timeout_seconds = 10});
    return {std::nullopt, result.stop_reason, result.instructions, process.state_hash().to_string()};
  } catch (const Error& error) {
    EXPECT_GT(std::strlen(error.what()), 10u) << "a message must say what is wrong";
    return {error.code(), StopReason::RUNNING, 0, ""};
  }
}

class MutatedElf : public ::testing::TestWithParam<const char*> {};

#ifdef FUZZ_PROGRAMS

TEST_P(MutatedElf, EndsInAnErrorOrRunsToAStop) {
  const std::string folder = FUZZ_PROGRAMS;
  const Bytes original = read_file(folder + "/" + GetParam());
  ASSERT_FALSE(original.empty());
  const Outcome unchanged = load_and_run(original, folder);
  ASSERT_EQ(unchanged.stop_reason, StopReason::EXITED) << "the program that is mutated must be a good one";

  RandomSource random = RandomSource::for_name(0, GetParam());
  int rejected = 0;
  int changed = 0;
  for (int i = 0; i < MUTATIONS_OF_EACH_PROGRAM; ++i) {
    const Bytes file = Mutator(original, random).mutate();
    const Outcome outcome = load_and_run(file, folder);
    if (outcome.error) {
      ++rejected;
      EXPECT_NE(*outcome.error, ErrorCode::BAD_ADDRESS) << "mutation " << i;
      EXPECT_NE(*outcome.error, ErrorCode::INVALID_ARGUMENT) << "mutation " << i;
    } else {
      EXPECT_TRUE(outcome.stop_reason == StopReason::EXITED || outcome.stop_reason == StopReason::INSTRUCTION_LIMIT ||
                  outcome.stop_reason == StopReason::DEADLOCK)
          << name_of(outcome.stop_reason) << ", mutation " << i;
      if (outcome != unchanged) ++changed;
    }
    if (i % 16 == 0) EXPECT_EQ(load_and_run(file, folder), outcome) << "mutation " << i;
  }
  // The mutations get past the loader's first checks, and they matter.
  EXPECT_GT(rejected, MUTATIONS_OF_EACH_PROGRAM / 10);
  EXPECT_LT(rejected, MUTATIONS_OF_EACH_PROGRAM * 9 / 10);
  EXPECT_GT(changed, MUTATIONS_OF_EACH_PROGRAM / 10);
}

INSTANTIATE_TEST_SUITE_P(Programs, MutatedElf,
                         ::testing::Values("mutated_static", "mutated_static_pie", "mutated_dynamic"),
                         [](const auto& info) { return std::string(info.param).substr(sizeof "mutated"); });

#else

TEST(MutatedElfSkipped, BecauseThereIsNoCrossCompiler) { GTEST_SKIP() << "aarch64-linux-gnu-gcc is not installed"; }
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MutatedElf);

#endif

TEST(TruncatedElf, IsAnErrorAtEveryLengthOfItsHeaders) {
  const Bytes program = test::small_program("mov x0, #7\n mov x8, #94\n svc #0");
  for (std::size_t size = 1; size < program.size(); ++size) {
    const Outcome outcome =
        load_and_run(Bytes(program.begin(), program.begin() + static_cast<std::ptrdiff_t>(size)), "");
    ASSERT_EQ(outcome.error, ErrorCode::BAD_PROGRAM) << size << " bytes";
  }
  EXPECT_EQ(load_and_run(program, "").stop_reason, StopReason::EXITED);
}

}  // namespace
}  // namespace armillion
