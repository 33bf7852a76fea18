#include "fleet_programs.h"

enum { PAGE_BYTES = 4096, WORDS_OF_LINE = 8, MOST_PAGES = 256 };

static volatile uint64_t memory[MOST_PAGES * PAGE_BYTES / sizeof(uint64_t)] __attribute__((aligned(4096)));

uint64_t write_pages(uint64_t lane, uint64_t pages) {
  for (uint64_t page = 0; page < pages; ++page) {
    memory[page * (PAGE_BYTES / sizeof(uint64_t)) + page % 64 * WORDS_OF_LINE] = lane;
  }
  return lane + pages;
}
