// A small Lempel-Ziv compressor: packs three kinds of text, unpacks them and compares.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 200000, WINDOW = 32768, SHORTEST = 4, LONGEST = 258, HASHES = 1 << 14, CHAIN = 16 };

static uint32_t hash_of(const uint8_t* p) {
  return (p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24) * 2654435761u >> 18;
}

// Tokens: 0 and a byte, or 1, the distance in two bytes and the length less SHORTEST in one.
static size_t compress(const uint8_t* in, size_t size, uint8_t* out) {
  static int32_t head[HASHES], previous[SIZE];
  memset(head, -1, sizeof head);
  size_t used = 0;
  for (size_t at = 0; at < size;) {
    size_t best = 0, distance = 0;
    if (at + SHORTEST <= size) {
      int32_t candidate = head[hash_of(in + at)];
      for (int i = 0; i < CHAIN && candidate >= 0 && at - (size_t)candidate < WINDOW; ++i) {
        size_t length = 0;
        while (length < LONGEST && at + length < size && in[candidate + length] == in[at + length]) ++length;
        if (length > best) best = length, distance = at - (size_t)candidate;
        candidate = previous[candidate];
      }
    }
    const size_t step = best >= SHORTEST ? best : 1;
    if (best >= SHORTEST) {
      out[used++] = 1, out[used++] = (uint8_t)distance, out[used++] = (uint8_t)(distance >> 8);
      out[used++] = (uint8_t)(best - SHORTEST);
    } else {
      out[used++] = 0, out[used++] = in[at];
    }
    for (size_t i = 0; i < step && at + i + SHORTEST <= size; ++i) {
      const uint32_t hash = hash_of(in + at + i);
      previous[at + i] = head[hash], head[hash] = (int32_t)(at + i);
    }
    at += step;
  }
  return used;
}

static size_t expand(const uint8_t* in, size_t size, uint8_t* out) {
  size_t used = 0;
  for (size_t at = 0; at < size;) {
    if (in[at] == 0) {
      out[used++] = in[at + 1], at += 2;
    } else {
      const size_t distance = in[at + 1] | (size_t)in[at + 2] << 8;
      for (int left = in [at + 3] + SHORTEST; left > 0; --left, ++used) out[used] = out[used - distance];
      at += 4;
    }
  }
  return used;
}

int main(void) {
  static uint8_t text[SIZE], packed[2 * SIZE], unpacked[SIZE];
  static const char* const words[] = {"red ", "wheel", "barrow ", "glazed ", "with ", "rain", "water ", "beside\n"};
  for (int kind = 0; kind < 3; ++kind) {
    uint32_t random = 1;
    for (size_t i = 0; i < SIZE;) {
      random = random * 1103515245 + 12345;
      if (kind == 0) {
        text[i++] = (uint8_t)(random >> 16);
      } else if (kind == 1) {
        text[i] = (uint8_t)('a' + i / 1000 % 26), ++i;
      } else {
        for (const char* c = words[random >> 16 & 7]; *c && i < SIZE; ++c) text[i++] = (uint8_t)*c;
      }
    }
    const size_t size = compress(text, SIZE, packed);
    uint32_t sum = 0;
    for (size_t i = 0; i < size; ++i) sum = sum * 31 + packed[i];
    const size_t back = expand(packed, size, unpacked);
    printf("kind %d: %d to %zu bytes, sum %08x, %s\n", kind, SIZE, size, sum,
           back == SIZE && memcmp(text, unpacked, SIZE) == 0 ? "same again" : "DIFFERENT");
  }
  return 0;
}
