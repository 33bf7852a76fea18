#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/lane_statistics.hpp"

namespace armillion::cli {

/// The groups' numbers in the order in which they are shown, the most frequent first, and a colour for each group.
struct GroupColours {
  explicit GroupColours(const std::vector<LaneStatistics::Group>& groups);

  std::vector<std::uint32_t> order;
  /// By the group's number: blue where a lane ended well, and of others the rarest share a grey.
  std::vector<std::string> colours;
};

/// A bar for each outcome, with its share.
std::string outcome_bars(const LaneStatistics& statistics, const GroupColours& colours);
/// An SVG picture of how many lanes took how many instructions.
std::string instruction_histogram(const CountHistogram& histogram);
/// A canvas with a cell for each lane, or for so many, and the script that draws it and names what is pointed at.
std::string lane_map(const LaneStatistics& statistics, const GroupColours& colours);

}  // namespace armillion::cli
