#include "cli/difference_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/fleet_summary.hpp"

namespace armillion::cli {

namespace {

constexpr std::uint64_t MOST_ROWS = 10;

std::string describe(const CallOutcome& outcome, ValueType type) {
  return outcome.stop_reason == StopReason::RETURNED ? describe_value(outcome.value, type)
                                                     : armillion::name_of(outcome.stop_reason);
}

}  // namespace

DifferenceReport::DifferenceReport(std::string first_function, std::string second_function)
    : rows_{{"input", std::move(first_function), std::move(second_function)}} {}

void DifferenceReport::add(const std::string& input, const CallOutcome& first, const CallOutcome& second,
                           ValueType type) {
  ++count_;
  if (count_ <= MOST_ROWS) rows_.push_back({input, describe(first, type), describe(second, type)});
}

void DifferenceReport::print() const {
  print_fact("differences", fmt::format("{}", count_));
  if (count_ == 0) return;
  std::size_t input_width = 0;
  std::size_t first_width = 0;
  for (const Row& row : rows_) {
    input_width = std::max(input_width, row.input.size());
    first_width = std::max(first_width, row.first.size());
  }
  fmt::print("\n");
  for (const Row& row : rows_) {
    fmt::print("{:{}}  {:{}}  {}\n", row.input, input_width, row.first, first_width, row.second);
  }
  if (count_ > MOST_ROWS) fmt::print("... and {} more\n", count_ - MOST_ROWS);
}

}  // namespace armillion::cli
