#include "guest/linux/delegation.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <poll.h>

#include "guest/linux/handlers.hpp"

namespace armillion::guest::kernel {
namespace {

constexpr int LONGEST_WAIT_MILLISECONDS = 1000;

std::uint64_t room_of(Kernel& kernel, std::int32_t descriptor) {
  const FileTable::Entry* entry = kernel.files.find(descriptor);
  if (entry == nullptr || entry->file == nullptr || !entry->file->writable()) return 0;
  return entry->file->standard_stream() == descriptor ? entry->file->certain_room() : 0;
}

std::uint64_t break_limit(const Kernel& kernel) {
  const MemoryMap& mappings = kernel.mappings;
  const std::uint64_t top = page_align_up(mappings.break_end);
  if (kernel.memory.regions().size() >= MemoryMap::MOST_MAPPINGS) return top;
  const auto next = kernel.memory.regions().lower_bound(top);
  const std::uint64_t end = next == kernel.memory.regions().end() ? ADDRESS_LIMIT : next->first;
  const std::uint64_t limit = kernel.options.memory_limit_bytes;
  const std::uint64_t left = limit - std::min(limit, mappings.charged.total());
  return std::min(end, top + std::min(left & PAGE_MASK, ADDRESS_LIMIT - top));
}

}  // namespace

Delegation delegate_calls(Kernel& kernel) {
  Delegation result;
  result.break_start = kernel.mappings.break_start;
  result.break_end = kernel.mappings.break_end;
  result.break_limit = break_limit(kernel);
  for (std::int32_t descriptor : {1, 2}) {
    result.output_room[static_cast<std::size_t>(descriptor - 1)] = room_of(kernel, descriptor);
  }
  result.has_virtual_clock = kernel.options.clock == ClockSource::VIRTUAL;
  result.skipped_time = kernel.skipped_time;
  result.latest_steady_time = kernel.latest_steady_time;
  const auto goes_to_file = [](const auto& mapping) { return mapping.second.goes_to_file(); };
  result.may_exit = std::ranges::none_of(kernel.mappings.shared_files.all(), goes_to_file);
  return result;
}

void settle_calls(Kernel& kernel, const ServedCalls& served) {
  if (served.break_end != kernel.mappings.break_end) calls::brk(kernel, Address{served.break_end});
  kernel.latest_steady_time = std::max(kernel.latest_steady_time, served.steady_time);
}

void settle_output(Kernel& kernel, std::int32_t descriptor, std::span<const std::byte> bytes) {
  const auto file = kernel.files.get(descriptor);
  while (file && !bytes.empty()) {
    const auto count = (*file)->write(bytes);
    if (count) {
      bytes = bytes.subspan(*count);
    } else if (count.error().value == EAGAIN) {
      std::vector<pollfd> requests;
      for (const int host : (*file)->waitable_descriptors()) requests.push_back({host, POLLOUT, 0});
      ::poll(requests.data(), requests.size(), LONGEST_WAIT_MILLISECONDS);
    } else if (count.error().value == EPIPE) {
      // The reader went away behind the guest's back. It learns of that a little later than it would have.
      abi::SignalInfo info{};
      info.signal = SIGNAL_PIPE;
      kernel.send_to_thread(kernel.thread(), info);
      return;
    } else {
      throw Error(ErrorCode::UNAVAILABLE,
                  fmt::format("what the guest wrote to descriptor {} cannot be written: {}", descriptor,
                              std::generic_category().message(count.error().value)));
    }
  }
}

}  // namespace armillion::guest::kernel
