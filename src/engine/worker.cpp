#include "engine/worker.hpp"

#include <utility>

namespace armillion::engine {

Worker::~Worker() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::start(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    task_ = std::move(task);
    is_busy_.store(true, std::memory_order_release);
  }
  if (thread_.joinable()) {
    changed_.notify_all();
    return;
  }
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    is_busy_.store(false, std::memory_order_release);
    throw;
  }
}

void Worker::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_busy(); });
}

void Worker::run() {
  id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_busy() || is_ending_; });
    if (!is_busy()) return;
    const std::function<void()> task = std::exchange(task_, nullptr);
    lock.unlock();
    task();
    lock.lock();
    is_busy_.store(false, std::memory_order_release);
    changed_.notify_all();
  }
}

}  // namespace armillion::engine
