// Files that are mapped, in the folder that is the argument: stores and calls see each other's changes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void show(const char* what, int descriptor, off_t offset) {
  char buffer[17] = {0};
  const ssize_t count = pread(descriptor, buffer, 16, offset);
  printf("%s: %zd %s\n", what, count, buffer);
}

int main(int argc, char** argv) {
  if (argc != 2 || chdir(argv[1]) != 0) return 2;
  const int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  char page[PAGE];
  for (char letter = 'a'; letter <= 'd'; ++letter) {
    memset(page, letter, sizeof page);
    if (write(file, page, sizeof page) != sizeof page) return 1;
  }

  const char* reading = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
  pwrite(file, "written", 7, 0);
  printf("mapping after pwrite: %.8s\n", reading);
  munmap((void*)reading, PAGE);
  show("file after munmap of what was only read", file, 0);

  char* mapping = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  memcpy(mapping + 100, "stored", 6);
  show("read without msync", file, 96);
  memcpy(mapping + PAGE, "more", 4);
  pwrite(file, "across", 6, PAGE - 3);
  printf("mapping after pwrite: %.16s\n", mapping + PAGE - 4);
  printf("ftruncate: %d\n", ftruncate(file, PAGE + 2) == 0 && ftruncate(file, 4 * PAGE) == 0);
  printf("mapping after ftruncate: %.8s\n", mapping + PAGE - 4);
  lseek(file, 3 * PAGE, SEEK_SET);
  for (int i = 0; i < 3; ++i) {
    mapping[i] = (char)('0' + i);
    if (write(file, mapping, 4) != 4) return 1;
  }
  show("written from the mapping", file, 3 * PAGE);
  munmap(mapping, 2 * PAGE);
  show("file after munmap", file, PAGE - 4);

  for (int i = 0; i < 2; ++i) {
    char* small = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, i == 0 ? MAP_PRIVATE : MAP_SHARED, file, 2 * PAGE);
    char* grown = mremap(small, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    printf("grown: %.8s\n", grown + PAGE);
    grown[PAGE + 1] = '!';
    munmap(grown, 2 * PAGE);
    show("file after it was grown", file, 3 * PAGE);
  }

  char* own = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  memset(own, 'x', 2 * PAGE);
  printf("discarded: %d %.8s %.8s\n", madvise(own, PAGE, MADV_DONTNEED), own, own + PAGE);

  const int fixed = open("file", O_RDONLY);
  void* shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fixed, 0);
  printf("writable: %d", mprotect(shared, PAGE, PROT_READ | PROT_WRITE));
  printf(" %s\n", strerror(errno));

  mapping = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  memcpy(mapping, "closed", 6);
  show("after close", fixed, 0);
  unlink("file");
  return 0;
}
