// A switch in a loop, whose target is hard to predict: an interpreter of a small stack machine runs the sieve of
// Eratosthenes.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

typedef enum { PUSH, LOAD, STORE, ADD, LESS, FETCH, POKE, JUMP_IF_ZERO, JUMP, INCREMENT, HALT } Operation;

typedef struct {
  Operation operation;
  int operand;
} Instruction;

enum { N, MULTIPLE, COUNT, LIMIT, VARIABLES, CELLS = 4096 };

// clang-format off
static const Instruction PROGRAM[] = {
    {PUSH, 2}, {STORE, N},                                                          //  0: n = 2
    {LOAD, N}, {LOAD, LIMIT}, {LESS, 0}, {JUMP_IF_ZERO, 28},                        //  2: while (n < limit)
    {LOAD, N}, {FETCH, 0}, {JUMP_IF_ZERO, 10}, {JUMP, 26},                          //  6:   if (!cells[n])
    {INCREMENT, COUNT}, {LOAD, N}, {LOAD, N}, {ADD, 0}, {STORE, MULTIPLE},          // 10:     multiple = 2 * n
    {LOAD, MULTIPLE}, {LOAD, LIMIT}, {LESS, 0}, {JUMP_IF_ZERO, 26},                 // 15:     while (multiple < limit)
    {LOAD, MULTIPLE}, {POKE, 1},                                                    // 19:       cells[multiple] = 1
    {LOAD, MULTIPLE}, {LOAD, N}, {ADD, 0}, {STORE, MULTIPLE}, {JUMP, 15},           // 21:       multiple += n
    {INCREMENT, N}, {JUMP, 2},                                                      // 26:   ++n
    {HALT, 0},                                                                      // 28
};
// clang-format on

static uint64_t interpret(int64_t limit, uint64_t* executed) {
  static unsigned char cells[CELLS];
  int64_t variables[VARIABLES] = {[LIMIT] = limit};
  int64_t stack[16];
  memset(cells, 0, sizeof cells);
  int top = -1;
  for (int counter = 0;; ++*executed) {
    const Instruction instruction = PROGRAM[counter++];
    switch (instruction.operation) {
      case PUSH: stack[++top] = instruction.operand; break;
      case LOAD: stack[++top] = variables[instruction.operand]; break;
      case STORE: variables[instruction.operand] = stack[top--]; break;
      case ADD: --top, stack[top] += stack[top + 1]; break;
      case LESS: --top, stack[top] = stack[top] < stack[top + 1]; break;
      case FETCH: stack[top] = cells[stack[top]]; break;
      case POKE: cells[stack[top--]] = (unsigned char)instruction.operand; break;
      case JUMP_IF_ZERO:
        if (stack[top--] == 0) counter = instruction.operand;
        break;
      case JUMP: counter = instruction.operand; break;
      case INCREMENT: ++variables[instruction.operand]; break;
      case HALT: return (uint64_t)variables[COUNT];
    }
  }
}

int main(int argc, char** argv) {
  const uint64_t rounds = work_size(argc, argv, 500);
  uint64_t primes = 0, executed = 0;
  for (uint64_t round = 0; round < rounds; ++round) primes += interpret(CELLS - (int64_t)(round % 16), &executed);
  printf("%" PRIu64 " %" PRIu64 "\n", primes, executed);
}
