// Table look-ups in a serial dependency: CRC-32 (the polynomial of IEEE 802.3), four tables, four bytes a step.
#include <inttypes.h>
#include <stdio.h>

#include "work.h"

enum { BUFFER_BYTES = 1 << 16 };

static uint32_t tables[4][256];
static unsigned char buffer[BUFFER_BYTES];

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? 0xedb88320u : 0);
    tables[0][byte] = remainder;
  }
  for (int table = 1; table < 4; ++table) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t previous = tables[table - 1][byte];
      tables[table][byte] = previous >> 8 ^ tables[0][previous & 0xff];
    }
  }
}

static uint32_t update(uint32_t crc) {
  for (int i = 0; i < BUFFER_BYTES; i += 4) {
    crc ^= (uint32_t)buffer[i] | (uint32_t)buffer[i + 1] << 8 | (uint32_t)buffer[i + 2] << 16 |
           (uint32_t)buffer[i + 3] << 24;
    crc = tables[3][crc & 0xff] ^ tables[2][crc >> 8 & 0xff] ^ tables[1][crc >> 16 & 0xff] ^ tables[0][crc >> 24];
  }
  return crc;
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 6000);
  make_tables();
  uint64_t state = 1;
  for (int i = 0; i < BUFFER_BYTES; ++i) buffer[i] = (unsigned char)(next_random(&state) >> 56);
  uint32_t crc = 0xffffffff;
  for (uint64_t round = 0; round < rounds; ++round) crc = update(crc);
  printf("%08" PRIx32 "\n", ~crc);
}
