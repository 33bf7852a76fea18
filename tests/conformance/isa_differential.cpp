// Compares every row of the instruction table with qemu: random words of the row, random states, the whole state
// afterwards. See README.md.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "comparison.hpp"
#include "oracle_limits.hpp"
#include "qemu_oracle.hpp"
#include "test_generator.hpp"
#include "text.hpp"

namespace armillion::conformance {
namespace {

constexpr std::uint32_t STATES_PER_WORD = 10;
constexpr int REPORTED_MISMATCHES_PER_ROW = 5;

struct Options {
  std::string runner_path;
  std::string row_name;
  std::uint64_t count = 10'000;
  std::uint64_t seed = 1;
  unsigned processes = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
};

struct RowResult {
  std::uint64_t tests = 0;
  std::uint64_t mismatches = 0;
  /// Why the row could not be tested at all.
  std::string obstacle;
  std::string report;
};

class RowTester {
 public:
  RowTester(const Options& options, const RowUnderTest& row, Audience audience)
      : options_(options), row_(row), generator_(row, RandomSource::for_name(options.seed, row.name), audience) {}

  RowResult run(std::unique_ptr<QemuOracle>& oracle) {
    if (generator_.behaviour().has_no_words) {
      result_.obstacle = "no word of this row was found";
      return result_;
    }
    if (generator_.behaviour().stops) {
      result_.obstacle = "stops the machine";
      return result_;
    }
    std::uint64_t attempts = 0;
    while (result_.tests < options_.count && attempts < 4 * options_.count + MAXIMUM_WORDS * STATES_PER_WORD &&
           result_.obstacle.empty()) {
      attempts += run_batch(oracle);
    }
    if (result_.tests == 0 && result_.obstacle.empty()) result_.obstacle = "no test could be made";
    return result_;
  }

 private:
  // How many tests it tried to make.
  std::uint64_t run_batch(std::unique_ptr<QemuOracle>& oracle) {
    Batch& batch = oracle->batch();
    batch.slot_kind = generator_.behaviour().branches ? SLOT_BRANCHES : SLOT_FALLS_THROUGH;
    batch.word_count = 0;
    before_.clear();
    const std::uint64_t wanted = options_.count - result_.tests;
    for (std::uint32_t i = 0; i < MAXIMUM_WORDS && before_.size() < wanted; ++i) {
      const std::uint32_t index = batch.word_count;
      const auto word = generator_.make_word(next_word_++, address_of_word(index));
      if (!word) continue;
      batch.words[batch.word_count++] = *word;
      for (std::uint32_t j = 0; j < STATES_PER_WORD && before_.size() < wanted; ++j) {
        if (const auto test = generator_.make_test(*word, index)) before_.push_back(*test);
      }
    }
    batch.test_count = static_cast<std::uint32_t>(before_.size());
    std::ranges::copy(before_, batch.tests);
    if (!oracle->run()) {
      result_.obstacle = "qemu died or hung";
      oracle = std::make_unique<QemuOracle>(options_.runner_path);
      return 0;
    }
    for (std::size_t i = 0; i < before_.size(); ++i) {
      check(batch.words[before_[i].word_index], before_[i], batch.tests[i]);
    }
    result_.tests += before_.size();
    return std::uint64_t{MAXIMUM_WORDS} * STATES_PER_WORD;
  }

  void check(std::uint32_t word, const Test& before, Test& after) {
    if (const RowWithStrayBits* stray = find(ROWS_WITH_STRAY_BITS, row_.name)) {
      after.state.vectors[word & 31][0] &= ~stray->bits;
    }
    const auto differences = compare(row_, word, before, after);
    if (differences.empty()) return;
    if (++result_.mismatches > REPORTED_MISMATCHES_PER_ROW) return;
    result_.report += text("  %08x %s\n", word, disassemble(word).c_str()) + describe_inputs(row_, word, before);
    for (const Difference& difference : differences) {
      result_.report += text("    %s: expected %s, got %s\n", difference.what.c_str(), difference.expected.c_str(),
                             difference.actual.c_str());
    }
  }

  const Options& options_;
  const RowUnderTest& row_;
  TestGenerator generator_;
  std::uint32_t next_word_ = 0;
  std::vector<Test> before_;
  RowResult result_;
};

class Differential {
 public:
  explicit Differential(const Options& options)
      : options_(options),
        audience_(QemuOracle::major_version() < FIRST_QEMU_WITH_LSE2 ? Audience::ORACLES : Audience::LATER_QEMU) {
    for (const SectionUnderTest& section : sections()) {
      for (const RowUnderTest& row : section.rows) {
        if (options.row_name.empty() || row.name == options.row_name) rows_.push_back(&row);
      }
    }
    results_.resize(rows_.size());
  }

  /// Tests all rows and prints what came out. True where all agree.
  bool run() {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options_.processes; ++i) threads.emplace_back([this] { work(); });
    threads.clear();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return print(elapsed.count());
  }

 private:
  void work() {
    auto oracle = std::make_unique<QemuOracle>(options_.runner_path);
    for (std::size_t i = next_row_++; i < rows_.size(); i = next_row_++) {
      if (find(UNCOVERED_ROWS, rows_[i]->name) != nullptr) continue;
      results_[i] = RowTester(options_, *rows_[i], audience_).run(oracle);
    }
  }

  bool print(double elapsed_seconds) const {
    std::uint64_t tests = 0;
    std::uint64_t mismatches = 0;
    std::size_t wrong_rows = 0;
    std::size_t uncovered_rows = 0;
    std::size_t short_rows = 0;
    std::size_t excused_rows = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const RowResult& result = results_[i];
      tests += result.tests;
      mismatches += result.mismatches;
      wrong_rows += result.mismatches != 0;
      if (result.mismatches != 0) {
        std::printf("MISMATCH %s: %llu of %llu tests differ\n%s", rows_[i]->name.data(),
                    static_cast<unsigned long long>(result.mismatches), static_cast<unsigned long long>(result.tests),
                    result.report.c_str());
      }
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (const UncoveredRow* uncovered = find(UNCOVERED_ROWS, rows_[i]->name)) {
        ++excused_rows;
        std::printf("not covered: %s (%s)\n", uncovered->name.data(), uncovered->reason.data());
      } else if (!results_[i].obstacle.empty()) {
        ++uncovered_rows;
        std::printf("NOT COVERED: %s: %s\n", rows_[i]->name.data(), results_[i].obstacle.c_str());
      } else if (results_[i].tests < options_.count) {
        ++short_rows;
        std::printf("FEW TESTS: %s (%llu of %llu could be made)\n", rows_[i]->name.data(),
                    static_cast<unsigned long long>(results_[i].tests),
                    static_cast<unsigned long long>(options_.count));
      }
    }
    std::printf(
        "%zu rows, %llu tests in %.1f s: %zu rows (%llu tests) differ, %zu not covered, %zu with few tests, %zu "
        "excused\n",
        rows_.size(), static_cast<unsigned long long>(tests), elapsed_seconds, wrong_rows,
        static_cast<unsigned long long>(mismatches), uncovered_rows, short_rows, excused_rows);
    return mismatches == 0 && uncovered_rows == 0 && short_rows == 0 && !rows_.empty();
  }

  const Options& options_;
  const Audience audience_;
  std::vector<const RowUnderTest*> rows_;
  std::vector<RowResult> results_;
  std::atomic<std::size_t> next_row_ = 0;
};

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (i + 1 == count) return std::nullopt;
    const char* value = arguments[++i];
    if (argument == "--runner") {
      options.runner_path = value;
    } else if (argument == "--row") {
      options.row_name = value;
    } else if (argument == "--count") {
      options.count = std::stoull(value);
    } else if (argument == "--seed") {
      options.seed = std::stoull(value);
    } else if (argument == "--processes") {
      options.processes = static_cast<unsigned>(std::stoul(value));
    } else {
      return std::nullopt;
    }
  }
  if (options.runner_path.empty()) return std::nullopt;
  return options;
}

}  // namespace
}  // namespace armillion::conformance

int main(int count, char** arguments) {
  using namespace armillion::conformance;
  const auto options = parse(count, arguments);
  if (!options) {
    std::fprintf(stderr, "usage: %s --runner FILE [--row NAME] [--count N] [--seed S] [--processes N]\n", arguments[0]);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  return Differential(*options).run() ? 0 : 1;
}
