// Runs batches of single instructions on the emulator that executes this program; see protocol.h.

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "protocol.h"

_Static_assert(offsetof(struct GuestState, sp) == 248 && offsetof(struct GuestState, tpidr_el0) == 264 &&
                   offsetof(struct GuestState, nzcv) == 272 && offsetof(struct GuestState, vectors) == 288,
               "run_slot.S knows these offsets");

void run_slot(struct GuestState* state, uint64_t entry);
extern const char save_state[];
extern const char resume_runner[];

static struct Test* current_test;

// What the words of a slot are. The exit address is the last word pair of the code area.
#define EXIT_ADDRESS (CODE_ADDRESS + CODE_BYTES - 8)
enum {
  TRAP = 0xd4200000u,               // brk #0
  READ_X30 = 0xd53bd0beu,           // mrs x30, tpidr2_el0
  WRITE_X30 = 0xd51bd0beu,          // msr tpidr2_el0, x30
  LOAD_EXIT_ADDRESS = 0x5800001eu,  // ldr x30, <literal>
  JUMP_TO_EXIT = 0xd61f03c0u,       // br x30
};

_Static_assert(MAXIMUM_WORDS* SLOT_WORDS * 4 <= CODE_BYTES - 8, "all slots fit in the code area");

static void write_slots(const struct Batch* batch) {
  uint32_t* code = (uint32_t*)CODE_ADDRESS;
  for (uint32_t i = 0; i < batch->word_count; ++i) {
    uint32_t* slot = code + i * SLOT_WORDS;
    for (uint32_t j = 0; j < SLOT_WORDS; ++j) slot[j] = TRAP;
    slot[SLOT_ENTRY - 1] = READ_X30;
    slot[SLOT_ENTRY] = batch->words[i];
    if (batch->slot_kind == SLOT_BRANCHES) continue;
    const uint64_t load_address = (uint64_t)&slot[SLOT_ENTRY + 2];
    slot[SLOT_ENTRY + 1] = WRITE_X30;
    slot[SLOT_ENTRY + 2] = LOAD_EXIT_ADDRESS | (uint32_t)((EXIT_ADDRESS - load_address) / 4) << 5;
    slot[SLOT_ENTRY + 3] = JUMP_TO_EXIT;
  }
  *(uint64_t*)EXIT_ADDRESS = (uint64_t)save_state;
  __builtin___clear_cache((char*)CODE_ADDRESS, (char*)(CODE_ADDRESS + CODE_BYTES));
}

// The part of the test's block that lies in the writable pages.
static uint64_t block_start(const struct Test* test) {
  return test->block_address < WINDOW_ADDRESS ? WINDOW_ADDRESS : test->block_address;
}
static uint64_t block_end(const struct Test* test) {
  const uint64_t end = test->block_address + BLOCK_BYTES;
  const uint64_t limit = WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES;
  return end > limit ? limit : end;
}

static void make_exclusive_load(const struct Test* test) {
  uint64_t low, high;
  const uint64_t address = test->exclusive_address;
  switch (test->exclusive_size) {
    case 1: __asm__ volatile("ldxrb %w0, [%1]" : "=r"(low) : "r"(address)); break;
    case 2: __asm__ volatile("ldxrh %w0, [%1]" : "=r"(low) : "r"(address)); break;
    case 4: __asm__ volatile("ldxr %w0, [%1]" : "=r"(low) : "r"(address)); break;
    case 8: __asm__ volatile("ldxr %0, [%1]" : "=r"(low) : "r"(address)); break;
    case 16: __asm__ volatile("ldxp %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"(address)); break;
    default: __asm__ volatile("clrex"); break;
  }
}

static void run_test(struct Test* test) {
  const uint64_t start = block_start(test);
  const uint64_t end = block_end(test);
  if (start < end) memcpy((void*)start, test->block + (start - test->block_address), end - start);
  current_test = test;
  test->signal = 0;
  test->state.pc = address_of_word(test->word_index) + 4;
  make_exclusive_load(test);
  run_slot(&test->state, address_of_word(test->word_index) - 4);
  if (start < end) memcpy(test->block + (start - test->block_address), (const void*)start, end - start);
}

// Runs with the test's TPIDR_EL0: nothing here may use thread-local storage.
static void on_signal(int signal, siginfo_t* information, void* context) {
  ucontext_t* machine = context;
  struct GuestState* state = &current_test->state;
  current_test->signal = signal;
  current_test->signal_code = information->si_code;
  current_test->fault_address = (uint64_t)information->si_addr;
  for (int i = 0; i < 31; ++i) state->x[i] = machine->uc_mcontext.regs[i];
  state->sp = machine->uc_mcontext.sp;
  state->pc = machine->uc_mcontext.pc;
  state->nzcv = machine->uc_mcontext.pstate & 0xf0000000u;
  __asm__ volatile("mrs %0, tpidr_el0" : "=r"(state->tpidr_el0));
  const struct _aarch64_ctx* record = (const struct _aarch64_ctx*)machine->uc_mcontext.__reserved;
  while (record->magic != FPSIMD_MAGIC) record = (const struct _aarch64_ctx*)((const char*)record + record->size);
  const struct fpsimd_context* vectors = (const struct fpsimd_context*)record;
  state->fpcr = vectors->fpcr;
  state->fpsr = vectors->fpsr;
  for (int i = 0; i < 32; ++i) {
    state->vectors[i][0] = (uint64_t)vectors->vregs[i];
    state->vectors[i][1] = (uint64_t)(vectors->vregs[i] >> 64);
  }
  machine->uc_mcontext.pc = (uint64_t)resume_runner;
}

static void map_fixed(uint64_t address, uint64_t size, int protection) {
  void* wanted = (void*)address;
  if (mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != wanted) exit(2);
}

int main(void) {
  map_fixed(CODE_ADDRESS, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
  map_fixed(WINDOW_ADDRESS, WINDOW_WRITABLE_BYTES + WINDOW_READ_ONLY_BYTES, PROT_READ | PROT_WRITE);
  const uint64_t read_only = WINDOW_ADDRESS + WINDOW_WRITABLE_BYTES;
  for (uint64_t i = 0; i < WINDOW_READ_ONLY_BYTES; ++i) *(uint8_t*)(read_only + i) = read_only_byte(read_only + i);
  if (mprotect((void*)read_only, WINDOW_READ_ONLY_BYTES, PROT_READ) != 0) exit(2);

  static char signal_stack[1 << 16];
  const stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  if (sigaltstack(&alternate, NULL) != 0) exit(2);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) {
    if (sigaction(signals[i], &action, NULL) != 0) exit(2);
  }

  struct Batch* batch = mmap(NULL, sizeof *batch, PROT_READ | PROT_WRITE, MAP_SHARED, BATCH_DESCRIPTOR, 0);
  if (batch == MAP_FAILED) exit(2);
  char doorbell;
  while (read(STDIN_FILENO, &doorbell, 1) == 1) {
    write_slots(batch);
    for (uint32_t i = 0; i < batch->test_count; ++i) run_test(&batch->tests[i]);
    if (write(STDOUT_FILENO, &doorbell, 1) != 1) return 1;
  }
  return 0;
}
