#include "guest/linux/memory_map.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace armillion::guest::kernel {
namespace {

TEST(RangeSet, JoinsWhatTouches) {
  RangeSet ranges;
  ranges.add(10, 20);
  ranges.add(30, 40);
  ranges.add(20, 30);
  EXPECT_EQ(ranges.total(), 30u);
  EXPECT_EQ(ranges.overlap(0, 100), 30u);
  EXPECT_EQ(ranges.overlap(15, 35), 20u);
}

TEST(RangeSet, SplitsAroundWhatIsRemoved) {
  RangeSet ranges;
  ranges.add(0, 100);
  ranges.remove(40, 60);
  EXPECT_EQ(ranges.total(), 80u);
  EXPECT_EQ(ranges.overlap(40, 60), 0u);
  EXPECT_EQ(ranges.overlap(30, 70), 20u);
}

TEST(RangeSet, AgreesWithASetOfNumbers) {
  std::mt19937 random(1);
  RangeSet ranges;
  std::set<std::uint64_t> model;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t start = random() % 64;
    const std::uint64_t end = start + random() % 16;
    const bool adds = random() % 2 == 0;
    if (adds) {
      ranges.add(start, end);
    } else {
      ranges.remove(start, end);
    }
    for (std::uint64_t number = start; number < end; ++number) {
      if (adds) {
        model.insert(number);
      } else {
        model.erase(number);
      }
    }
    ASSERT_EQ(ranges.total(), model.size());
    const std::uint64_t from = random() % 64;
    const std::uint64_t to = from + random() % 32;
    ASSERT_EQ(ranges.overlap(from, to),
              static_cast<std::uint64_t>(std::distance(model.lower_bound(from), model.lower_bound(to))));
  }
}

}  // namespace
}  // namespace armillion::guest::kernel
