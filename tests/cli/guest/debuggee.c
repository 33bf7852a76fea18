// What the test of the GDB server debugs.
#include <stdlib.h>
#include <string.h>

typedef double Pair __attribute__((vector_size(16)));

int counter = 5;
char text[16] = "before";
Pair pair = {1.5, -2.5};

__attribute__((noinline)) int leaf(int value) {
  counter += value;
  return counter * 2;
}

__attribute__((noinline)) int middle(int value) {
  int result = leaf(value + 1);
  return result + 1;
}

__attribute__((noinline)) Pair twice(Pair value) { return value + value; }

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "fault") == 0) *(volatile int *)0x123456 = 1;
  if (count > 1 && strcmp(arguments[1], "abort") == 0) abort();
  if (count > 1 && strcmp(arguments[1], "spin") == 0) {
    while (counter != 0) {
    }
    return 3;
  }
  int result = middle(10);
  pair = twice(pair);
  return text[0] == 'a' ? 50 + (result & 7) : 40 + (result & 7);
}
