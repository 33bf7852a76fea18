#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "armillion/fleet.hpp"
#include "armillion/process.hpp"
#include "cli/fleet_rounds.hpp"
#include "cli/lane_statistics.hpp"
#include "cli/output_file.hpp"

namespace armillion::cli {

/// A page that shows what a fleet came to: stops by reason, how many instructions lanes took, a map of lanes by
/// outcome, the slowest lanes and some of each outcome, with their inputs. It is one HTML file that needs nothing else.
class FleetReport {
 public:
  /// Error(FILE_UNREADABLE) where the file cannot be written. `title` is what was run. The
  /// process, whose symbols tell places, must outlive this.
  FleetReport(const std::string& path, std::string title, const Process& process);

  /// Takes the next lane, see LaneStatistics.
  void add(const LaneResult& result, const std::function<std::string()>& input) { statistics_.add(result, input); }
  /// Writes the page. To be called once, at the end.
  void write(const FleetRounds& rounds);

 private:
  std::string page(const FleetRounds& rounds) const;
  std::string table_of(const std::vector<NotedLane>& lanes) const;

  std::string title_;
  const Process& process_;
  OutputFile file_;
  LaneStatistics statistics_;
};

}  // namespace armillion::cli
