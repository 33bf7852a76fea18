#pragma once

#include <cstdint>
#include <span>

namespace armillion::bench {

/// Seconds an instruction of each phase of a batch.
struct PhaseTimes {
  double gather = 0;
  double rename = 0;
  double order = 0;
  double execute = 0;
};

/// Times the phases of the first batch of at most `batch` instructions of a bare program at address 0, apart, over and
/// over.
PhaseTimes measure_phases(std::span<const std::uint32_t> words, std::uint32_t batch, unsigned repetitions,
                          double seconds);

}  // namespace armillion::bench
