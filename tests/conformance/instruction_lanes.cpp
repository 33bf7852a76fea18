#include <fnmatch.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <utility>

#include "armillion/isa.hpp"
#include "comparison.hpp"
#include "lane_tests.hpp"
#include "text.hpp"

namespace armillion::conformance {

namespace {

/// Slots of one memory. Behind them is room, so that accesses that miss the window hit nothing.
constexpr std::uint32_t MOST_WORDS = 1024;
constexpr std::uint64_t CODE_REGION_BYTES = MOST_WORDS * SLOT_WORDS * 4;
static_assert(CODE_ADDRESS + CODE_REGION_BYTES <= WINDOW_ADDRESS - 0x10000);

constexpr std::uint32_t WORDS_OF_ROW = 8;
/// Of one batch.
constexpr std::uint32_t UNDEFINED_WORDS = 16;
/// So that what an instruction leads to is seen too: the word behind it, or where it branches to, stops the lane.
constexpr std::uint64_t INSTRUCTION_LIMIT = 16;

Machine make_image() {
  Machine image({.memory_bytes = 0});
  image.map_memory(CODE_ADDRESS, CODE_REGION_BYTES, Permissions::READ_EXECUTE);
  image.map_memory(WINDOW_ADDRESS, WINDOW_WRITABLE_BYTES, Permissions::READ_WRITE);
  const std::uint64_t read_only = WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES;
  image.map_memory(read_only, WINDOW_READ_ONLY_BYTES, Permissions::READ);
  for (std::uint64_t address = read_only; address < read_only + WINDOW_READ_ONLY_BYTES; ++address) {
    image.write(address, read_only_byte(address));
  }
  return image;
}

LaneBlock to_lane(const Test& test) {
  LaneBlock lane{};
  lane.state = test.state;
  lane.entry = address_of_word(test.word_index) - ENTRY_BYTES;
  if (test.exclusive_size != 0) {
    lane.reservation = static_cast<std::uint64_t>(std::bit_width(test.exclusive_size));
    lane.exclusive_address = test.exclusive_address;
  }
  // Of the block only what may be written.
  const std::uint64_t first = std::max<std::uint64_t>(test.block_address, WINDOW_ADDRESS);
  const std::uint64_t end =
      std::min<std::uint64_t>(test.block_address + BLOCK_BYTES, WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES);
  if (first < end) {
    lane.block_address = first;
    lane.block_bytes = end - first;
    std::memcpy(lane.block, test.block + (first - test.block_address), end - first);
  }
  return lane;
}

Test to_test(const LaneBlock& lane, std::uint32_t index) {
  Test test{};
  test.state = lane.state;
  test.word_index = index;
  if (lane.reservation != 0) {
    test.exclusive_size = 1u << (lane.reservation - 1);
    test.exclusive_address = lane.exclusive_address;
  }
  test.block_address = lane.block_address;
  std::memcpy(test.block, lane.block, sizeof test.block);
  return test;
}

std::uint32_t index_of(const LaneBlock& lane) {
  return static_cast<std::uint32_t>((lane.entry + ENTRY_BYTES - CODE_ADDRESS) / 4 / SLOT_WORDS);
}

}  // namespace

InstructionLanes::InstructionLanes(std::uint64_t seed, const std::string& pattern, std::string device)
    : random_(seed), device_(std::move(device)), has_undefined_words_(pattern == "*") {
  for (const SectionUnderTest& section : sections()) {
    for (const RowUnderTest& row : section.rows) {
      if (fnmatch(pattern.c_str(), row.name.data(), 0) != 0) continue;
      auto generator =
          std::make_unique<TestGenerator>(row, RandomSource::for_name(seed, row.name), Audience::OURSELVES);
      if (generator->behaviour().has_no_words) {
        not_covered_ += text("NOT COVERED: %s: no word of this row was found\n", row.name.data());
      } else {
        generators_.push_back(std::move(generator));
      }
    }
  }
}

std::uint32_t InstructionLanes::undefined_word() {
  while (true) {
    const auto word = static_cast<std::uint32_t>(random_.bits());
    if (instruction_name(word).empty()) return word;
  }
}

// The next rows in turn; few rows get more words each.
void InstructionLanes::choose_words() {
  words_.clear();
  const std::size_t undefined = has_undefined_words_ ? UNDEFINED_WORDS : 0;
  const std::size_t room = MOST_WORDS - undefined;
  const std::size_t rows = std::min(generators_.size(), room / WORDS_OF_ROW);
  for (std::size_t i = 0; i < rows; ++i) {
    TestGenerator& generator = *generators_[next_row_++ % generators_.size()];
    for (std::size_t k = 0; k < room / rows; ++k) {
      const auto index = static_cast<std::uint32_t>(words_.size());
      if (const auto word = generator.make_word(next_word_++, address_of_word(index))) {
        words_.push_back({&generator, *word});
      }
    }
  }
  for (std::size_t i = 0; i < undefined; ++i) words_.push_back({nullptr, undefined_word()});
}

LaneBlock InstructionLanes::make_lane(const Word& word, std::uint32_t index) {
  if (word.generator != nullptr) {
    // Most of them can be made at once; where an access or a branch cannot be aimed, another state may do.
    for (int attempt = 0; attempt < 8; ++attempt) {
      if (const auto test = word.generator->make_test(word.word, index)) return to_lane(*test);
    }
  }
  LaneBlock lane{};
  lane.state = random_state(random_);
  lane.entry = address_of_word(index) - ENTRY_BYTES;
  return lane;
}

void InstructionLanes::run(std::uint64_t lanes, LaneTally& tally) {
  choose_words();
  Machine image = make_image();
  for (std::uint32_t i = 0; i < words_.size(); ++i) {
    const std::uint64_t address = address_of_word(i);
    image.write_memory(address - ENTRY_BYTES, std::as_bytes(std::span(ENTRY_WORDS)));
    image.write(address, words_[i].word);
  }
  // In every second batch the lanes of a warp run different instructions.
  const bool is_mixed = batches_++ % 2 == 1;
  const std::uint64_t states_of_word = std::max<std::uint64_t>(1, lanes / words_.size());
  std::vector<LaneBlock> blocks;
  for (std::uint64_t i = 0; i < states_of_word * words_.size(); ++i) {
    const auto index = static_cast<std::uint32_t>(is_mixed ? i % words_.size() : i / states_of_word);
    blocks.push_back(make_lane(words_[index], index));
  }
  LaneComparison comparison(std::move(image), device_, {{WINDOW_ADDRESS, WINDOW_WRITABLE_BYTES}});
  const LaneOutcome outcome = comparison.run(blocks, INSTRUCTION_LIMIT);
  for (const LaneMismatch& mismatch : outcome.reported) report(mismatch, blocks[mismatch.lane]);
  tally.lanes += blocks.size();
  tally.instructions += outcome.instructions;
  tally.mismatches += outcome.mismatches;
}

void InstructionLanes::report(const LaneMismatch& mismatch, const LaneBlock& lane) const {
  const std::uint32_t index = index_of(lane);
  const Word& word = words_[index];
  const bool is_undefined = word.generator == nullptr;
  std::printf("MISMATCH %s in lane %lu: %08x %s\n", is_undefined ? "no instruction" : word.generator->row().name.data(),
              mismatch.lane, word.word, disassemble(word.word).c_str());
  if (!is_undefined) {
    std::printf("%s", describe_inputs(word.generator->row(), word.word, to_test(lane, index)).c_str());
  }
  std::printf("%s", mismatch.report.c_str());
}

}  // namespace armillion::conformance
