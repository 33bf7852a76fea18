// Functions that the tests of fleets call, and a program that they run in lanes.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t add(uint64_t a, uint64_t b) { return a + b; }
uint64_t square(uint64_t x) { return x * x; }
uint64_t square_but_for_7_and_9(uint64_t x) { return x == 7 || x == 9 ? 1 : x * x; }
uint64_t forty_two(void) { return 42; }

int8_t negate_i8(int8_t x) { return (int8_t)-x; }
int32_t negate_i32(int32_t x) { return -x; }
uint32_t invert_u32(uint32_t x) { return ~x; }
float half(float x) { return x / 2; }
double mix(int32_t a, double b, uint8_t c, float d) { return a + b * c + d; }
const char *next_byte(const char *x) { return x + 1; }

// The upper half of X0 is nobody's business, and these two leave different ones there.
__asm__(
    ".global low_word\n.type low_word, %function\nlow_word: and x0, x0, #0xffffffff\n ret\n"
    ".global low_word_and_more\n.type low_word_and_more, %function\nlow_word_and_more: orr x0, x0, #0xffff00000000\n ret\n");

uint64_t fault_on_3(uint64_t x) { return x == 3 ? *(volatile uint64_t *)8 : x; }
uint64_t fault_on_3_too(uint64_t x) { return fault_on_3(x); }
uint64_t spin_on_3(uint64_t x) {
  while (x == 3) __asm__ volatile("");
  return x;
}
uint64_t exit_with(uint64_t x) { _exit((int)x); }

static volatile int has_started;
uint64_t started(void) { return (uint64_t)has_started; }
__attribute__((noinline)) void after_start(void) { __asm__ volatile(""); }

// Without arguments: the exit code is the number of bytes on standard input.
static int count_input(void) {
  char buffer[64];
  ssize_t all = 0;
  for (ssize_t count; (count = read(0, buffer, sizeof buffer)) > 0;) all += count;
  return (int)all;
}

int main(int count, char **arguments) {
  has_started = 1;
  after_start();
  if (count < 2) return count_input();
  if (strcmp(arguments[1], "spin") == 0) spin_on_3(3);
  if (strcmp(arguments[1], "fault") == 0) fault_on_3(3);
  if (strcmp(arguments[1], "count") == 0) return count - 2;
  if (strcmp(arguments[1], "length") == 0) return (int)strlen(arguments[2]);
  return atoi(arguments[1]);
}
