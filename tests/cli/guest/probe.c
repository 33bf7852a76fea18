// One program that does what the tests of the command ask for: the first argument is a verb.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int show_arguments(int count, char **arguments) {
  for (int i = 0; i < count; ++i) printf("%d=%s\n", i, arguments[i]);
  return 0;
}

static int show_environment(void) {
  for (char **variable = environ; *variable != NULL; ++variable) puts(*variable);
  return 0;
}

static int copy_input(void) {
  char buffer[4096];
  ssize_t count;
  while ((count = read(0, buffer, sizeof buffer)) > 0) {
    if (write(1, buffer, (size_t)count) != count) return 2;
  }
  return count == 0 ? 0 : 1;
}

static int fail(const char *what) {
  printf("%s: %s\n", what, strerror(errno));
  return 1;
}

static int read_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return fail(path);
  int c;
  while ((c = getc(file)) != EOF) putchar(c);
  fclose(file);
  return 0;
}

static int write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (file == NULL) return fail(path);
  fputs(text, file);
  return fclose(file) == 0 ? 0 : fail(path);
}

static int list_folder(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) return fail(path);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) puts(entry->d_name);
  closedir(folder);
  return 0;
}

static int show_time(void) {
  struct timespec real;
  struct timespec steady;
  clock_gettime(CLOCK_REALTIME, &real);
  clock_gettime(CLOCK_MONOTONIC, &steady);
  printf("%lld.%09ld %lld.%09ld\n", (long long)real.tv_sec, real.tv_nsec, (long long)steady.tv_sec, steady.tv_nsec);
  return 0;
}

static int show_random(void) {
  uint64_t numbers[2];
  if (getrandom(numbers, sizeof numbers, 0) != sizeof numbers) return fail("getrandom");
  printf("%016llx%016llx\n", (unsigned long long)numbers[0], (unsigned long long)numbers[1]);
  return 0;
}

int main(int count, char **arguments) {
  const char *verb = count > 1 ? arguments[1] : "";
  if (strcmp(verb, "arguments") == 0) return show_arguments(count, arguments);
  if (strcmp(verb, "environment") == 0) return show_environment();
  if (strcmp(verb, "exit") == 0) return atoi(arguments[2]);
  if (strcmp(verb, "raise") == 0) return raise(atoi(arguments[2]));
  if (strcmp(verb, "cat") == 0) return copy_input();
  if (strcmp(verb, "read") == 0) return read_file(arguments[2]);
  if (strcmp(verb, "write") == 0) return write_file(arguments[2], arguments[3]);
  if (strcmp(verb, "link") == 0) return symlink(arguments[2], arguments[3]) == 0 ? 0 : fail(arguments[3]);
  if (strcmp(verb, "list") == 0) return list_folder(arguments[2]);
  if (strcmp(verb, "cwd") == 0) return puts(getcwd(NULL, 0)) < 0;
  if (strcmp(verb, "time") == 0) return show_time();
  if (strcmp(verb, "random") == 0) return show_random();
  if (strcmp(verb, "sleep") == 0) {
    write(STDOUT_FILENO, "sleeps\n", 7);
    return (int)sleep((unsigned)atoi(arguments[2]));
  }
  if (strcmp(verb, "error") == 0) return fprintf(stderr, "to standard error\n") < 0;
  if (strcmp(verb, "reboot") == 0) {
    for (int i = 0; i < 3; ++i) printf("%ld\n", syscall(SYS_reboot, 0, 0, 0, NULL));
    return 0;
  }
  if (strcmp(verb, "spin") == 0) {
    write(STDOUT_FILENO, "spins\n", 6);
    for (volatile unsigned long i = 0;; ++i) {
    }
  }
  if (strcmp(verb, "fault") == 0) return *(volatile int *)(uintptr_t)0x123456;
  fprintf(stderr, "probe: what is '%s'?\n", verb);
  return 99;
}
