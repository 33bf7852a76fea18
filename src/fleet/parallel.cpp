#include "fleet/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace armillion::fleet {

namespace {

// Items that a thread takes at once: few enough that no thread is left with many in the end.
constexpr std::uint64_t MOST_ITEMS_AT_ONCE = 64;
constexpr std::uint64_t TURNS = 8;

}  // namespace

std::size_t threads_for(std::uint64_t count, unsigned wanted) {
  const std::uint64_t threads = wanted != 0 ? wanted : std::thread::hardware_concurrency();
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(threads, 1, std::max<std::uint64_t>(count, 1)));
}

void run_on_threads(std::size_t threads, std::uint64_t count,
                    const std::function<void(std::size_t thread, std::uint64_t first, std::uint64_t end)>& work,
                    const std::function<void()>& wait) {
  const std::uint64_t at_once = std::clamp<std::uint64_t>(count / (threads * TURNS), 1, MOST_ITEMS_AT_ONCE);
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::condition_variable finished;
  std::exception_ptr exception;
  std::size_t running = threads;
  const auto end_with = [&](std::exception_ptr thrown) {
    if (exception == nullptr) exception = std::move(thrown);
    next.store(count, std::memory_order_relaxed);
  };
  {
    std::vector<std::jthread> workers;
    workers.reserve(threads);
    for (std::size_t thread = 0; thread < threads; ++thread) {
      workers.emplace_back([&, thread] {
        std::exception_ptr thrown;
        try {
          while (true) {
            const std::uint64_t first = next.fetch_add(at_once, std::memory_order_relaxed);
            if (first >= count) break;
            work(thread, first, std::min(count, first + at_once));
          }
        } catch (...) {
          thrown = std::current_exception();
        }
        const std::scoped_lock lock(mutex);
        if (thrown != nullptr) end_with(thrown);
        if (--running == 0) finished.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    while (!finished.wait_for(lock, std::chrono::milliseconds(2), [&] { return running == 0; })) {
      lock.unlock();
      std::exception_ptr thrown;
      try {
        wait();
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      if (thrown != nullptr) end_with(thrown);
    }
  }
  if (exception != nullptr) std::rethrow_exception(exception);
}

}  // namespace armillion::fleet
