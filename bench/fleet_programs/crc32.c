#include "fleet_programs.h"
#include "random.h"

enum { DATA_BYTES = 1024 };

uint64_t crc32_table(uint64_t lane, uint64_t rounds) {
  // The polynomial of IEEE 802.3, its bits reversed.
  uint32_t table[256];
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
    table[i] = value;
  }
  uint64_t words[DATA_BYTES / 8];
  fill_random(words, DATA_BYTES, lane);
  const uint8_t* data = (const uint8_t*)words;
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    uint32_t crc = ~(uint32_t)checksum;
    for (int i = 0; i < DATA_BYTES; ++i) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
    checksum = mix(checksum, ~crc);
  }
  return checksum;
}
