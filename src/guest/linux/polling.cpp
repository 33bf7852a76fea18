#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/linux/time_conversion.hpp"

// System calls that wait until files are ready: poll, select and epoll.
namespace armillion::guest::kernel {
namespace {

// What is reported whether or not it was asked for.
constexpr std::uint32_t UNCONDITIONAL_EVENTS = abi::EVENT_ERROR | abi::EVENT_HANG_UP;

// The kernel tells normal data apart from data of priority, which no file here has.
std::uint32_t with_normal_bits(std::uint32_t events) {
  if ((events & abi::EVENT_IN) != 0) events |= abi::EVENT_READ_NORMAL;
  if ((events & abi::EVENT_OUT) != 0) events |= abi::EVENT_WRITE_NORMAL;
  return events;
}

// What to wait for so that `events_of` finds one of these events.
std::uint32_t awaited_events(std::uint32_t wanted) {
  std::uint32_t events = wanted & (abi::EVENT_IN | abi::EVENT_OUT);
  if ((wanted & abi::EVENT_READ_NORMAL) != 0) events |= abi::EVENT_IN;
  if ((wanted & abi::EVENT_WRITE_NORMAL) != 0) events |= abi::EVENT_OUT;
  return events | UNCONDITIONAL_EVENTS;
}

std::uint32_t events_of(const OpenFile& file, std::uint32_t wanted) {
  return with_normal_bits(file.ready_events()) & (wanted | UNCONDITIONAL_EVENTS);
}

/// What epoll_create1 makes: a list of files to watch. All events are level-triggered; a guest that asks for edges may
/// be told of the same one twice, which the interface allows.
class EventPoll : public OpenFile {
 public:
  static constexpr std::size_t MOST_WATCHED = 4096;

  struct Watched {
    std::weak_ptr<OpenFile> file;
    std::uint32_t events = 0;
    std::uint64_t data = 0;
  };

  EventPoll() : OpenFile(abi::O_READ_WRITE) {}

  Result<struct stat> status() const override { return synthetic_status(0600, 1); }
  std::string description() const override { return "[eventpoll]"; }

  std::uint32_t ready_events() const override {
    const auto is_ready = [](const auto& item) {
      const FileReference file = item.second.file.lock();
      return file != nullptr && events_of(*file, item.second.events) != 0;
    };
    return std::ranges::any_of(watched, is_ready) ? abi::EVENT_IN : 0;
  }

  std::vector<int> waitable_descriptors() const override {
    std::vector<int> result;
    for (const auto& [descriptor, item] : watched) {
      const FileReference file = item.file.lock();
      if (file == nullptr) continue;
      const auto descriptors = file->waitable_descriptors();
      result.insert(result.end(), descriptors.begin(), descriptors.end());
    }
    return result;
  }

  FileReference copy(FileCopier& copier) const override {
    auto copied = std::make_shared<EventPoll>();
    for (const auto& [descriptor, item] : watched) {
      // A file that only this list knows is closed: it would not outlive the copy.
      if (const FileReference file = item.file.lock()) {
        copied->watched[descriptor] = {copier.copy(file), item.events, item.data};
      }
    }
    return copied;
  }

  std::map<std::int32_t, Watched> watched;
};

// Replaces the signal mask for the time of a waiting call. The old one comes back when the call is over.
Result<void> replace_mask(Kernel& kernel, std::uint64_t mask_address, std::uint64_t mask_size) {
  Thread& thread = kernel.thread();
  if (mask_address == 0 || thread.mask_to_restore) return {};
  if (mask_size != sizeof(std::uint64_t)) return fail(EINVAL);
  const auto mask = kernel.get<std::uint64_t>(mask_address);
  if (!mask) return fail(mask.error());
  thread.mask_to_restore = thread.signal_mask;
  thread.signal_mask = *mask & ~UNBLOCKABLE_SIGNALS;
  return {};
}

// When a call that may wait gives up: at its deadline, which it keeps while it is blocked. Nothing for never.
Result<std::optional<Nanoseconds>> deadline_of(Kernel& kernel, Address timeout) {
  if (const Call* resumed = kernel.resumed_call()) return resumed->wait.deadline;
  if (timeout.value == 0) return std::optional<Nanoseconds>();
  const auto time = kernel.get<abi::Timespec>(timeout.value);
  if (!time) return fail(time.error());
  const auto duration = to_nanoseconds(*time);
  if (!duration) return fail(EINVAL);
  return std::optional(later(kernel.now(), *duration));
}

bool is_over(const Kernel& kernel, const std::optional<Nanoseconds>& deadline) {
  return deadline && *deadline <= kernel.now();
}

// Blocks until one of the files may be ready.
CallResult wait_for_files(Kernel& kernel, std::vector<Wait::File> files, std::optional<Nanoseconds> deadline) {
  Wait wait;
  wait.files = std::move(files);
  wait.deadline = deadline;
  wait.on_signal = OnSignal::INTERRUPT;
  return kernel.block(std::move(wait));
}

}  // namespace

namespace calls {

CallResult ppoll(Kernel& kernel, Address address, std::uint32_t count, Address timeout, Address mask,
                 std::uint64_t mask_size) {
  if (count > kernel.files.limit()) return fail(EINVAL);
  std::vector<abi::PollDescriptor> requests(count);
  const auto bytes = std::as_writable_bytes(std::span(requests));
  if (!kernel.memory.read(address.value, bytes, Permissions::READ)) return fail(EFAULT);
  const auto deadline = deadline_of(kernel, timeout);
  if (!deadline) return fail(deadline.error());
  if (const auto replaced = replace_mask(kernel, mask.value, mask_size); !replaced) return fail(replaced.error());

  std::int64_t ready = 0;
  std::vector<Wait::File> files;
  for (abi::PollDescriptor& request : requests) {
    request.returned_events = 0;
    if (request.descriptor < 0) continue;
    const auto wanted = static_cast<std::uint16_t>(request.events);
    const auto file = kernel.files.get(request.descriptor);
    request.returned_events =
        static_cast<std::int16_t>(file ? events_of(**file, wanted) : std::uint32_t{abi::EVENT_INVALID});
    if (request.returned_events != 0) ++ready;
    if (file) files.push_back({*file, awaited_events(wanted)});
  }
  if (ready == 0 && !is_over(kernel, *deadline)) return wait_for_files(kernel, std::move(files), *deadline);
  if (!kernel.memory.write(address.value, bytes, Permissions::WRITE)) return fail(EFAULT);
  return ready;
}

CallResult pselect6(Kernel& kernel, std::int32_t count, Address read_set, Address write_set, Address exception_set,
                    Address timeout, Address mask) {
  constexpr std::int32_t MOST_DESCRIPTORS = 1024;
  if (count < 0) return fail(EINVAL);
  const auto words = static_cast<std::size_t>(std::min(count, MOST_DESCRIPTORS) + 63) / 64;
  const Address addresses[] = {read_set, write_set, exception_set};
  // Which events put a descriptor into each of the result's sets (POLLIN_SET and POLLOUT_SET in the kernel).
  constexpr std::uint32_t EVENTS[] = {abi::EVENT_IN | abi::EVENT_HANG_UP | abi::EVENT_ERROR,
                                      abi::EVENT_OUT | abi::EVENT_ERROR, 0};
  using Set = std::array<std::uint64_t, MOST_DESCRIPTORS / 64>;
  std::array<Set, 3> wanted{};
  std::array<Set, 3> result{};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (addresses[i].value == 0) continue;
    const auto bytes = std::as_writable_bytes(std::span(wanted[i]).first(words));
    if (!kernel.memory.read(addresses[i].value, bytes, Permissions::READ)) return fail(EFAULT);
  }
  const auto deadline = deadline_of(kernel, timeout);
  if (!deadline) return fail(deadline.error());
  if (mask.value != 0) {
    /// The last argument points to the mask's address and its size.
    struct MaskArgument {
      std::uint64_t address;
      std::uint64_t size;
    };
    const auto argument = kernel.get<MaskArgument>(mask.value);
    if (!argument) return fail(argument.error());
    const auto replaced = replace_mask(kernel, argument->address, argument->size);
    if (!replaced) return fail(replaced.error());
  }

  std::int64_t ready = 0;
  std::vector<Wait::File> files;
  for (std::int32_t descriptor = 0; descriptor < std::min(count, MOST_DESCRIPTORS); ++descriptor) {
    const std::size_t word = static_cast<std::size_t>(descriptor) / 64;
    const std::uint64_t bit = std::uint64_t{1} << (descriptor % 64);
    std::uint32_t events = 0;
    bool is_wanted = false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if ((wanted[i][word] & bit) == 0) continue;
      is_wanted = true;
      events |= EVENTS[i];
    }
    if (!is_wanted) continue;
    const auto file = kernel.files.get(descriptor);
    if (!file) return fail(EBADF);
    const std::uint32_t found = (*file)->ready_events();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if ((wanted[i][word] & bit) == 0 || (found & EVENTS[i]) == 0) continue;
      result[i][word] |= bit;
      ++ready;
    }
    files.push_back({*file, events});
  }
  if (ready == 0 && !is_over(kernel, *deadline)) return wait_for_files(kernel, std::move(files), *deadline);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (addresses[i].value == 0) continue;
    const auto bytes = std::as_bytes(std::span(result[i]).first(words));
    if (!kernel.memory.write(addresses[i].value, bytes, Permissions::WRITE)) return fail(EFAULT);
  }
  return ready;
}

CallResult epoll_create1(Kernel& kernel, Flags flags) {
  if ((flags.bits & ~abi::O_CLOSE_ON_EXEC) != 0) return fail(EINVAL);
  return kernel.files.add(std::make_shared<EventPoll>(), flags.bits != 0 ? OnExec::CLOSE : OnExec::KEEP);
}

CallResult epoll_ctl(Kernel& kernel, Descriptor descriptor, std::int32_t operation, Descriptor target, Address event) {
  constexpr std::int32_t ADD = 1;
  constexpr std::int32_t REMOVE = 2;
  constexpr std::int32_t MODIFY = 3;
  const auto file = kernel.files.get(descriptor.number);
  const auto watched_file = kernel.files.get(target.number);
  if (!file || !watched_file) return fail(EBADF);
  auto* poll = dynamic_cast<EventPoll*>(file->get());
  if (poll == nullptr) return fail(EINVAL);
  // Lists of lists could watch each other in a circle, so there are none.
  if (dynamic_cast<EventPoll*>(watched_file->get()) != nullptr) return fail(EINVAL);
  const auto status = (*watched_file)->status();
  if (status && (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode))) return fail(EPERM);
  const auto existing = poll->watched.find(target.number);
  // A number that was closed and used again is another file, unknown to the list.
  const bool is_watched = existing != poll->watched.end() && existing->second.file.lock() == *watched_file;
  if (operation == REMOVE) {
    if (!is_watched) return fail(ENOENT);
    poll->watched.erase(existing);
    return 0;
  }
  if (operation != ADD && operation != MODIFY) return fail(EINVAL);
  const auto request = kernel.get<abi::EpollEvent>(event.value);
  if (!request) return fail(request.error());
  if (operation == ADD && is_watched) return fail(EEXIST);
  if (operation == MODIFY && !is_watched) return fail(ENOENT);
  if (poll->watched.size() >= EventPoll::MOST_WATCHED) return fail(ENOSPC);
  poll->watched[target.number] = {*watched_file, request->events, request->data};
  return 0;
}

CallResult epoll_pwait(Kernel& kernel, Descriptor descriptor, Address events, std::int32_t count,
                       std::int32_t timeout_milliseconds, Address mask, std::uint64_t mask_size) {
  if (count <= 0) return fail(EINVAL);
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  auto* poll = dynamic_cast<EventPoll*>(file->get());
  if (poll == nullptr) return fail(EINVAL);
  std::optional<Nanoseconds> deadline;
  if (const Call* resumed = kernel.resumed_call()) {
    deadline = resumed->wait.deadline;
  } else if (timeout_milliseconds >= 0) {
    deadline = later(kernel.now(), static_cast<Nanoseconds>(timeout_milliseconds) * 1'000'000);
  }
  if (const auto replaced = replace_mask(kernel, mask.value, mask_size); !replaced) return fail(replaced.error());

  std::erase_if(poll->watched, [](const auto& item) { return item.second.file.expired(); });
  std::vector<Wait::File> files;
  std::int64_t ready = 0;
  for (auto& [number, item] : poll->watched) {
    if (ready == count) break;
    const FileReference watched_file = item.file.lock();
    // Bits from 28 on say how to report, not what.
    constexpr std::uint32_t EVENT_BITS = 0x0fff'ffff;
    const bool is_spent = (item.events & EVENT_BITS) == 0;
    const std::uint32_t found = is_spent ? 0 : events_of(*watched_file, item.events & EVENT_BITS);
    if (!is_spent) files.push_back({watched_file, awaited_events(item.events)});
    if (found == 0) continue;
    const abi::EpollEvent event{.events = found, .padding = 0, .data = item.data};
    const std::uint64_t address = events.value + static_cast<std::uint64_t>(ready) * sizeof event;
    if (!kernel.put(address, event)) return ready > 0 ? CallResult(ready) : fail(EFAULT);
    if ((item.events & abi::EPOLL_ONE_SHOT) != 0) item.events &= ~EVENT_BITS;
    ++ready;
  }
  if (ready == 0 && !is_over(kernel, deadline)) return wait_for_files(kernel, std::move(files), deadline);
  return ready;
}

}  // namespace calls
}  // namespace armillion::guest::kernel
