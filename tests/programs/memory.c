// Memory as the kernel gives it: mappings, protections, growing and moving, the break, and code written at run time.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static const char* outcome(int result) { return result == 0 ? "done" : strerror(errno); }

int main(void) {
  char* area = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(area, 'a', 16 * PAGE);
  printf("hole: %s\n", outcome(munmap(area + 4 * PAGE, 2 * PAGE)));
  printf("protect over the hole: %s\n", outcome(mprotect(area, 16 * PAGE, PROT_READ)));
  char* fixed = mmap(area + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("fixed in the hole: %d, zero %d\n", fixed == area + 4 * PAGE, fixed[0]);

  char* small = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(small, 's', 2 * PAGE);
  char* large = mremap(small, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  printf("grown: %c %d\n", large[2 * PAGE - 1], large[2 * PAGE]);
  large[64 * PAGE - 1] = 'e';
  printf("shrunk: %d\n", mremap(large, 64 * PAGE, PAGE, 0) == large);
  printf("cannot grow in place into the next mapping: %d\n", mremap(area, PAGE, 8 * PAGE, 0) == MAP_FAILED);
  memset(area + 8 * PAGE, 'b', PAGE);
  printf("forgotten: %s", outcome(madvise(area + 8 * PAGE, PAGE, MADV_DONTNEED)));
  printf(" %d %c\n", area[8 * PAGE], area[9 * PAGE]);
  unsigned char resident[4];
  printf("resident: %s\n", outcome(mincore(area, 4 * PAGE, resident)));

  char* before = sbrk(0);
  char* more = sbrk(3 * PAGE);
  printf("break moved: %d\n", more == before);
  memset(more, 'c', 3 * PAGE);
  printf("break back: %d\n", brk(before) == 0 && sbrk(0) == before);

  uint32_t* code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int sum = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    code[0] = 0x52800000 | i << 5;  // mov w0, #i
    code[1] = 0xd65f03c0;           // ret
    __builtin___clear_cache((char*)code, (char*)(code + 2));
    sum += ((int (*)(void))(uintptr_t)code)();
  }
  printf("code written at run time: %d\n", sum);

  // Blocks of all sizes, shrunk, grown and freed in an order of their own.
  static char* blocks[1000];
  static size_t sizes[1000];
  uint32_t random = 7;
  unsigned long total = 0;
  for (int i = 0; i < 20000; ++i) {
    random = random * 1664525 + 1013904223;
    const unsigned slot = random >> 8 & 511;
    const size_t size = random >> 20 << (random & 7);
    blocks[slot] = realloc(blocks[slot], size + 1);
    memset(blocks[slot], (int)slot, size + 1);
    sizes[slot] = size;
    if (random >> 30 == 0) {
      free(blocks[slot]);
      blocks[slot] = NULL;
    } else {
      total += (unsigned char)blocks[slot][sizes[slot]];
    }
  }
  printf("heap: %lu\n", total);
  printf("too much: %s\n", malloc(1ul << 46) == NULL ? "refused" : "given");
  return 0;
}
