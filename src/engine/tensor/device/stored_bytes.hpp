#pragma once

#include <cstdint>

#include "armillion/tensor.hpp"
#include "engine/tensor/device/team.hpp"
#include "engine/tensor/lanes.hpp"

namespace armillion::engine::tensor {

/// Eight bytes of the guest's memory in the table below.
struct StoredGranule {
  static constexpr std::uint32_t BYTES = 8;

  std::uint64_t key;
  std::uint32_t stamps[BYTES];
};

/// How many places a table needs in which this many stores are noted: of 16 bytes, so that each is in three granules at
/// most. A power of two.
constexpr std::uint32_t stored_granules(std::uint32_t stores) {
  return stores <= 1 ? 4 : 4u << (32 - __builtin_clz(stores - 1));
}

/// What there is of the table while a run lasts.
struct StoredBytesState {
  std::uint32_t epoch;
  /// Number of places in use, less one.
  std::uint32_t mask;
};

/// Which lane of a batch is the first, or the last, to store a byte: a hash table of granules with open addressing. All
/// lanes are noted at once, by what threads of a GPU can do to one word.
///
/// Nothing is removed. What was noted before `begin` belongs to an earlier epoch, and is taken for nothing: keys and
/// stamps have their epoch in their highest bits, and the lane's rank in its lowest.
class StoredBytes {
 public:
  /// Lanes that rank higher replace those that rank lower.
  enum class Keep : std::uint8_t { FIRST, LAST };

  /// `granules` is zero at first.
  ARMILLION_INLINE StoredBytes(StoredGranule* granules, StoredBytesState* state) : granules_(granules), state_(state) {}

  /// By all threads, before a batch: sees to it that epochs do not come back. The table is for `most_stores`.
  ARMILLION_INLINE void renew(std::uint32_t most_stores, Team team) const {
    if (state_->epoch + EPOCHS_OF_BATCH < EPOCHS) return;
    team.for_each(stored_granules(most_stores), [&](std::uint32_t i) { granules_[i] = {}; });
    team.barrier();
    if (team.is_first()) state_->epoch = 0;
    team.barrier();
  }

  /// By one thread, with a barrier before and behind it, and at most `EPOCHS_OF_BATCH` times a batch: forgets
  /// everything, and makes room for `stores`.
  ARMILLION_INLINE void begin(std::uint32_t stores) const {
    state_->mask = stored_granules(stores) - 1;
    ++state_->epoch;
  }

  /// Notes what `lane` stores, by any thread.
  template <Keep KEEP>
  ARMILLION_INLINE void add(std::uint32_t lane, const AccessRecord& access) const {
    const std::uint32_t stamp = stamp_of<KEEP>(lane);
    visit_granules(access.address, access.size, [&](std::uint64_t granule, std::uint32_t first, std::uint32_t count) {
      StoredGranule& place = granules_[claim(key_of(granule))];
      for (std::uint32_t i = first; i < first + count; ++i) raise_to(&place.stamps[i], stamp);
    });
  }

  // Behind a barrier, by any thread.

  /// Whether an earlier lane stores one of the bytes that `lane` accesses. Where the first stores are kept.
  ARMILLION_INLINE bool is_stored_before(std::uint32_t lane, const AccessRecord& access) const {
    const std::uint32_t stamp = stamp_of<Keep::FIRST>(lane);
    bool result = false;
    visit_granules(access.address, access.size, [&](std::uint64_t granule, std::uint32_t first, std::uint32_t count) {
      const StoredGranule* place = find(key_of(granule));
      if (place == nullptr) return;
      for (std::uint32_t i = first; i < first + count; ++i) result |= place->stamps[i] > stamp;
    });
    return result;
  }

  /// The lane that stores the byte last, plus 1; 0 where none does. Where the last stores are kept.
  ARMILLION_INLINE std::uint32_t last_store(std::uint64_t address) const {
    const StoredGranule* place = find(key_of(address / StoredGranule::BYTES));
    if (place == nullptr) return 0;
    const std::uint32_t stamp = place->stamps[address % StoredGranule::BYTES];
    return stamp >> RANK_BITS == state_->epoch ? stamp & ((1u << RANK_BITS) - 1) : 0;
  }

  static constexpr std::uint32_t RANK_BITS = 17;
  static constexpr std::uint32_t EPOCHS = 1u << (32 - RANK_BITS);
  static constexpr std::uint32_t EPOCHS_OF_BATCH = 3;

 private:
  // Of a granule's number, in a space of addresses of 48 bits.
  static constexpr std::uint32_t NUMBER_BITS = 45;
  static_assert(LARGEST_BATCH < 1u << RANK_BITS);

  template <Keep KEEP>
  ARMILLION_INLINE std::uint32_t stamp_of(std::uint32_t lane) const {
    return state_->epoch << RANK_BITS | (KEEP == Keep::LAST ? lane + 1 : LARGEST_BATCH - lane);
  }

  ARMILLION_INLINE std::uint64_t key_of(std::uint64_t granule) const {
    return std::uint64_t{state_->epoch} << NUMBER_BITS | granule;
  }

  ARMILLION_INLINE std::uint32_t place_of_key(std::uint64_t key) const {
    return static_cast<std::uint32_t>(key * 0x9e37'79b9'7f4a'7c15ull >> 40) & state_->mask;
  }

  // The granule's place, which is taken for it where it has none. There are always free ones.
  ARMILLION_INLINE std::uint32_t claim(std::uint64_t key) const {
    std::uint32_t place = place_of_key(key);
    while (true) {
      std::uint64_t there = load_relaxed(&granules_[place].key);
      if (there >> NUMBER_BITS != state_->epoch) {
        const std::uint64_t before = replace(&granules_[place].key, there, key);
        if (before == there) return place;
        there = before;
      }
      if (there == key) return place;
      place = (place + 1) & state_->mask;
    }
  }

  ARMILLION_INLINE const StoredGranule* find(std::uint64_t key) const {
    std::uint32_t place = place_of_key(key);
    while (granules_[place].key >> NUMBER_BITS == state_->epoch) {
      if (granules_[place].key == key) return &granules_[place];
      place = (place + 1) & state_->mask;
    }
    return nullptr;
  }

  // Calls `visit(number of the granule, first byte in it, count)` for each granule of an access.
  template <class Visit>
  ARMILLION_INLINE static void visit_granules(std::uint64_t address, std::uint32_t size, Visit visit) {
    std::uint32_t done = 0;
    while (done < size) {
      const auto first = static_cast<std::uint32_t>((address + done) % StoredGranule::BYTES);
      const std::uint32_t room = StoredGranule::BYTES - first;
      const std::uint32_t count = size - done < room ? size - done : room;
      visit((address + done) / StoredGranule::BYTES, first, count);
      done += count;
    }
  }

  StoredGranule* granules_;
  StoredBytesState* state_;
};

}  // namespace armillion::engine::tensor
