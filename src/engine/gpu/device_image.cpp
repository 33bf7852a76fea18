#include "engine/gpu/device_image.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "armillion/error.hpp"
#include "engine/gpu/lane_memory.hpp"
#include "isa/predecode.hpp"

namespace armillion::engine::gpu {

namespace {

// The case of each handler in the lanes' interpreter.
std::array<std::uint16_t, isa::ROW_HANDLER_COUNT> make_cases() {
  std::array<std::uint16_t, isa::ROW_HANDLER_COUNT> cases{};
  cases.fill(COLD_CASE);
  std::uint16_t next = 0;
#define ARMILLION_HOT(NAME, VARIANT) cases[isa::first_handler(isa::Opcode::NAME) + (VARIANT)] = next++;
#include "engine/gpu/hot_handlers.inc"
#undef ARMILLION_HOT
  return cases;
}

// The field `i` of a row, which is signed, where `word` may be of it; else 0.
template <class Row>
std::int32_t signed_immediate(std::uint32_t word) {
  constexpr std::uint32_t BITS = Row::PATTERN.bits_of('i');
  if ((word & Row::PATTERN.mask()) != Row::PATTERN.value()) return 0;
  return static_cast<std::int32_t>(word << std::countl_zero(BITS)) >> (32 - std::popcount(BITS));
}

// How many operations on the one stands that is likely executed after the `index`-th of its page: where a branch
// without a condition goes, or one back, which most often closes a loop; else the next. Within the page only.
std::int8_t likely_distance(std::uint32_t word, std::size_t index) {
  const std::int32_t always = signed_immediate<isa::rows::b>(word) + signed_immediate<isa::rows::bl>(word);
  const std::int32_t perhaps = signed_immediate<isa::rows::b_conditional>(word) +
                               signed_immediate<isa::rows::cbz>(word) + signed_immediate<isa::rows::cbnz>(word) +
                               signed_immediate<isa::rows::tbz>(word) + signed_immediate<isa::rows::tbnz>(word);
  const std::int32_t distance = perhaps < 0 ? perhaps : always;
  const std::int64_t next = static_cast<std::int64_t>(index) + distance;
  const bool is_within_page = next >= 0 && next < static_cast<std::int64_t>(PAGE_WORDS);
  if (distance == 0 || !is_within_page || distance != static_cast<std::int8_t>(distance)) return 1;
  return static_cast<std::int8_t>(distance);
}

MicroOp decode_op(std::uint32_t word, std::size_t index) {
  static const auto CASES = make_cases();
  MicroOp op = isa::predecode(word);
  const std::uint16_t which = op.handler == isa::UNDEFINED_HANDLER ? UNDEFINED_CASE : CASES[op.handler];
  op.extra = make_extra(which, which < HOT_COUNT ? likely_distance(word, index) : std::int8_t{1});
  return op;
}

MicroOp special_op(std::uint16_t which) {
  MicroOp op{};
  op.handler = isa::UNDEFINED_HANDLER;
  op.extra = make_extra(which);
  return op;
}

bool is_zero(const std::byte* page) {
  return page[0] == std::byte{0} && std::memcmp(page, page + 1, guest::PAGE_SIZE - 1) == 0;
}

}  // namespace

DecodedCode decode_code(const guest::AddressSpace& memory, std::span<const std::uint64_t> breakpoints) {
  DecodedCode code;
  code.ops = {special_op(FETCH_CASE), special_op(FIND_CASE)};
  static_assert(FETCH_INDEX == 0 && FIND_INDEX == 1 && FIRST_CODE_INDEX == 2);
  const auto end_region = [&code] { code.ops.push_back(special_op(FIND_CASE)); };
  memory.visit_pages([&](std::uint64_t address, const guest::Frame& frame) {
    const auto region = memory.region_at(address);
    if (!region || !allows(region->permissions, Permissions::EXECUTE) || is_zero(frame.bytes)) return;
    const bool is_writable = allows(region->permissions, Permissions::WRITE);
    CodeRegion* last = code.regions.empty() ? nullptr : &code.regions.back();
    if (last != nullptr && !is_writable && last->is_writable == 0 && last->end == address) {
      last->end += guest::PAGE_SIZE;
    } else {
      if (last != nullptr) end_region();
      code.regions.push_back({address, address + guest::PAGE_SIZE, static_cast<std::uint32_t>(code.ops.size()),
                              static_cast<std::uint32_t>(is_writable)});
    }
    if (code.ops.size() > std::numeric_limits<std::uint32_t>::max() / 2) {
      throw Error(ErrorCode::OUT_OF_MEMORY, "a device executes at most 8 GiB of code");
    }
    const auto ops = decode_page(address, frame.bytes, breakpoints);
    code.ops.insert(code.ops.end(), ops.begin(), ops.end());
  });
  end_region();
  // The lanes read one operation ahead.
  end_region();
  return code;
}

std::array<MicroOp, PAGE_WORDS> decode_page(std::uint64_t page, const std::byte* bytes,
                                            std::span<const std::uint64_t> breakpoints) {
  std::array<std::uint32_t, PAGE_WORDS> words;
  std::memcpy(words.data(), bytes, sizeof words);
  std::array<MicroOp, PAGE_WORDS> ops;
  for (std::size_t i = 0; i < PAGE_WORDS; ++i) ops[i] = decode_op(words[i], i);
  for (auto next = std::ranges::lower_bound(breakpoints, page);
       next != breakpoints.end() && *next < page + guest::PAGE_SIZE; ++next) {
    ops[(*next - page) / 4].extra = make_extra(BREAKPOINT_CASE);
  }
  return ops;
}

DevicePages device_pages(const guest::AddressSpace& memory) {
  DevicePages pages;
  std::vector<std::uint64_t> numbers;
  pages.frames.resize(guest::PAGE_SIZE);
  memory.visit_pages([&](std::uint64_t address, const guest::Frame& frame) {
    if (is_zero(frame.bytes)) return;
    numbers.push_back(address / guest::PAGE_SIZE);
    pages.frames.insert(pages.frames.end(), frame.bytes, frame.bytes + guest::PAGE_SIZE);
  });
  const std::size_t slots = std::bit_ceil(numbers.size() * 2 + 2);
  pages.keys.assign(slots, EMPTY_KEY);
  pages.numbers.assign(slots, 0);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t slot = hash_of_key(numbers[i]) & (slots - 1);
    while (pages.keys[slot] != EMPTY_KEY) slot = (slot + 1) & (slots - 1);
    pages.keys[slot] = numbers[i];
    pages.numbers[slot] = static_cast<std::uint32_t>(i + 1);
  }
  return pages;
}

}  // namespace armillion::engine::gpu
