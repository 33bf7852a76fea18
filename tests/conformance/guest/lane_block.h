#pragma once

// What a lane of fleet_differential starts with: a block of memory that the guest loads its registers from (see
// load_lane.S), so that a host sets up all lanes with one write. Offsets are also in load_lane.S.

#include <stdint.h>

#include "protocol.h"

struct LaneBlock {
  /// `pc` is not used.
  struct GuestState state;
  /// What is reserved first: 0 for nothing, else 1 + the logarithm of the size in bytes, and where.
  uint64_t reservation;
  uint64_t exclusive_address;
  /// Where the guest goes then: at the two instructions before the one under test, which load X0 and X1 and stop.
  uint64_t entry;
  /// Bytes that the guest writes before that.
  uint64_t block_address;
  uint64_t block_bytes;
  uint8_t block[BLOCK_BYTES];
};
