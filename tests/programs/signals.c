// Signals: handlers with and without information, masks, alternate stacks, faults that are repaired or jumped out of,
// timers, and at last one that ends the program.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t calls[65];
static sigjmp_buf back;
static char* page;

static void count(int signal) { ++calls[signal]; }

static void describe(int signal, siginfo_t* info, void* context) {
  const ucontext_t* user = context;
  double scratch[4] = {1.5, 2.5, 3.5, 4.5};
  for (int i = 0; i < 4; ++i) scratch[i] *= signal;
  printf("signal %d code %d pid ok %d, context has a stack pointer: %d, scratch %.1f\n", signal, info->si_code,
         info->si_pid == getpid(), user->uc_mcontext.sp != 0, scratch[3]);
}

static void repair(int signal, siginfo_t* info, void* context) {
  printf("fault %d code %d at offset %ld\n", signal, info->si_code, (long)((char*)info->si_addr - page));
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void jump_out(int signal, siginfo_t* info, void* context) {
  (void)info;
  siglongjmp(back, signal);
}

static void skip_instruction(int signal, siginfo_t* info, void* context) {
  ucontext_t* user = context;
  printf("signal %d at pc: %d\n", signal, (uint64_t)info->si_addr == user->uc_mcontext.pc);
  user->uc_mcontext.pc += 4;
  user->uc_mcontext.regs[0] = 99;
}

static void on_other_stack(int signal) {
  stack_t stack;
  sigaltstack(NULL, &stack);
  printf("signal %d on the other stack: %d\n", signal, (stack.ss_flags & SS_ONSTACK) != 0);
}

static void install(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  sigaction(signal, &action, NULL);
}

static long overflow(long depth) {
  volatile char space[4096];
  space[0] = (char)depth;
  return overflow(depth + 1) + space[0];
}

int main(void) {
  signal(SIGUSR1, count);
  raise(SIGUSR1);
  kill(getpid(), SIGUSR1);
  printf("SIGUSR1 came %d times\n", calls[SIGUSR1]);

  install(SIGUSR2, describe, 0);
  sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 7});
  raise(SIGUSR2);

  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  printf("blocked: %d calls, pending %d\n", calls[SIGUSR1], sigismember(&pending, SIGUSR1));
  sigset_t none;
  sigemptyset(&none);
  const int result = sigsuspend(&none);
  printf("sigsuspend %d %s, %d calls\n", result, strerror(errno), calls[SIGUSR1]);
  raise(SIGUSR1);
  printf("sigwait took %d\n", sigwaitinfo(&set, NULL) == SIGUSR1);
  sigprocmask(SIG_SETMASK, &old, NULL);

  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  install(SIGSEGV, repair, 0);
  page[123] = 'x';
  printf("repaired %c\n", page[123]);
  install(SIGSEGV, jump_out, SA_NODEFER);
  if (sigsetjmp(back, 1) == 0) {
    *(volatile int*)8 = 1;
  } else {
    puts("jumped out of a wild write");
  }
  install(SIGILL, skip_instruction, 0);
  register long x0 __asm__("x0") = 1;
  __asm__ volatile(".word 0x00000000" : "+r"(x0)::"memory");
  const long after_illegal = x0;
  printf("x0 after the illegal instruction: %ld\n", after_illegal);
  install(SIGTRAP, skip_instruction, 0);
  __asm__ volatile("brk #1" ::: "x0", "memory");

  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_other_stack;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  install(SIGSEGV, jump_out, SA_ONSTACK);
  if (sigsetjmp(back, 1) == 0) {
    printf("%ld\n", overflow(0));
  } else {
    puts("jumped out of an endless recursion");
  }

  signal(SIGALRM, count);
  const struct itimerval timer = {.it_value = {0, 2000}};
  setitimer(ITIMER_REAL, &timer, NULL);
  pause();
  printf("alarm came %d times\n", calls[SIGALRM]);
  const struct itimerval again = {.it_interval = {0, 1000}, .it_value = {0, 1000}};
  setitimer(ITIMER_REAL, &again, NULL);
  while (calls[SIGALRM] < 4) {
    // Busy until the timer has struck three times more.
  }
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  puts("the timer repeats");

  signal(SIGTERM, SIG_IGN);
  raise(SIGTERM);
  puts("SIGTERM ignored");
  fflush(stdout);
  signal(SIGABRT, SIG_DFL);
  abort();
}
