// Two threads for the test of the GDB server: the main one waits for the other.
#include <pthread.h>
#include <stddef.h>

static int result;

__attribute__((noinline)) static void work(int amount) { result += amount; }

static void *run(void *argument) {
  work((int)(size_t)argument);
  return NULL;
}

int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, (void *)6) != 0) return 99;
  pthread_join(thread, NULL);
  return result;
}
