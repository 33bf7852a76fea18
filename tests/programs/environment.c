// What the kernel puts on the stack before a program starts, and what the process is told of itself.
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char** environ;

// Larger than a page: where a program is loaded has to be a multiple of it, too.
static _Alignas(65536) volatile char aligned[65536];

int main(int argc, char** argv) {
  volatile uintptr_t address = (uintptr_t)aligned;  // what the compiler knows of it does not count
  printf("remainder %zu\n", (size_t)(address % sizeof aligned));
  printf("%d arguments, last \"%s\", ends with null: %d\n", argc, argv[argc - 1], argv[argc] == NULL);
  int count = 0;
  for (char** variable = environ; *variable; ++variable) ++count;
  printf("environment follows: %d\n", environ == argv + argc + 1);
  printf("page size %lu clock ticks %lu\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK));
  const Elf64_Phdr* headers = (const Elf64_Phdr*)getauxval(AT_PHDR);
  int loads = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); ++i) loads += headers[i].p_type == PT_LOAD;
  printf("segments %d, header size %lu, entry set %d\n", loads, getauxval(AT_PHENT), getauxval(AT_ENTRY) != 0);
  printf("random set %d, secure %lu, platform %s\n", getauxval(AT_RANDOM) != 0, getauxval(AT_SECURE),
         (const char*)getauxval(AT_PLATFORM));
  printf("same file name: %d\n", strcmp((const char*)getauxval(AT_EXECFN), argv[0]) == 0);
  // What every processor that runs these tests has; the machine may offer more.
  const unsigned long wanted = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 11;
  printf("capabilities %d\n", (getauxval(AT_HWCAP) & wanted) == wanted);
  printf("stack aligned: %d\n", ((uintptr_t)argv - 8) % 16 == 0);
  struct utsname names;
  uname(&names);
  printf("%s %s\n", names.sysname, names.machine);
  struct rlimit limit;
  printf("stack limit known: %d\n", getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 65536);
  printf("user consistent: %d\n", getuid() == getauxval(AT_UID) && geteuid() == getuid());
  printf("process %d\n", getpid() > 0 && getppid() >= 0);
  return argc;
}
