#include "cli/statistics.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "cli/json_text.hpp"

namespace armillion::cli {

namespace {

// The line of the tensor engine; empty for any other engine.
std::string tensor_line(const Statistics& statistics) {
  if (statistics.engine != "tensor") return {};
  const TensorStatistics& tensor = statistics.tensor;
  RunResult executed = statistics.result;
  executed.instructions -= tensor.instructions_accelerated;
  return fmt::format(
      "  \"tensor\": {{\"batches\": {}, \"waves\": {}, \"instructions_gathered\": {}, \"instructions_in_batches\": {}, "
      "\"instructions_single\": {}, \"instructions_accelerated\": {}, "
      "\"ips_without_accelerated\": {:.0f}, \"wrong_guesses\": {}, \"branches_both_ways\": {}, "
      "\"conflicts\": {}}},\n",
      tensor.batches, tensor.waves, tensor.gathered, tensor.instructions_in_batches, tensor.instructions_single,
      tensor.instructions_accelerated, executed.ips(), tensor.wrong_guesses, tensor.branches_both_ways,
      tensor.conflicts);
}

}  // namespace

std::string to_json(const Statistics& statistics) {
  const RunResult& result = statistics.result;
  return fmt::format(
      "{{\n"
      "  \"program\": {},\n"
      "  \"device\": {},\n"
      "  \"engine\": {},\n"
      "  \"instructions\": {},\n"
      "  \"elapsed_seconds\": {:.6f},\n"
      "  \"ips\": {:.0f},\n"
      "  \"stop_reason\": \"{}\",\n"
      "  \"exit_code\": {},\n"
      "{}"
      "  \"state_hash\": \"{}\"\n"
      "}}\n",
      to_json_string(statistics.program), to_json_string(statistics.device), to_json_string(statistics.engine),
      result.instructions, result.elapsed_seconds, result.ips(), name_of(result.stop_reason), statistics.exit_code,
      tensor_line(statistics), statistics.state_hash.to_string());
}

StatisticsOutput::StatisticsOutput(const std::string& path)
    : is_standard_error_(path == "-"), file_(is_standard_error_ ? "" : path) {}

void StatisticsOutput::write(const Statistics& statistics) {
  const std::string text = to_json(statistics);
  if (!is_standard_error_) return file_.write(text);
  std::fflush(stdout);
  fmt::print(stderr, "{}", text);
}

}  // namespace armillion::cli
