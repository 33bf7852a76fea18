// Pipes, polling, epoll and event counters, within one process and between threads.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

static int channel[2];

static void* write_much(void* unused) {
  (void)unused;
  static char block[10000];
  for (int i = 0; i < 50; ++i) {
    memset(block, 'a' + i % 26, sizeof block);
    if (write(channel[1], block, sizeof block) != sizeof block) puts("short write");
  }
  close(channel[1]);
  return NULL;
}

int main(void) {
  if (pipe2(channel, O_CLOEXEC) != 0) return 1;
  pthread_t writer;
  pthread_create(&writer, NULL, write_much, NULL);
  char buffer[777];
  unsigned long total = 0, sum = 0;
  for (ssize_t count; (count = read(channel[0], buffer, sizeof buffer)) > 0;) {
    total += (unsigned long)count;
    for (ssize_t i = 0; i < count; ++i) sum = sum * 31 + (unsigned char)buffer[i];
  }
  pthread_join(writer, NULL);
  close(channel[0]);
  printf("through the pipe: %lu bytes, sum %lx\n", total, sum);

  if (pipe2(channel, O_NONBLOCK) != 0) return 1;
  printf("empty: %zd %s\n", read(channel[0], buffer, 1), strerror(errno));
  struct pollfd requests[2] = {{channel[0], POLLIN, 0}, {channel[1], POLLOUT, 0}};
  printf("poll %d: %x %x\n", poll(requests, 2, 0), requests[0].revents, requests[1].revents);
  printf("poll in vain %d\n", poll(requests, 1, 3));
  printf("wrote %zd\n", write(channel[1], "hello", 5));
  int available = 0;
  ioctl(channel[0], FIONREAD, &available);
  printf("available %d\n", available);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(channel[0], &set);
  printf("select %d %d\n", select(channel[0] + 1, &set, NULL, NULL, NULL), FD_ISSET(channel[0], &set));
  while (write(channel[1], buffer, sizeof buffer) > 0) {
    // Until the pipe is full.
  }
  printf("full: %s\n", strerror(errno));
  close(channel[0]);
  signal(SIGPIPE, SIG_IGN);
  printf("no reader: %zd %s\n", write(channel[1], "x", 1), strerror(errno));
  requests[1].revents = 0;
  printf("poll %d error %d\n", poll(requests + 1, 1, 0), (requests[1].revents & POLLERR) != 0);

  const int counter = eventfd(3, EFD_NONBLOCK);
  const int list = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1234567890123};
  epoll_ctl(list, EPOLL_CTL_ADD, counter, &event);
  printf("added twice: %s\n", epoll_ctl(list, EPOLL_CTL_ADD, counter, &event) ? strerror(errno) : "done");
  struct epoll_event got[4];
  printf("epoll %d", epoll_wait(list, got, 4, -1));
  printf(" %x %llu\n", got[0].events, (unsigned long long)got[0].data.u64);
  unsigned long long value = 0;
  printf("read %zd", read(counter, &value, 8));
  printf(" %llu\n", value);
  printf("read again: %zd %s\n", read(counter, &value, 8), strerror(errno));
  printf("epoll %d\n", epoll_wait(list, got, 4, 2));
  value = 5;
  printf("write %zd\n", write(counter, &value, 8));
  printf("epoll %d\n", epoll_wait(list, got, 4, 2));
  epoll_ctl(list, EPOLL_CTL_DEL, counter, NULL);
  printf("epoll %d\n", epoll_wait(list, got, 4, 0));
  const int copy = fcntl(counter, F_DUPFD_CLOEXEC, 20);
  printf("copy %d close-on-exec %d\n", copy >= 20, fcntl(copy, F_GETFD));
  close(counter);
  printf("closed: %s\n", read(counter, &value, 8) < 0 ? strerror(errno) : "open");
  printf("copy still reads %zd\n", read(copy, &value, 8));
  return 0;
}
