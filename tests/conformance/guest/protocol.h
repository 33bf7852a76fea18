#pragma once

// What the host and the guest runner share: one block of memory, mapped by both, that holds a batch of tests. The host
// fills it in and writes a byte to the guest's standard input; the guest runs every test, leaves what came out in
// place of what went in, and answers with a byte on its standard output. Plain C, because the guest side is C.

#include <stdint.h>

/// Where the guest keeps the instructions under test. Each has a slot of `SLOT_WORDS` words of its own, of which the
/// instruction is number `SLOT_ENTRY`; the other words stop the test with a trap, so that a branch shows where it went.
#define CODE_ADDRESS 0x50000000ul
#define CODE_BYTES 0x9000ul
#define SLOT_WORDS 32ul
#define SLOT_ENTRY 16ul

/// The memory that instructions may access: two pages that may be written, then one that may only be read and whose
/// bytes are `read_only_byte` of their address. Nothing is mapped near it on either side, so that accesses fault there.
/// It is close enough to the code for literal loads.
#define WINDOW_ADDRESS 0x50040000ul
#define WINDOW_WRITABLE_BYTES 0x2000ul
#define WINDOW_READ_ONLY_BYTES 0x1000ul

/// How much of the window is set before a test and compared after it.
#define BLOCK_BYTES 128ul

#define MAXIMUM_WORDS 256ul
#define MAXIMUM_TESTS 4096ul

/// The file descriptor of the shared block in the guest.
#define BATCH_DESCRIPTOR 3

struct GuestState {
  uint64_t x[31];
  uint64_t sp;
  uint64_t pc;
  uint64_t tpidr_el0;
  uint32_t nzcv;
  uint32_t fpcr;
  uint32_t fpsr;
  uint32_t reserved;
  uint64_t vectors[32][2];
};

struct Test {
  /// Before the test and, once it ran, after it. `pc` matters only afterwards.
  struct GuestState state;
  /// Which instruction of the batch.
  uint32_t word_index;
  /// Size in bytes of an exclusive load from `exclusive_address` that is made first, or 0.
  uint32_t exclusive_size;
  uint64_t exclusive_address;
  /// The block [block_address, block_address + BLOCK_BYTES) of the window; bytes of it that cannot be written are
  /// neither set nor read back.
  uint64_t block_address;
  /// The signal that ended the test, or 0, its `si_code`, and `si_addr`.
  uint64_t fault_address;
  int32_t signal;
  int32_t signal_code;
  uint64_t reserved;
  uint8_t block[BLOCK_BYTES];
};

/// How a test ends where the instruction does not fault.
enum SlotKind {
  /// Execution goes on with the word behind the instruction.
  SLOT_FALLS_THROUGH = 0,
  /// It goes on anywhere, and the trap it meets there ends the test. Slower.
  SLOT_BRANCHES = 1,
};

struct Batch {
  uint32_t word_count;
  uint32_t test_count;
  uint32_t slot_kind;
  uint32_t reserved;
  uint32_t words[MAXIMUM_WORDS];
  struct Test tests[MAXIMUM_TESTS];
};

/// The byte at `address` of the window's read-only page.
static inline uint8_t read_only_byte(uint64_t address) { return (uint8_t)(address * 151 + (address >> 8) * 17 + 43); }

/// The address of the instruction with this index.
static inline uint64_t address_of_word(uint64_t index) { return CODE_ADDRESS + (index * SLOT_WORDS + SLOT_ENTRY) * 4; }
