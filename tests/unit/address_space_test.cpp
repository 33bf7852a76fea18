#include "guest/address_space.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "armillion/error.hpp"

namespace armillion::guest {
namespace {

constexpr std::uint64_t LIMIT = 1ull << 30;

TEST(AddressSpace, PagesAreZeroUntilWritten) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x4000, Permissions::READ_WRITE);
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x10ff8), 0u);
  EXPECT_TRUE(memory.write_value<std::uint64_t>(0x10ffc, 0x1122334455667788));
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x10ffc), 0x1122334455667788u);
  EXPECT_EQ(memory.read_value<std::uint32_t>(0x11000), 0x11223344u);
}

TEST(AddressSpace, AnAccessThatIsNotWhollyMappedDoesNothing) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x1000, Permissions::READ_WRITE);
  EXPECT_FALSE(memory.write_value<std::uint64_t>(0x10ffc, ~0ull));
  EXPECT_EQ(memory.read_value<std::uint32_t>(0x10ffc), 0u);
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x10ffc), std::nullopt);
  EXPECT_EQ(memory.read_value<std::uint8_t>(~0ull), std::nullopt);
}

TEST(AddressSpace, HostAccessesCanAskForPermissions) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x1000, Permissions::READ);
  EXPECT_FALSE(memory.write_value<std::uint8_t>(0x10000, 1, Permissions::WRITE));
  EXPECT_TRUE(memory.write_value<std::uint8_t>(0x10000, 1));
  EXPECT_EQ(memory.read_value<std::uint8_t>(0x10000, Permissions::READ), 1);
  EXPECT_EQ(memory.read_value<std::uint8_t>(0x10000, Permissions::EXECUTE), std::nullopt);
}

TEST(AddressSpace, RegionsWithTheSamePermissionsMerge) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x1000, Permissions::READ);
  memory.map(0x12000, 0x1000, Permissions::READ);
  EXPECT_EQ(memory.regions().size(), 2u);
  memory.map(0x11000, 0x1000, Permissions::READ);
  ASSERT_EQ(memory.regions().size(), 1u);
  EXPECT_EQ(memory.region_at(0x11fff)->start, 0x10000u);
  EXPECT_EQ(memory.region_at(0x11fff)->end, 0x13000u);
  EXPECT_FALSE(memory.region_at(0x13000));
}

TEST(AddressSpace, ProtectSplitsARegionAndRefusesHoles) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x3000, Permissions::READ_WRITE);
  EXPECT_TRUE(memory.protect(0x11000, 0x1000, Permissions::READ));
  EXPECT_EQ(memory.regions().size(), 3u);
  const auto obstacle = memory.find_obstacle(0x10ff0, 0x20, Permissions::WRITE);
  ASSERT_TRUE(obstacle);
  EXPECT_EQ(obstacle->address, 0x11000u);
  EXPECT_EQ(obstacle->kind, FaultKind::PERMISSION);
  EXPECT_FALSE(memory.protect(0x12000, 0x2000, Permissions::READ));
  EXPECT_TRUE(allows(memory.region_at(0x12000)->permissions, Permissions::WRITE));
}

TEST(AddressSpace, UnmappedPagesLoseTheirContents) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x3000, Permissions::READ_WRITE);
  memory.write_value<std::uint8_t>(0x11000, 7);
  memory.unmap(0x11000, 0x1000);
  EXPECT_EQ(memory.find_obstacle(0x10800, 0x1000, Permissions::READ)->kind, FaultKind::UNMAPPED);
  memory.map(0x11000, 0x1000, Permissions::READ_WRITE);
  EXPECT_EQ(memory.read_value<std::uint8_t>(0x11000), 0);
}

TEST(AddressSpace, MovedPagesKeepTheirContents) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x2000, Permissions::READ_WRITE);
  memory.write_value<std::uint32_t>(0x11ffc, 1234);
  memory.move(0x10000, 0x40000, 0x2000);
  EXPECT_EQ(memory.read_value<std::uint32_t>(0x41ffc), 1234u);
  EXPECT_FALSE(memory.region_at(0x10000));
  EXPECT_THROW(memory.move(0x40000, 0x41000, 0x2000), Error);
}

TEST(AddressSpace, FindFreeTakesTheHighestGap) {
  AddressSpace memory(LIMIT);
  memory.map(0x20000, 0x1000, Permissions::NONE);
  memory.map(0x2f000, 0x1000, Permissions::NONE);
  EXPECT_EQ(memory.find_free(0x1000, 0x10000, 0x30000), 0x2e000u);
  EXPECT_EQ(memory.find_free(0xe000, 0x10000, 0x30000), 0x21000u);
  EXPECT_EQ(memory.find_free(0xf000, 0x10000, 0x30000), 0x11000u);
  EXPECT_EQ(memory.find_free(0x11000, 0x10000, 0x30000), std::nullopt);
  EXPECT_EQ(memory.find_free(0, 0x10000, 0x30000), std::nullopt);
}

TEST(AddressSpace, TheLimitBoundsWritableMemoryOnly) {
  AddressSpace memory(0x4000);
  memory.map(0x100000, 1ull << 40, Permissions::NONE);
  memory.map(0x10000, 0x3000, Permissions::READ_WRITE);
  EXPECT_THROW(memory.map(0x20000, 0x2000, Permissions::READ_WRITE), Error);
  memory.map(0x10000, 0x4000, Permissions::READ_WRITE);
  EXPECT_EQ(memory.writable_bytes(), 0x4000u);
  EXPECT_THROW(memory.protect(0x100000, 0x1000, Permissions::READ_WRITE), Error);
  EXPECT_TRUE(memory.protect(0x10000, 0x4000, Permissions::READ));
  EXPECT_EQ(memory.writable_bytes(), 0u);
}

TEST(AddressSpace, RangesThatAreNotPagesOrTooHighAreRefused) {
  AddressSpace memory(LIMIT);
  EXPECT_THROW(memory.map(0x10, 0x1000, Permissions::READ), Error);
  EXPECT_THROW(memory.map(0x1000, 0x10, Permissions::READ), Error);
  EXPECT_THROW(memory.map(ADDRESS_LIMIT, 0x1000, Permissions::READ), Error);
  EXPECT_THROW(memory.map(0x1000, ADDRESS_LIMIT, Permissions::READ), Error);
  EXPECT_THROW(memory.unmap(~0ull & PAGE_MASK, 0x1000), Error);
}

TEST(AddressSpace, StringsEndAtTheirTerminatorOrNotAtAll) {
  AddressSpace memory(LIMIT);
  memory.map(0x10000, 0x2000, Permissions::READ_WRITE);
  const std::string text = "across the page";
  memory.write(0x10ff8, std::as_bytes(std::span(text.c_str(), text.size() + 1)));
  EXPECT_EQ(memory.read_string(0x10ff8, 100), text);
  EXPECT_EQ(memory.read_string(0x10ff8, 5), std::nullopt);
  const std::string endless(8, 'x');
  memory.write(0x11ff8, std::as_bytes(std::span(endless.data(), endless.size())));
  EXPECT_EQ(memory.read_string(0x11ff8, 100), std::nullopt);
}

// A model as simple as it can be: a map of bytes.
TEST(AddressSpace, SnapshotsBehaveLikeCopiesUnderRandomUse) {
  std::mt19937_64 random(1);
  AddressSpace memory(LIMIT);
  memory.map(0, 64 * PAGE_SIZE, Permissions::ALL);
  using Model = std::map<std::uint64_t, std::uint8_t>;
  Model model;
  std::vector<std::pair<MemorySnapshot, Model>> snapshots;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t address = random() % (64 * PAGE_SIZE);
    const unsigned choice = static_cast<unsigned>(random() % 100);
    if (choice < 60) {
      const auto value = static_cast<std::uint8_t>(random());
      memory.write_value(address, value);
      model[address] = value;
    } else if (choice < 96) {
      const auto found = model.find(address);
      ASSERT_EQ(memory.read_value<std::uint8_t>(address), found == model.end() ? 0 : found->second);
    } else if (choice < 98) {
      snapshots.emplace_back(memory.snapshot(), model);
    } else if (!snapshots.empty()) {
      const auto& [snapshot, old_model] = snapshots[random() % snapshots.size()];
      memory.restore(snapshot);
      model = old_model;
    }
  }
  for (const auto& [address, value] : model) ASSERT_EQ(memory.read_value<std::uint8_t>(address), value);
}

TEST(AddressSpace, ChangesSinceASnapshotAreThePagesThatDiffer) {
  AddressSpace memory(LIMIT);
  const auto changes = [&memory](const MemorySnapshot& before) {
    std::map<std::uint64_t, bool> result;  // whether the page is still there
    memory.visit_changes(before, [&](std::uint64_t address, const Frame* frame) {
      EXPECT_TRUE(result.empty() || result.rbegin()->first < address);
      EXPECT_TRUE(frame == nullptr || frame == &memory.frame_at(address));
      result[address] = frame != nullptr;
    });
    return result;
  };
  using Changes = std::map<std::uint64_t, bool>;
  const MemorySnapshot nothing = memory.snapshot();
  memory.map(0x10000, 0x400000, Permissions::READ_WRITE);
  memory.map(0x7fff'0000'0000, 0x2000, Permissions::READ_WRITE);
  EXPECT_EQ(changes(nothing), Changes());
  memory.write_value<int>(0x10000, 1);
  memory.write_value<int>(0x300000, 1);
  memory.write_value<int>(0x7fff'0000'1000, 1);
  EXPECT_EQ(changes(nothing), (Changes{{0x10000, true}, {0x300000, true}, {0x7fff'0000'1000, true}}));

  const MemorySnapshot written = memory.snapshot();
  EXPECT_EQ(changes(written), Changes());
  memory.write_value<int>(0x10008, 2);
  memory.unmap(0x7fff'0000'0000, 0x2000);
  memory.map(0x300000, 0x1000, Permissions::READ_WRITE);
  EXPECT_EQ(changes(written), (Changes{{0x10000, true}, {0x300000, false}, {0x7fff'0000'1000, false}}));
  memory.restore(written);
  EXPECT_EQ(changes(written), Changes());
  memory.restore(nothing);
  EXPECT_EQ(changes(written), (Changes{{0x10000, false}, {0x300000, false}, {0x7fff'0000'1000, false}}));
}

TEST(AddressSpace, TheHashTellsContentsAddressesAndPermissionsApart) {
  AddressSpace first(LIMIT);
  first.map(0x10000, 0x4000, Permissions::READ_WRITE);
  const Hash128 empty = first.hash();
  first.write_value<std::uint8_t>(0x10000, 1);
  const Hash128 one = first.hash();
  EXPECT_NE(one, empty);
  first.write_value<std::uint8_t>(0x10000, 0);
  EXPECT_EQ(first.hash(), empty);
  first.write_value<std::uint8_t>(0x11000, 1);
  EXPECT_NE(first.hash(), one);
  first.write_value<std::uint8_t>(0x11000, 0);
  first.protect(0x11000, 0x1000, Permissions::READ);
  EXPECT_NE(first.hash(), empty);
  first.protect(0x11000, 0x1000, Permissions::READ_WRITE);
  EXPECT_EQ(first.hash(), empty);
}

// Permissions of 32 pages, page by page.
TEST(AddressSpace, RegionsAreWhatPagesSayUnderRandomUse) {
  constexpr std::uint64_t PAGES = 32;
  constexpr std::uint64_t BASE = ADDRESS_LIMIT - PAGES * PAGE_SIZE;
  std::mt19937_64 random(1);
  AddressSpace memory(PAGES * PAGE_SIZE);
  std::array<std::optional<Permissions>, PAGES> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t first = random() % PAGES;
    const std::uint64_t count = random() % (PAGES - first + 1);
    const std::uint64_t address = BASE + first * PAGE_SIZE;
    const auto pages = std::span(model).subspan(first, count);
    const auto permissions = static_cast<Permissions>(random() % 8);
    switch (random() % 4) {
      case 0:
        memory.map(address, count * PAGE_SIZE, permissions);
        std::ranges::fill(pages, permissions);
        break;
      case 1:
        memory.unmap(address, count * PAGE_SIZE);
        std::ranges::fill(pages, std::nullopt);
        break;
      case 2: {
        const bool all_mapped = std::ranges::all_of(pages, [](const auto& page) { return page.has_value(); });
        ASSERT_EQ(memory.protect(address, count * PAGE_SIZE, permissions), all_mapped);
        if (all_mapped) std::ranges::fill(pages, permissions);
        break;
      }
      default: {
        const bool is_free = std::ranges::none_of(pages, [](const auto& page) { return page.has_value(); });
        ASSERT_EQ(memory.is_free(address, count * PAGE_SIZE), is_free);
        if (count == 0) break;
        // The highest free range of `count` pages from page `first` on.
        std::optional<std::uint64_t> expected;
        for (std::uint64_t at = first; at + count <= PAGES; ++at) {
          if (std::none_of(&model[at], &model[at] + count, [](const auto& page) { return page.has_value(); })) {
            expected = BASE + at * PAGE_SIZE;
          }
        }
        ASSERT_EQ(memory.find_free(count * PAGE_SIZE, address, ADDRESS_LIMIT), expected);
      }
    }
    std::uint64_t writable = 0;
    std::uint64_t borders = 0;
    for (std::uint64_t i = 0; i < PAGES; ++i) {
      const auto region = memory.region_at(BASE + i * PAGE_SIZE);
      ASSERT_EQ(region.has_value(), model[i].has_value());
      if (!region) continue;
      ASSERT_EQ(region->permissions, *model[i]);
      if (allows(*model[i], Permissions::WRITE)) writable += PAGE_SIZE;
      if (i == 0 || model[i - 1] != model[i]) ++borders;
    }
    ASSERT_EQ(memory.regions().size(), borders);
    ASSERT_EQ(memory.writable_bytes(), writable);
  }
}

// Nothing but the count of references tells the last user of a table that it may be changed in place.
TEST(AddressSpaceThreads, SpacesThatShareASnapshotMayChangeTheirMappings) {
  for (int round = 0; round < 100; ++round) {
    AddressSpace spaces[] = {AddressSpace(LIMIT), AddressSpace(LIMIT)};
    {
      AddressSpace origin(LIMIT);
      origin.map(0, 0x10000, Permissions::ALL);
      origin.write_value<std::uint64_t>(0x2000, 1);
      const MemorySnapshot snapshot = origin.snapshot();
      for (AddressSpace& space : spaces) space.restore(snapshot);
    }
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (AddressSpace& space : spaces) {
      threads.emplace_back([&] {
        ready.fetch_add(1, std::memory_order_relaxed);
        while (ready.load(std::memory_order_relaxed) < 2) {
        }
        space.protect(0x1000, 0x1000, Permissions::READ);
        space.write_value<std::uint64_t>(0x2008, 2);
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(spaces[0].hash(), spaces[1].hash());
  }
}

}  // namespace
}  // namespace armillion::guest
