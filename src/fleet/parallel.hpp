#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace armillion::fleet {

/// How many of `wanted` threads (0: one for each core) `count` items keep busy; at least 1.
std::size_t threads_for(std::uint64_t count, unsigned wanted);

/// Calls `work(thread, first, end)` for ranges that make up [0, count), on `threads` threads, and `wait` every 2 ms on
/// the calling thread meanwhile. What any of them throws ends the work early and is thrown here.
void run_on_threads(std::size_t threads, std::uint64_t count,
                    const std::function<void(std::size_t thread, std::uint64_t first, std::uint64_t end)>& work,
                    const std::function<void()>& wait);

}  // namespace armillion::fleet
