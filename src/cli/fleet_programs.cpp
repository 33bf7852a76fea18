#include "cli/fleet_programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "cli/capture_folder.hpp"
#include "cli/fleet_process.hpp"
#include "cli/fleet_report.hpp"
#include "cli/fleet_rounds.hpp"
#include "cli/fleet_summary.hpp"
#include "cli/lane_report.hpp"
#include "cli/program_inputs.hpp"
#include "cli/row_writer.hpp"

namespace armillion::cli {

namespace {

// A program with a C library writes a dozen pages before its first line, and a lane with arguments of its own keeps the
// whole program on the host, too.
constexpr DefaultLanes DEFAULT_LANES{.cpu = 1 << 12, .gpu = 1 << 16, .host_lanes = 1 << 8};
constexpr DefaultLanes DEFAULT_LANES_WITH_ARGUMENTS{.cpu = 1 << 10, .gpu = 1 << 13, .host_lanes = 1 << 8};

// Exit codes that a summary names.
constexpr std::size_t MOST_EXIT_CODES = 8;

class FleetPrograms {
 public:
  explicit FleetPrograms(const FleetCommandOptions& options)
      : options_(options),
        inputs_(parse_input_source(options.inputs), options.lanes != 0 ? options.lanes : 1),
        process_(make_process()),
        rounds_(process_, options, inputs_.count(),
                inputs_.are_arguments() ? DEFAULT_LANES_WITH_ARGUMENTS : DEFAULT_LANES),
        lane_report_(process_) {
    if (!options.captures.empty()) captures_.emplace(options.captures);
    if (!options.report.empty()) report_.emplace(options.report, options.process.program, process_);
    if (options.output.empty()) return;
    writer_.emplace(options.output, std::vector<std::string>{"lane", "input", "result", "stop_reason", "exit_code",
                                                             "instructions", "state_hash"});
  }

  int run() {
    for (bool is_fresh = true; rounds_.next(); is_fresh = false) {
      if (!is_fresh) rounds_.fleet().reset();
      const std::vector<Cell> names = hand_out_inputs();
      rounds_.add(rounds_.fleet().run(rounds_.run_options()));
      report(names);
    }
    if (writer_) writer_->close();
    if (report_) report_->write(rounds_);
    if (!options_.quiet) print();
    return exit_status_of(rounds_, failures_ > 0);
  }

 private:
  Process make_process() const {
    if (!options_.at.empty() && inputs_.are_arguments()) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  "--at runs the program, and arguments can only be given to one that has not started: the inputs must "
                  "be a folder of files for standard input");
    }
    return make_fleet_process(options_, FatalFault::TERMINATE);
  }

  // Returns what the inputs are called.
  std::vector<Cell> hand_out_inputs() {
    Fleet& fleet = rounds_.fleet();
    std::vector<Cell> names;
    names.reserve(fleet.lanes());
    for (std::uint64_t lane = 0; lane < fleet.lanes(); ++lane) {
      ProgramInput input = inputs_.next();
      if (input.arguments) {
        std::vector<std::string> arguments = options_.process.arguments;
        arguments.insert(arguments.end(), input.arguments->begin(), input.arguments->end());
        fleet.set_arguments(lane, arguments);
      }
      if (input.standard_input) fleet.set_standard_input(lane, std::move(*input.standard_input));
      names.push_back(std::move(input.name));
    }
    return names;
  }

  void report(const std::vector<Cell>& names) {
    const std::vector<LaneResult> results = rounds_.fleet().results();
    std::vector<Hash128> hashes;
    if (writer_) hashes = rounds_.fleet().state_hashes();
    for (std::uint64_t lane = 0; lane < results.size(); ++lane) {
      count(lane, names[lane], results[lane]);
      if (report_) report_->add(results[lane], [&] { return names[lane].text; });
      if (captures_) captures_->write(rounds_.first() + lane, rounds_.fleet(), lane);
      if (writer_) write_row(lane, names[lane], results[lane], hashes[lane]);
    }
    if (writer_) writer_->flush();
  }

  void count(std::uint64_t lane, const Cell& name, const LaneResult& result) {
    if (result.stop_reason == StopReason::EXITED) {
      ++exit_codes_[result.exit_code];
      if (result.exit_code == 0) return;
    }
    lane_report_.add(rounds_.first() + lane, name.text, result);
    failures_ += has_failed(result) ? 1 : 0;
  }

  void write_row(std::uint64_t lane, const Cell& name, const LaneResult& result, const Hash128& hash) {
    const bool has_exited = result.stop_reason == StopReason::EXITED;
    writer_->write(std::vector<Cell>{Cell::from_number(fmt::format("{}", rounds_.first() + lane)), name, Cell(),
                                     Cell::from_text(armillion::name_of(result.stop_reason)),
                                     has_exited ? Cell::from_number(fmt::format("{}", result.exit_code)) : Cell(),
                                     Cell::from_number(fmt::format("{}", result.instructions)),
                                     Cell::from_text(hash.to_string())});
  }

  void print() const {
    print_summary(rounds_);
    print_fact("stops", rounds_.totals().describe_stops());
    if (!exit_codes_.empty()) print_fact("exit codes", describe_exit_codes());
    lane_report_.print();
  }

  // The most frequent ones first.
  std::string describe_exit_codes() const {
    std::vector<std::pair<int, std::uint64_t>> codes(exit_codes_.begin(), exit_codes_.end());
    std::ranges::sort(codes, [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    std::string text;
    for (std::size_t i = 0; i < std::min(codes.size(), MOST_EXIT_CODES); ++i) {
      text += fmt::format("{}{} in {}", i == 0 ? "" : ", ", codes[i].first, codes[i].second);
    }
    text += " lanes";
    if (codes.size() > MOST_EXIT_CODES) text += fmt::format(", and {} others", codes.size() - MOST_EXIT_CODES);
    return text;
  }

  const FleetCommandOptions& options_;
  ProgramInputs inputs_;
  Process process_;
  FleetRounds rounds_;
  LaneReport lane_report_;
  std::optional<RowWriter> writer_;
  std::optional<CaptureFolder> captures_;
  std::optional<FleetReport> report_;
  // How many lanes have exited with each.
  std::map<int, std::uint64_t> exit_codes_;
  std::uint64_t failures_ = 0;
};

}  // namespace

int run_fleet_programs(const FleetCommandOptions& options) { return FleetPrograms(options).run(); }

}  // namespace armillion::cli
