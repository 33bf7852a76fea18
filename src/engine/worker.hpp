#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace armillion::engine {

/// A thread that does one task after the other. It is made for the first and kept for the next, so that giving it one
/// is cheap.
class Worker {
 public:
  Worker() = default;
  /// Waits for the task.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Gives it a task, which must not throw. It must not be busy.
  void start(std::function<void()> task);
  bool is_busy() const noexcept { return is_busy_.load(std::memory_order_acquire); }
  /// Waits until it is not busy. What the task did is visible then.
  void wait();
  /// Whether the task itself is asking.
  bool is_this_thread() const noexcept { return std::this_thread::get_id() == id_.load(std::memory_order_relaxed); }

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;
  std::atomic<bool> is_busy_{false};
  std::atomic<std::thread::id> id_{};
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace armillion::engine
