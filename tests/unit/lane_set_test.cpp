#include "engine/tensor/device/lane_set.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "armillion/tensor.hpp"
#include "conformance/random_source.hpp"

namespace armillion::engine::tensor {
namespace {

TEST(LaneSet, FindsTheLastLaneBeforeAnother) {
  conformance::RandomSource random(1);
  constexpr Team TEAM{.index = 0, .size = 1};
  for (const std::uint32_t lanes : {1u, 32u, 33u, 1024u, 1025u, 4096u, LARGEST_BATCH}) {
    // What was there before does not matter.
    std::vector<std::uint32_t> words(std::size_t{lane_words(lanes)} * WRITER_SETS, ~0u);
    std::vector<std::uint32_t> summaries(std::size_t{summary_words(lanes)} * WRITER_SETS, ~0u);
    const WriterSets sets(words.data(), summaries.data());
    for (int round = 0; round < 20; ++round) {
      sets.clear(lanes, TEAM);
      const std::uint32_t additions = random.below(random.one_in(2) ? 6 : 500);
      const unsigned slot = random.below(WRITER_SETS);
      std::set<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < additions; ++i) {
        const std::uint32_t lane = random.below(lanes);
        sets[slot].add(lane);
        expected.insert(lane);
        // Others do not show in it.
        sets[(slot + 1 + random.below(WRITER_SETS - 1)) % WRITER_SETS].add(random.below(lanes));
      }
      for (int i = 0; i < 200; ++i) {
        const std::uint32_t end = random.one_in(8) ? lanes : random.below(lanes + 1);
        const auto behind = expected.lower_bound(end);
        const std::uint32_t last = behind == expected.begin() ? NO_LANE : *std::prev(behind);
        ASSERT_EQ(sets[slot].last_before(end), last) << lanes << " lanes, before " << end;
      }
    }
  }
}

}  // namespace
}  // namespace armillion::engine::tensor
