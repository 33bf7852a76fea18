// CRC-32 and CRC-32C of the same bytes: bit by bit, by table, and with the processor's own instructions.
#include <arm_acle.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t by_bits(const uint8_t* data, size_t size, uint32_t polynomial) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
  }
  return ~crc;
}

static uint32_t by_table(const uint8_t* data, size_t size, uint32_t polynomial) {
  uint32_t table[256];
  for (uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
  }
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
  return ~crc;
}

static uint32_t by_instruction(const uint8_t* data, size_t size) {
  uint32_t crc = ~0u;
  uint64_t word;
  for (; size >= 8; size -= 8, data += 8) memcpy(&word, data, 8), crc = __crc32d(crc, word);
  for (; size > 0; --size) crc = __crc32b(crc, *data++);
  return ~crc;
}

static uint32_t castagnoli_by_instruction(const uint8_t* data, size_t size) {
  uint32_t crc = ~0u, word;
  for (; size >= 4; size -= 4, data += 4) memcpy(&word, data, 4), crc = __crc32cw(crc, word);
  for (; size > 0; --size) crc = __crc32cb(crc, *data++);
  return ~crc;
}

int main(void) {
  static uint8_t data[65537];
  uint32_t random = 12345;
  for (size_t i = 0; i < sizeof data; ++i) random = random * 1664525 + 1013904223, data[i] = (uint8_t)(random >> 24);
  memcpy(data, "123456789", 9);
  static const size_t sizes[] = {0, 1, 9, 63, 64, 1000, 65537};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    const size_t size = sizes[i];
    printf("%5zu %08x %08x %08x  %08x %08x\n", size, by_bits(data, size, 0xedb88320), by_table(data, size, 0xedb88320),
           by_instruction(data, size), by_table(data, size, 0x82f63b78), castagnoli_by_instruction(data, size));
  }
  return 0;
}
