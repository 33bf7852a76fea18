#include "cli/fleet_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "armillion/device.hpp"
#include "cli/commands.hpp"

namespace armillion::cli {

std::string describe_device(const std::string& name) {
  const std::vector<DeviceInfo> list = devices();
  const auto found = std::ranges::find_if(list, [&](const DeviceInfo& device) {
    return device.name == name || (name == "cuda" && device.name.starts_with("cuda:"));
  });
  return found == list.end() || found->description.empty() ? name : found->name + ", " + found->description;
}

std::string describe_inputs(const FleetRounds& rounds) {
  std::string text = fmt::format("{}", rounds.inputs_begun());
  if (rounds.inputs_begun() < rounds.inputs()) text += fmt::format(" of {}", rounds.inputs());
  if (rounds.most_lanes() < rounds.inputs()) text += fmt::format(", {} at a time", rounds.most_lanes());
  return text;
}

std::string describe_speed(const FleetTotals& totals) {
  const double ips = totals.running_seconds > 0 ? static_cast<double>(totals.instructions) / totals.running_seconds : 0;
  return ips >= 1e9 ? fmt::format("{:.2f} G/s", ips / 1e9) : fmt::format("{:.2f} M/s", ips / 1e6);
}

std::string describe_time(const FleetRounds& rounds) {
  return fmt::format("{:.3f} s, lanes ran for {:.3f} s of it", rounds.elapsed_seconds(),
                     rounds.totals().running_seconds);
}

void print_fact(const std::string& name, const std::string& text) { fmt::print("{:13} {}\n", name, text); }

void print_summary(const FleetRounds& rounds) {
  const FleetTotals& totals = rounds.totals();
  print_fact("device", describe_device(rounds.device()));
  print_fact("lanes", describe_inputs(rounds));
  print_fact("instructions", fmt::format("{}", totals.instructions));
  print_fact("time", describe_time(rounds));
  print_fact("speed", describe_speed(totals));
}

bool has_failed(const LaneResult& result) {
  switch (result.stop_reason) {
    case StopReason::RETURNED:
    case StopReason::INSTRUCTION_LIMIT:
    case StopReason::TIMEOUT:
    case StopReason::CANCELLED:
    case StopReason::OUT_OF_MEMORY: return false;
    case StopReason::EXITED: return result.exit_code != 0;
    default: return true;
  }
}

int exit_status_of(const FleetRounds& rounds, bool has_failures) {
  const FleetTotals& totals = rounds.totals();
  if (totals.stopped_by(StopReason::OUT_OF_MEMORY) > 0) {
    fmt::print(stderr,
               "armillion: the device had no memory for what some lanes wrote: try fewer --lanes, or more "
               "--device-memory\n");
    return OWN_ERROR;
  }
  if (has_failures) return 1;
  const bool reached_limit = totals.stopped_by(StopReason::INSTRUCTION_LIMIT) > 0 ||
                             totals.stopped_by(StopReason::TIMEOUT) > 0 || rounds.inputs_begun() < rounds.inputs();
  return reached_limit ? LIMIT_REACHED : 0;
}

}  // namespace armillion::cli
