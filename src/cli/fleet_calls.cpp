#include "cli/fleet_calls.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/call_comparison.hpp"
#include "cli/call_inputs.hpp"
#include "cli/call_signature.hpp"
#include "cli/difference_report.hpp"
#include "cli/fleet_process.hpp"
#include "cli/fleet_report.hpp"
#include "cli/fleet_rounds.hpp"
#include "cli/fleet_summary.hpp"
#include "cli/lane_report.hpp"
#include "cli/row_writer.hpp"
#include "cli/symbol_lookup.hpp"

namespace armillion::cli {

namespace {

// A call takes a lane little memory, a GPU is busy only with several lanes for each of its threads, and to start a
// CPU's threads takes as long as some hundred calls of each.
constexpr DefaultLanes DEFAULT_LANES{.cpu = 1 << 18, .gpu = 1 << 20, .host_lanes = 1 << 12};

struct Function {
  std::string name;
  std::uint64_t address = 0;
  FleetTotals totals;
};

// What a function came to in all lanes of a round.
struct RoundOutcome {
  CallResult calls;
  // Only where somebody wants to know more of lanes than their results; otherwise empty, and all lanes have returned.
  std::vector<LaneResult> lanes;
};

Cell to_cell(std::uint64_t bits, ValueType type) {
  const std::string text = format_value(bits, type);
  // Pointers and NaNs are hexadecimal, which no JSON number is, nor is "inf".
  const bool is_number = text.find_first_not_of("+-.e0123456789") == std::string::npos;
  return is_number ? Cell::from_number(text) : Cell::from_text(text);
}

Cell stop_cell(StopReason reason) { return Cell::from_text(armillion::name_of(reason)); }

class FleetCalls {
 public:
  explicit FleetCalls(const FleetCommandOptions& options)
      : options_(options),
        inputs_(parse_input_source(options.inputs), signature_of(options), options.lanes != 0 ? options.lanes : 1),
        process_(make_fleet_process(options, FatalFault::STOP)),
        functions_(find_functions()),
        rounds_(process_, options, inputs_.count(), DEFAULT_LANES, static_cast<unsigned>(functions_.size())),
        differences_(options.call, options.against),
        lane_report_(process_) {
    if (!options.report.empty()) {
      report_.emplace(options.report, options.call + " of " + options.process.program, process_);
    }
    if (options.output.empty()) return;
    if (is_comparison()) {
      writer_.emplace(options.output, std::vector<std::string>{"lane", "input", "result", "stop_reason",
                                                               "against_result", "against_stop_reason"});
    } else {
      writer_.emplace(options.output, std::vector<std::string>{"lane", "input", "result", "stop_reason", "exit_code",
                                                               "instructions", "state_hash"});
    }
  }

  int run() {
    while (rounds_.next()) {
      const CallBatch batch = inputs_.next(rounds_.fleet().lanes());
      if (is_comparison()) {
        compare(batch);
      } else {
        report(batch, call(functions_.front(), batch));
      }
      if (writer_) writer_->flush();
    }
    if (writer_) writer_->close();
    if (report_) report_->write(rounds_);
    if (!options_.quiet) print();
    const bool has_failures = is_comparison() ? differences_.count() > 0 : failures_ > 0;
    return exit_status_of(rounds_, has_failures);
  }

 private:
  static std::optional<CallSignature> signature_of(const FleetCommandOptions& options) {
    if (options.signature.empty()) return std::nullopt;
    return parse_signature(options.signature);
  }

  std::vector<Function> find_functions() const {
    std::vector<Function> functions;
    for (const std::string& name : {options_.call, options_.against}) {
      if (!name.empty()) functions.push_back({name, find_address(process_, options_.process.program, name), {}});
    }
    return functions;
  }

  bool is_comparison() const { return functions_.size() == 2; }
  const CallSignature& signature() const { return inputs_.signature(); }

  RoundOutcome call(Function& function, const CallBatch& batch) {
    RoundOutcome outcome;
    outcome.calls = rounds_.fleet().call(function.address, batch.arguments(signature()), kind_of(signature().result),
                                         rounds_.run_options());
    function.totals.add(outcome.calls);
    rounds_.add(outcome.calls);
    // Asking the device about every lane takes time.
    if (!outcome.calls.all_returned() || writer_ || report_) outcome.lanes = rounds_.fleet().results();
    return outcome;
  }

  void compare(const CallBatch& batch) {
    const ValueType type = signature().result;
    const CallComparison outcome = rounds_.fleet().compare_calls(functions_.front().address, functions_.back().address,
                                                                 batch.arguments(signature()), kind_of(type),
                                                                 bits_of(type), rounds_.run_options());
    functions_.front().totals.add(outcome.first);
    functions_.back().totals.add(outcome.second);
    rounds_.add(outcome.first);
    rounds_.add(outcome.second);
    for (const CallDifference& difference : outcome.differences) {
      if (!is_conclusive(difference)) continue;
      const auto& [lane, first, second] = difference;
      differences_.add(describe_input(batch, lane), first, second, type);
      if (!writer_) continue;
      writer_->write(std::vector<Cell>{lane_cell(lane), input_cell(batch, lane), result_cell(first),
                                       stop_cell(first.stop_reason), result_cell(second),
                                       stop_cell(second.stop_reason)});
    }
  }

  void report(const CallBatch& batch, const RoundOutcome& outcome) {
    if (outcome.lanes.empty()) return;
    for (std::uint64_t lane = 0; lane < outcome.lanes.size(); ++lane) {
      const LaneResult& result = outcome.lanes[lane];
      if (result.stop_reason != StopReason::RETURNED) {
        if (!lane_report_.is_full()) {
          lane_report_.add(rounds_.first() + lane, describe_input(batch, lane), result);
        }
        failures_ += has_failed(result) ? 1 : 0;
      }
      if (report_) report_->add(result, [&] { return describe_input(batch, lane); });
      if (!writer_) continue;
      // After a call a lane's memory and registers are reset, and have no hash worth writing.
      writer_->write(std::vector<Cell>{lane_cell(lane), input_cell(batch, lane),
                                       result_cell({result.stop_reason, outcome.calls.values[lane]}),
                                       stop_cell(result.stop_reason), exit_code_cell(result),
                                       Cell::from_number(fmt::format("{}", result.instructions)), Cell()});
    }
  }

  Cell lane_cell(std::uint64_t lane) const { return Cell::from_number(fmt::format("{}", rounds_.first() + lane)); }

  Cell input_cell(const CallBatch& batch, std::uint64_t lane) const {
    const std::vector<ValueType>& parameters = signature().parameters;
    if (parameters.empty()) return {};
    if (parameters.size() == 1) return to_cell(batch.value(lane, 0), parameters[0]);
    std::string text;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      text += (i == 0 ? "" : " ") + format_value(batch.value(lane, i), parameters[i]);
    }
    return Cell::from_text(text);
  }

  std::string describe_input(const CallBatch& batch, std::uint64_t lane) const {
    const std::vector<ValueType>& parameters = signature().parameters;
    std::string text;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      text += (i == 0 ? "" : ", ") + describe_value(batch.value(lane, i), parameters[i]);
    }
    return text;
  }

  Cell result_cell(const CallOutcome& outcome) const {
    return outcome.stop_reason == StopReason::RETURNED ? to_cell(outcome.value, signature().result) : Cell();
  }

  static Cell exit_code_cell(const LaneResult& result) {
    if (result.stop_reason != StopReason::EXITED) return {};
    return Cell::from_number(fmt::format("{}", result.exit_code));
  }

  void print() const {
    print_summary(rounds_);
    if (!is_comparison()) {
      print_fact("stops", functions_.front().totals.describe_stops());
      lane_report_.print();
      return;
    }
    for (std::size_t i = 0; i < functions_.size(); ++i) {
      print_fact(i == 0 ? "stops" : "", functions_[i].name + ": " + functions_[i].totals.describe_stops());
    }
    differences_.print();
  }

  const FleetCommandOptions& options_;
  CallInputs inputs_;
  Process process_;
  std::vector<Function> functions_;
  FleetRounds rounds_;
  DifferenceReport differences_;
  LaneReport lane_report_;
  std::optional<RowWriter> writer_;
  std::optional<FleetReport> report_;
  std::uint64_t failures_ = 0;
};

}  // namespace

int run_fleet_calls(const FleetCommandOptions& options) { return FleetCalls(options).run(); }

}  // namespace armillion::cli
