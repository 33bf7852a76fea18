// Threads with everything that they synchronise by: mutexes, condition variables, atomics, thread-local storage,
// futures, once flags and a barrier of POSIX.
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <numeric>
#include <queue>
#include <thread>
#include <vector>

namespace {

thread_local int local_count = 0;

struct LocalWithDestructor {
  ~LocalWithDestructor() { destroyed.fetch_add(1); }
  static std::atomic<int> destroyed;
};
std::atomic<int> LocalWithDestructor::destroyed{0};
thread_local LocalWithDestructor local_object;

void count_together() {
  std::mutex mutex;
  long guarded = 0;
  std::atomic<long> atomic{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      (void)&local_object;
      for (int i = 0; i < 20000; ++i) {
        atomic.fetch_add(1, std::memory_order_relaxed);
        ++local_count;
        const std::lock_guard lock(mutex);
        ++guarded;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("guarded %ld atomic %ld local %d destroyed %d\n", guarded, atomic.load(), local_count,
              LocalWithDestructor::destroyed.load());
}

void produce_and_consume() {
  std::mutex mutex;
  std::condition_variable ready;
  std::condition_variable space;
  std::queue<int> queue;
  long sum = 0;
  std::thread consumer([&] {
    for (int i = 0; i < 1000; ++i) {
      std::unique_lock lock(mutex);
      ready.wait(lock, [&] { return !queue.empty(); });
      sum += queue.front();
      queue.pop();
      space.notify_one();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    std::unique_lock lock(mutex);
    space.wait(lock, [&] { return queue.size() < 5; });
    queue.push(i);
    ready.notify_one();
  }
  consumer.join();
  std::printf("sum %ld\n", sum);
}

void wait_in_vain() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto status = never.wait_for(lock, std::chrono::milliseconds(5));
  std::printf("wait %s\n", status == std::cv_status::timeout ? "timed out" : "woke");
}

void compute_in_the_future() {
  std::vector<int> numbers(10000);
  std::iota(numbers.begin(), numbers.end(), 1);
  auto half = [&](std::size_t from, std::size_t to) {
    return std::accumulate(numbers.begin() + from, numbers.begin() + to, 0L);
  };
  auto first = std::async(std::launch::async, half, 0, 5000);
  auto second = std::async(std::launch::async, half, 5000, 10000);
  std::printf("future %ld\n", first.get() + second.get());
}

void meet() {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 4);
  std::once_flag once;
  std::atomic<int> leaders{0};
  std::atomic<int> first_time{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) ++leaders;
      }
      std::call_once(once, [&] { ++first_time; });
    });
  }
  for (auto& thread : threads) thread.join();
  pthread_barrier_destroy(&barrier);
  std::printf("leaders %d once %d\n", leaders.load(), first_time.load());
}

void* sleep_for_ever(void*) {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void cancel() {
  pthread_t thread;
  pthread_create(&thread, nullptr, sleep_for_ever, nullptr);
  pthread_cancel(thread);
  void* result = nullptr;
  pthread_join(thread, &result);
  std::printf("cancelled: %d\n", result == PTHREAD_CANCELED);
}

}  // namespace

int main() {
  count_together();
  produce_and_consume();
  wait_in_vain();
  compute_in_the_future();
  meet();
  cancel();
}
