#include "engine/tensor/device/stored_bytes.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "conformance/random_source.hpp"

namespace armillion::engine::tensor {
namespace {

using conformance::RandomSource;

constexpr std::uint32_t MOST_STORES = 300;
constexpr std::uint64_t ADDRESS_LIMIT = 1ull << 48;

class StoredBytesTest : public ::testing::Test {
 protected:
  static AccessRecord random_access(RandomSource& random) {
    AccessRecord access;
    access.size = static_cast<std::uint8_t>(1u << random.below(5));
    const std::uint64_t places[] = {0, 0x1000, 0x7fff'fff8, ADDRESS_LIMIT - 64};
    access.address = places[random.below(4)] + random.below(64 - access.size + 1);
    return access;
  }

  void renew() { stored.renew(MOST_STORES, Team{.index = 0, .size = 1}); }

  std::vector<StoredGranule> granules = std::vector<StoredGranule>(stored_granules(MOST_STORES));
  StoredBytesState state{};
  StoredBytes stored{granules.data(), &state};
};

TEST_F(StoredBytesTest, KnowsWhichBytesAnEarlierLaneStores) {
  RandomSource random(1);
  for (int round = 0; round < 2'000; ++round) {
    const std::uint32_t count = 1 + random.below(random.one_in(4) ? MOST_STORES : 12);
    std::map<std::uint64_t, std::uint32_t> first;
    renew();
    stored.begin(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t lane = random.below(LARGEST_BATCH);
      const AccessRecord access = random_access(random);
      stored.add<StoredBytes::Keep::FIRST>(lane, access);
      for (std::uint64_t at = access.address; at < access.address + access.size; ++at) {
        const auto [known, is_new] = first.emplace(at, lane);
        if (!is_new && lane < known->second) known->second = lane;
      }
    }
    for (int i = 0; i < 40; ++i) {
      const std::uint32_t lane = random.below(LARGEST_BATCH);
      const AccessRecord access = random_access(random);
      bool expected = false;
      for (std::uint64_t at = access.address; at < access.address + access.size; ++at) {
        const auto known = first.find(at);
        expected |= known != first.end() && known->second < lane;
      }
      ASSERT_EQ(stored.is_stored_before(lane, access), expected) << "round " << round;
    }
  }
}

TEST_F(StoredBytesTest, KnowsTheLastLaneThatStoresAByte) {
  RandomSource random(2);
  for (int round = 0; round < 2'000; ++round) {
    const std::uint32_t count = 1 + random.below(random.one_in(4) ? MOST_STORES : 12);
    std::map<std::uint64_t, std::uint32_t> last;
    renew();
    stored.begin(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t lane = random.below(LARGEST_BATCH);
      const AccessRecord access = random_access(random);
      stored.add<StoredBytes::Keep::LAST>(lane, access);
      for (std::uint64_t at = access.address; at < access.address + access.size; ++at) {
        last[at] = std::max(last[at], lane + 1);
      }
    }
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t address = random_access(random).address;
      ASSERT_EQ(stored.last_store(address), last.contains(address) ? last[address] : 0) << "round " << round;
    }
  }
}

TEST_F(StoredBytesTest, ForgetsEverythingWhenEpochsComeBack) {
  const auto access = [](std::uint32_t i) {
    AccessRecord result;
    result.address = 0x1000 + std::uint64_t{i} * 8;
    result.size = 8;
    return result;
  };
  const std::uint32_t batches = StoredBytes::EPOCHS / StoredBytes::EPOCHS_OF_BATCH * 2 + 10;
  for (std::uint32_t batch = 0; batch < batches; ++batch) {
    renew();
    for (std::uint32_t i = 0; i < StoredBytes::EPOCHS_OF_BATCH; ++i) {
      // A few large ones, which the small ones between them leave standing.
      const bool is_large = batch % 5'000 < 10;
      stored.begin(is_large ? MOST_STORES : 1);
      ASSERT_LT(state.epoch, StoredBytes::EPOCHS);
      for (std::uint32_t j = 0; j < (is_large ? MOST_STORES : 4); ++j) {
        ASSERT_EQ(stored.last_store(access(j).address), 0u) << "batch " << batch;
      }
      for (std::uint32_t j = 0; j < (is_large ? MOST_STORES : 1); ++j) {
        stored.add<StoredBytes::Keep::LAST>(LARGEST_BATCH - 1, access(j));
        ASSERT_EQ(stored.last_store(access(j).address), LARGEST_BATCH);
      }
    }
  }
}

TEST_F(StoredBytesTest, IsNeverFull) {
  for (std::uint32_t stores = 0; stores <= LARGEST_BATCH; stores = stores * 2 + 1) {
    EXPECT_GT(stored_granules(stores), 3 * stores);
    EXPECT_EQ(stored_granules(stores) & (stored_granules(stores) - 1), 0u);
  }
}

}  // namespace
}  // namespace armillion::engine::tensor
