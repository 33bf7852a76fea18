// Strings: Horspool's search with its skip table, and the C library's strchr, strstr, strlen and strcmp.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

enum { TEXT_BYTES = 1 << 17 };

static char text[TEXT_BYTES + 1];

static uint64_t count_matches(const char* pattern) {
  const size_t length = strlen(pattern);
  size_t skip[256];
  for (int i = 0; i < 256; ++i) skip[i] = length;
  for (size_t i = 0; i + 1 < length; ++i) skip[(unsigned char)pattern[i]] = length - 1 - i;
  uint64_t matches = 0;
  for (size_t position = 0; position + length <= TEXT_BYTES;) {
    size_t i = length;
    while (i > 0 && text[position + i - 1] == pattern[i - 1]) --i;
    matches += i == 0;
    position += skip[(unsigned char)text[position + length - 1]];
  }
  return matches;
}

static uint64_t count_with_library(const char* pattern) {
  uint64_t matches = 0;
  for (const char* found = strstr(text, pattern); found != NULL; found = strstr(found + 1, pattern)) ++matches;
  return matches;
}

static uint64_t count_words(const char* word) {
  uint64_t equal = 0;
  char copy[64];
  for (const char* start = text; *start != 0;) {
    const char* end = strchr(start, ' ');
    if (end == NULL) end = start + strlen(start);
    const size_t length = (size_t)(end - start) < sizeof copy - 1 ? (size_t)(end - start) : sizeof copy - 1;
    memcpy(copy, start, length);
    copy[length] = 0;
    equal += strcmp(copy, word) == 0;
    start = *end == 0 ? end : end + 1;
  }
  return equal;
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 90);
  uint64_t state = 3;
  for (int i = 0; i < TEXT_BYTES; ++i) {
    const uint64_t random = next_random(&state) >> 32;
    text[i] = random % 6 == 0 ? ' ' : (char)('a' + random / 8 % 4);
  }
  static const char* const PATTERNS[] = {"abcd", "dcba d", "abba", "ab cd ab", "cad"};
  uint64_t checksum = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; ++i) {
      checksum = mix(checksum, count_matches(PATTERNS[i]));
      checksum = mix(checksum, count_with_library(PATTERNS[i]));
    }
    checksum = mix(checksum, count_words("dad"));
    text[round % TEXT_BYTES] = 'a';
  }
  printf("%016" PRIx64 "\n", checksum);
}
