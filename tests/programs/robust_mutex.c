// A thread ends with a robust mutex locked: the kernel tells the next one. Compared with robust_mutex.expected, because
// qemu-aarch64 does not keep the list of such mutexes.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static void* end_with_mutex_locked(void* mutex) {
  pthread_mutex_lock(mutex);
  return NULL;
}

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  pthread_t thread;
  pthread_create(&thread, NULL, end_with_mutex_locked, &mutex);
  pthread_join(thread, NULL);
  printf("owner died: %d\n", pthread_mutex_lock(&mutex) == EOWNERDEAD);
  printf("made consistent: %d\n", pthread_mutex_consistent(&mutex) == 0);
  printf("unlocked: %d\n", pthread_mutex_unlock(&mutex) == 0);
  return 0;
}
