#pragma once

#include <cstddef>
#include <functional>

namespace armillion::ops {

/// Threads that the caller owns. Calls that take a pool cut their work into pieces when there is enough of it; no call
/// uses any thread but the caller's without one.
class ThreadPool {
 public:
  virtual ~ThreadPool() = default;

  /// Calls `work` once for each number in [0, pieces), on any threads and in any order, and returns when all calls
  /// have. `work` may be called on several threads at once and throws nothing.
  virtual void run(std::size_t pieces, const std::function<void(std::size_t piece)>& work) = 0;
};

}  // namespace armillion::ops
