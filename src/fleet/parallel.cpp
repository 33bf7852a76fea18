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

std::size_t threads_for(std::uint64_t count, unsigned wanted) {
  const std::uint64_t threads = wanted != 0 ? wanted : std::thread::hardware_concurrency();
  const std::uint64_t useful = (count + ITEMS_AT_ONCE - 1) / ITEMS_AT_ONCE;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(threads, 1, std::max<std::uint64_t>(useful, 1)));
}

void run_on_threads(std::size_t threads, std::uint64_t count,
                    const std::function<void(std::size_t thread, std::uint64_t first, std::uint64_t end)>& work,
                    const std::function<void()>& wait) {
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
    for (std::size_t thread = 0; thread < threads; ++thread) {
      workers.emplace_back([&, thread] {
        std::exception_ptr thrown;
        try {
          while (true) {
            const std::uint64_t first = next.fetch_add(ITEMS_AT_ONCE, std::memory_order_relaxed);
            if (first >= count) break;
            work(thread, first, std::min(count, first + ITEMS_AT_ONCE));
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
