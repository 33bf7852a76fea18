#pragma once

#include <cstdint>

#include "engine/tensor/batch_op.hpp"
#include "engine/tensor/device/team.hpp"

namespace armillion::engine::tensor {

/// No lane of a batch.
inline constexpr std::uint32_t NO_LANE = ~0u;

/// The slot of the flags, behind those of registers.
inline constexpr unsigned FLAGS_SLOT = SLOT_COUNT;
/// A set for each register and one for the flags: the lanes that write it.
inline constexpr unsigned WRITER_SETS = SLOT_COUNT + 1;

/// Words of a bit a lane, for one set.
constexpr std::uint32_t lane_words(std::uint32_t lanes) { return (lanes + 31) / 32; }
/// Words of a bit a word of those.
constexpr std::uint32_t summary_words(std::uint32_t lanes) { return (lane_words(lanes) + 31) / 32; }

/// A set of lanes among `WRITER_SETS`, whose words take turns.
class LaneSet {
 public:
  ARMILLION_INLINE LaneSet(std::uint32_t* words, std::uint32_t* summary) : words_(words), summary_(summary) {}

  ARMILLION_INLINE void add(std::uint32_t lane) const {
    const std::uint32_t word = lane / 32;
    if (set_bits(&words_[word * WRITER_SETS], 1u << lane % 32) == 0) {
      set_bits(&summary_[word / 32 * WRITER_SETS], 1u << word % 32);
    }
  }

  /// The highest lane of the set below `end`; NO_LANE where there is none.
  ARMILLION_INLINE std::uint32_t last_before(std::uint32_t end) const {
    if (end == 0) return NO_LANE;
    std::uint32_t index = (end - 1) / 32;
    std::uint32_t word = words_[index * WRITER_SETS] & ~0u >> (31 - (end - 1) % 32);
    if (word == 0) {
      std::uint32_t group = index / 32;
      std::uint32_t summary = summary_[group * WRITER_SETS] & ((1u << index % 32) - 1);
      while (summary == 0) {
        if (group == 0) return NO_LANE;
        summary = summary_[--group * WRITER_SETS];
      }
      index = group * 32 + highest(summary);
      word = words_[index * WRITER_SETS];
    }
    return index * 32 + highest(word);
  }

 private:
  ARMILLION_INLINE static std::uint32_t highest(std::uint32_t bits) {
    return 31 - static_cast<std::uint32_t>(__builtin_clz(bits));
  }

  std::uint32_t* words_;
  std::uint32_t* summary_;
};

/// The sets of writers of a batch.
class WriterSets {
 public:
  /// `words` has room for `lane_words` of each set, `summaries` for `summary_words`.
  ARMILLION_INLINE WriterSets(std::uint32_t* words, std::uint32_t* summaries) : words_(words), summaries_(summaries) {}

  ARMILLION_INLINE LaneSet operator[](unsigned slot) const { return {words_ + slot, summaries_ + slot}; }

  /// By all threads: makes the sets empty, as far as a batch of `lanes` uses them.
  ARMILLION_INLINE void clear(std::uint32_t lanes, Team team) const {
    team.for_each(lane_words(lanes) * WRITER_SETS, [&](std::uint32_t i) { words_[i] = 0; });
    team.for_each(summary_words(lanes) * WRITER_SETS, [&](std::uint32_t i) { summaries_[i] = 0; });
  }

 private:
  std::uint32_t* words_;
  std::uint32_t* summaries_;
};

}  // namespace armillion::engine::tensor
