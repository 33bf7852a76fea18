// The program whose file is mutated: a little of everything that a loader has to care for. It is small, so that a random
// mutation is likely to hit something that counts.

static const char MESSAGE[] = "hello from a mutated program\n";
static const char *const volatile MESSAGES[] = {MESSAGE, MESSAGE + 6};
static int initialised = 42;
static int zeroed[2000];

static long call(long number, long a, long b, long c) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}

int fill(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    zeroed[i * 7] = i ^ initialised;
    sum += zeroed[i * 7];
  }
  return sum;
}

void _start(void) {
  initialised = fill(100);
  call(64, 1, (long)MESSAGES[initialised & 1], 6);  // write
  call(94, initialised & 0x7f, 0, 0);               // exit_group
  __builtin_unreachable();
}
