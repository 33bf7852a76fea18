// Hash chains, byte compares and copies: a compressor of the Lempel-Ziv family and its decompressor.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

enum { INPUT_BYTES = 1 << 18, HASH_BITS = 14, SHORTEST_MATCH = 4, LONGEST_RUN = 255 };

static unsigned char input[INPUT_BYTES + 8], packed[INPUT_BYTES * 2], unpacked[INPUT_BYTES];
static uint32_t last_seen[1 << HASH_BITS];

// Text of words that repeat with the frequencies of a natural language, roughly.
static void make_input(void) {
  static const char* const WORDS[] = {"the ",          "machine ", "runs ",   "of ",   "a ",      "program, ",
                                      "register ",     "and ",     "memory ", "is ",   "branch ", "to ",
                                      "instruction\n", "in ",      "cache ",  "page. "};
  uint64_t state = 7;
  for (size_t length = 0; length < INPUT_BYTES;) {
    const uint64_t random = next_random(&state);
    const char* const word = WORDS[(random >> 60) & (random >> 56)];
    for (const char* c = word; *c != 0 && length < INPUT_BYTES; ++c) input[length++] = (unsigned char)*c;
    if (random % 8 == 0 && length < INPUT_BYTES) input[length++] = (unsigned char)('0' + random / 8 % 10);
  }
}

static uint32_t hash_at(size_t position) {
  uint32_t word;
  memcpy(&word, input + position, sizeof word);
  return word * 2654435761u >> (32 - HASH_BITS);
}

static size_t match_length(size_t earlier, size_t position) {
  size_t length = 0;
  while (length < LONGEST_RUN && position + length < INPUT_BYTES &&
         input[earlier + length] == input[position + length]) {
    ++length;
  }
  return length;
}

static size_t put_literals(size_t out, size_t from, size_t to) {
  packed[out++] = (unsigned char)(to - from);
  memcpy(packed + out, input + from, to - from);
  return out + (to - from);
}

// The packed form is a sequence of: number of literal bytes, the bytes, match length, match distance (two bytes).
static size_t compress(void) {
  memset(last_seen, 0, sizeof last_seen);
  size_t out = 0, literals = 0;
  for (size_t position = 1; position < INPUT_BYTES;) {
    const uint32_t hash = hash_at(position);
    const size_t earlier = last_seen[hash];
    last_seen[hash] = (uint32_t)position;
    const size_t distance = position - earlier;
    const size_t length = distance < 65536 ? match_length(earlier, position) : 0;
    if (length < SHORTEST_MATCH && position - literals < LONGEST_RUN) {
      ++position;
      continue;
    }
    const size_t taken = length < SHORTEST_MATCH ? 0 : length;
    out = put_literals(out, literals, position);
    packed[out++] = (unsigned char)taken;
    packed[out++] = (unsigned char)distance;
    packed[out++] = (unsigned char)(distance >> 8);
    position += taken;
    literals = position;
  }
  out = put_literals(out, literals, INPUT_BYTES);
  memset(packed + out, 0, 3);
  return out + 3;
}

static size_t decompress(size_t packed_bytes) {
  size_t out = 0;
  for (size_t in = 0; in < packed_bytes;) {
    const size_t literals = packed[in++];
    memcpy(unpacked + out, packed + in, literals);
    in += literals;
    out += literals;
    const size_t length = packed[in], distance = packed[in + 1] | (size_t)packed[in + 2] << 8;
    in += 3;
    // Byte by byte: a match may overlap what it produces.
    for (size_t i = 0; i < length; ++i, ++out) unpacked[out] = unpacked[out - distance];
  }
  return out;
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 140);
  make_input();
  size_t packed_bytes = 0;
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    packed_bytes = compress();
    if (decompress(packed_bytes) != INPUT_BYTES || memcmp(input, unpacked, INPUT_BYTES) != 0) return 1;
    checksum = mix(checksum, packed_bytes);
    input[round * 64 % INPUT_BYTES] ^= 1;
  }
  printf("%zu %016" PRIx64 "\n", packed_bytes, checksum);
}
