// Work on files in the folder that is the argument: everything is made, looked at, changed and removed again.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void check(const char* what, int result) {
  if (result < 0) {
    printf("%s: %s\n", what, strerror(errno));
  } else {
    printf("%s: done\n", what);
  }
}

static int compare(const struct dirent** a, const struct dirent** b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void list(const char* path) {
  struct dirent** entries;
  const int count = scandir(path, &entries, NULL, compare);
  for (int i = 0; i < count; ++i) {
    printf(" %s%s", entries[i]->d_name, entries[i]->d_type == DT_DIR ? "/" : entries[i]->d_type == DT_LNK ? "@" : "");
    free(entries[i]);
  }
  free(entries);
  puts("");
}

int main(int argc, char** argv) {
  if (argc != 2 || chdir(argv[1]) != 0) return 2;
  check("mkdir", mkdir("folder", 0755));
  check("mkdir again", mkdir("folder", 0755));

  FILE* file = fopen("folder/text", "w+");
  for (int i = 0; i < 1000; ++i) fprintf(file, "line %d\n", i);
  printf("position %ld\n", ftell(file));
  fseek(file, -9, SEEK_END);
  char line[64];
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  fclose(file);

  struct stat status;
  stat("folder/text", &status);
  printf("size %ld regular %d mode %o links %ld\n", (long)status.st_size, S_ISREG(status.st_mode),
         status.st_mode & 0777, (long)status.st_nlink);
  check("link", link("folder/text", "folder/second"));
  check("symlink", symlink("text", "folder/symbolic"));
  check("symlink", symlink("../../../../../../../../etc/hostname", "folder/outside"));
  char target[64] = {0};
  printf("readlink %zd %s\n", readlink("folder/symbolic", target, sizeof target - 1), target);
  stat("folder/symbolic", &status);
  printf("links %ld\n", (long)status.st_nlink);
  lstat("folder/symbolic", &status);
  printf("is a link: %d\n", S_ISLNK(status.st_mode));
  check("rename", rename("folder/second", "folder/third"));
  list("folder");

  int descriptor = open("folder/binary", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct iovec parts[] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
  printf("writev %zd\n", writev(descriptor, parts, 3));
  printf("pwrite %zd\n", pwrite(descriptor, "XY", 2, 4));
  char buffer[16] = {0};
  printf("pread %zd %s\n", pread(descriptor, buffer, sizeof buffer, 2), buffer);
  printf("lseek %ld\n", (long)lseek(descriptor, 0, SEEK_CUR));
  check("ftruncate", ftruncate(descriptor, 5000));
  char* mapped = mmap(NULL, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  memcpy(mapped + 4090, "across a page", 13);
  check("msync", msync(mapped, 5000, MS_SYNC));
  munmap(mapped, 5000);
  printf("pread %zd", pread(descriptor, buffer, 13, 4090));
  printf(" %.13s\n", buffer);
  const int copy = open("folder/copy", O_WRONLY | O_CREAT | O_APPEND, 0600);
  off_t from = 0;
  printf("sendfile %zd\n", sendfile(copy, descriptor, &from, 100));
  close(copy);
  close(descriptor);
  check("open for writing without permission", open("folder", O_WRONLY));
  check("open nothing", open("folder/nothing", O_RDONLY));
  check("open through a file", open("folder/text/more", O_RDONLY));
  check("access", access("folder/text", R_OK | W_OK));
  check("chmod", chmod("folder/text", 0400));
  stat("folder/text", &status);
  printf("mode %o\n", status.st_mode & 0777);
  const struct timespec times[2] = {{1000000000, 5}, {1100000000, 7}};
  check("utimensat", utimensat(AT_FDCWD, "folder/text", times, 0));
  stat("folder/text", &status);
  printf("modified %ld.%09ld\n", (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  check("truncate", truncate("folder/third", 10));

  check("rmdir", rmdir("folder"));
  static const char* const names[] = {"text", "third", "symbolic", "outside", "binary", "copy"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i) {
    char path[64];
    snprintf(path, sizeof path, "folder/%s", names[i]);
    check(path, unlink(path));
  }
  check("rmdir", rmdir("folder"));
  list(".");
  return 0;
}
