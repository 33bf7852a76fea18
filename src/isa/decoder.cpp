#include "isa/decoder.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace armillion::isa {

namespace {

constexpr RowInfo ROWS[] = {
#define A64(NAME_, ...)                \
  {rows::NAME_::NAME,                  \
   rows::NAME_::PATTERN.text,          \
   rows::NAME_::PATTERN.mask(),        \
   rows::NAME_::PATTERN.value(),       \
   rows::NAME_::PATTERN.static_bits(), \
   rows::NAME_::FEATURE,               \
   rows::NAME_::priority(),            \
   &rows::NAME_::accepts},
#include A64_TABLE
#undef A64
};

static_assert(std::size(ROWS) == OPCODE_COUNT);

// The first pair of rows, as 65536 * first + second, that match a common word without differing in priority.
consteval std::size_t first_ambiguous_pair() {
  for (std::size_t i = 0; i < OPCODE_COUNT; ++i) {
    for (std::size_t j = i + 1; j < OPCODE_COUNT; ++j) {
      const bool overlap = ((ROWS[i].value ^ ROWS[j].value) & ROWS[i].mask & ROWS[j].mask) == 0;
      if (overlap && ROWS[i].priority == ROWS[j].priority) return i << 16 | j;
    }
  }
  return 0;
}

template <std::size_t PAIR>
struct Ambiguous {
  static constexpr Opcode FIRST = static_cast<Opcode>(PAIR >> 16);
  static constexpr Opcode SECOND = static_cast<Opcode>(PAIR & 0xffff);
};

template <class Pair, Opcode FIRST = Pair::FIRST, Opcode SECOND = Pair::SECOND>
constexpr bool rows_overlap_without_priority() {
  static_assert(FIRST == SECOND, "two rows of the table overlap: give one of them a higher priority");
  return FIRST != SECOND;
}

static_assert(!rows_overlap_without_priority<Ambiguous<first_ambiguous_pair()>>());

class BucketTable {
 public:
  BucketTable() {
    std::array<std::uint16_t, OPCODE_COUNT> order{};
    for (std::size_t i = 0; i < OPCODE_COUNT; ++i) order[i] = static_cast<std::uint16_t>(i);
    std::sort(order.begin(), order.end(), [](std::uint16_t a, std::uint16_t b) {
      return ROWS[a].priority != ROWS[b].priority ? ROWS[a].priority > ROWS[b].priority : a < b;
    });
    std::array<std::uint32_t, BUCKET_COUNT> sizes{};
    for (const std::uint16_t opcode : order) {
      for_each_bucket(ROWS[opcode], [&](std::uint32_t bucket) { ++sizes[bucket]; });
    }
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < BUCKET_COUNT; ++i) {
      starts_[i] = total;
      total += sizes[i];
    }
    starts_[BUCKET_COUNT] = total;
    opcodes_.resize(total);
    std::array<std::uint32_t, BUCKET_COUNT> filled{};
    for (const std::uint16_t opcode : order) {
      for_each_bucket(ROWS[opcode],
                      [&](std::uint32_t bucket) { opcodes_[starts_[bucket] + filled[bucket]++] = opcode; });
    }
  }

  Opcode find(std::uint32_t word) const {
    const std::uint32_t bucket = bucket_of(word);
    for (std::uint32_t i = starts_[bucket]; i != starts_[bucket + 1]; ++i) {
      const RowInfo& candidate = ROWS[opcodes_[i]];
      if ((word & candidate.mask) == candidate.value && candidate.accepts(word)) return Opcode{opcodes_[i]};
    }
    return Opcode::UNDEFINED;
  }

  Buckets buckets() const { return {starts_, opcodes_}; }

 private:
  template <class Visit>
  static void for_each_bucket(const RowInfo& info, const Visit& visit) {
    const std::uint32_t open = BUCKET_BITS & ~info.mask;
    std::uint32_t subset = 0;
    do {
      visit(bucket_of(info.value | subset));
      subset = (subset - open) & open;  // the next subset of the open bits
    } while (subset != 0);
  }

  std::array<std::uint32_t, BUCKET_COUNT + 1> starts_{};
  std::vector<std::uint16_t> opcodes_;
};

const BucketTable& bucket_table() {
  static const BucketTable TABLE;
  return TABLE;
}

}  // namespace

const RowInfo& row(Opcode opcode) { return ROWS[static_cast<std::size_t>(opcode)]; }

Opcode decode(std::uint32_t word) { return bucket_table().find(word); }

Buckets decoder_buckets() { return bucket_table().buckets(); }

const char* name_of(Feature feature) {
  switch (feature) {
    case Feature::BASE: return "BASE";
    case Feature::FP: return "FP";
    case Feature::ASIMD: return "ASIMD";
    case Feature::CRC32: return "FEAT_CRC32";
    case Feature::LSE: return "FEAT_LSE";
    case Feature::LOR: return "FEAT_LOR";
    case Feature::RDM: return "FEAT_RDM";
    case Feature::FP16: return "FEAT_FP16";
    case Feature::DOTPROD: return "FEAT_DotProd";
    case Feature::I8MM: return "FEAT_I8MM";
    case Feature::BF16: return "FEAT_BF16";
    case Feature::JSCVT: return "FEAT_JSCVT";
    case Feature::FCMA: return "FEAT_FCMA";
    case Feature::LRCPC: return "FEAT_LRCPC";
    case Feature::LRCPC2: return "FEAT_LRCPC2";
    case Feature::FLAGM: return "FEAT_FlagM";
    case Feature::FLAGM2: return "FEAT_FlagM2";
    case Feature::FRINTTS: return "FEAT_FRINTTS";
    case Feature::AES: return "FEAT_AES";
    case Feature::PMULL: return "FEAT_PMULL";
    case Feature::SHA1: return "FEAT_SHA1";
    case Feature::SHA256: return "FEAT_SHA256";
    case Feature::SHA3: return "FEAT_SHA3";
    case Feature::SHA512: return "FEAT_SHA512";
    case Feature::BTI: return "FEAT_BTI";
    case Feature::PAUTH_HINT: return "FEAT_PAuth (hint space)";
    case Feature::COUNT: break;
  }
  return "unknown";
}

}  // namespace armillion::isa
