#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"
#include "guest/linux/opening.hpp"

// System calls on descriptors: opening, closing, and what open files do besides moving bytes.
namespace armillion::guest::kernel::calls {
namespace {

// What fcntl(F_SETFL) may change.
constexpr std::uint32_t CHANGEABLE_FLAGS =
    abi::O_APPENDING | abi::O_NON_BLOCKING | abi::O_DIRECT_IO | abi::O_NO_ACCESS_TIME;

// Commands of fcntl (asm-generic/fcntl.h and linux/fcntl.h).
enum FcntlCommand : std::int32_t {
  DUPLICATE = 0,
  GET_DESCRIPTOR_FLAGS = 1,
  SET_DESCRIPTOR_FLAGS = 2,
  GET_STATUS_FLAGS = 3,
  SET_STATUS_FLAGS = 4,
  GET_LOCK = 5,
  SET_LOCK = 6,
  SET_LOCK_AND_WAIT = 7,
  GET_FILE_LOCK = 36,
  SET_FILE_LOCK = 37,
  SET_FILE_LOCK_AND_WAIT = 38,
  DUPLICATE_CLOSE_ON_EXEC = 1030,
  GET_PIPE_SIZE = 1032,
};

// Requests of ioctl (asm-generic/ioctls.h). AArch64 and x86-64 number them alike.
enum IoctlRequest : std::uint32_t {
  GET_TERMINAL = 0x5401,
  SET_TERMINAL = 0x5402,
  SET_TERMINAL_AFTER_OUTPUT = 0x5403,
  SET_TERMINAL_AFTER_FLUSH = 0x5404,
  GET_TERMINAL_GROUP = 0x540f,
  SET_TERMINAL_GROUP = 0x5410,
  GET_WINDOW_SIZE = 0x5413,
  GET_READABLE_BYTES = 0x541b,
  SET_NON_BLOCKING = 0x5421,
  CLEAR_CLOSE_ON_EXEC = 0x5450,
  SET_CLOSE_ON_EXEC = 0x5451,
};

/// The kernel's `struct termios`, which the C library's differs from.
struct TerminalSettings {
  std::uint32_t flags[4];
  std::uint8_t line_discipline;
  std::uint8_t characters[19];
};
static_assert(sizeof(TerminalSettings) == 36);

OnExec on_exec_of(std::uint32_t flags) { return (flags & abi::O_CLOSE_ON_EXEC) != 0 ? OnExec::CLOSE : OnExec::KEEP; }

// The host's terminal behind a file, or ENOTTY.
Result<int> terminal_of(const OpenFile& file) {
  const int descriptor = file.host_descriptor();
  if (descriptor < 0 || ::isatty(descriptor) == 0) return fail(ENOTTY);
  return descriptor;
}

template <class T>
CallResult get_from_terminal(Kernel& kernel, int terminal, unsigned long request, Address argument) {
  T value{};
  if (::ioctl(terminal, request, &value) != 0) return fail_as_host();
  return kernel.put(argument.value, value);
}

CallResult terminal_request(Kernel& kernel, const OpenFile& file, std::uint32_t request, Address argument) {
  const auto terminal = terminal_of(file);
  if (!terminal) return fail(terminal.error());
  switch (request) {
    case GET_TERMINAL: return get_from_terminal<TerminalSettings>(kernel, *terminal, request, argument);
    case GET_WINDOW_SIZE: return get_from_terminal<winsize>(kernel, *terminal, request, argument);
    case GET_TERMINAL_GROUP: return kernel.put(argument.value, PROCESS_ID);
    case SET_TERMINAL_GROUP: return 0;
    default: {
      auto settings = kernel.get<TerminalSettings>(argument.value);
      if (!settings) return fail(settings.error());
      return ::ioctl(*terminal, static_cast<unsigned long>(request), &*settings) == 0 ? CallResult(0) : fail_as_host();
    }
  }
}

CallResult sync_to_disk(Kernel& kernel, Descriptor descriptor, int (*synchronise)(int)) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  kernel.write_back(0, ADDRESS_LIMIT);
  const int host = (*file)->host_descriptor();
  // Directories are held by O_PATH descriptors, which cannot be synchronised.
  if (host < 0 || (*file)->directory() != nullptr) return 0;
  return synchronise(host) == 0 ? CallResult(0) : fail_as_host();
}

}  // namespace

CallResult openat(Kernel& kernel, Descriptor directory, Path path, OpenFlags flags, FileMode mode) {
  if ((flags.bits & abi::O_TEMPORARY_FILE) == abi::O_TEMPORARY_FILE) return fail(EOPNOTSUPP);
  const std::uint32_t exclusive = abi::O_CREATE | abi::O_EXCLUSIVE;
  const bool keeps_link = (flags.bits & abi::O_NO_FOLLOW) != 0 || (flags.bits & exclusive) == exclusive;
  const auto location = kernel.locate(directory.number, path.address, keeps_link ? FinalLink::KEEP : FinalLink::FOLLOW);
  if (!location) return fail(location.error());
  auto file = open_location(kernel, *location, flags.bits, mode.bits);
  if (!file) return fail(file.error());
  return kernel.files.add(*std::move(file), on_exec_of(flags.bits));
}

CallResult close(Kernel& kernel, Descriptor descriptor) { return kernel.files.close(descriptor.number); }

CallResult close_range(Kernel& kernel, std::uint32_t first, std::uint32_t last, Flags flags) {
  constexpr std::uint32_t ONLY_ON_EXEC = 4;
  if (first > last || (flags.bits & ~(ONLY_ON_EXEC | 2u)) != 0) return fail(EINVAL);
  for (std::uint64_t number = first; number <= last && number < kernel.files.size(); ++number) {
    FileTable::Entry* entry = kernel.files.find(static_cast<std::int32_t>(number));
    if (entry == nullptr) continue;
    if ((flags.bits & ONLY_ON_EXEC) != 0) {
      entry->on_exec = OnExec::CLOSE;
    } else {
      *entry = {};
    }
  }
  return 0;
}

CallResult dup(Kernel& kernel, Descriptor descriptor) {
  auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  return kernel.files.add(*std::move(file), OnExec::KEEP);
}

CallResult dup3(Kernel& kernel, Descriptor from, Descriptor to, OpenFlags flags) {
  if ((flags.bits & ~abi::O_CLOSE_ON_EXEC) != 0 || from.number == to.number) return fail(EINVAL);
  auto file = kernel.files.get(from.number);
  if (!file) return fail(file.error());
  return kernel.files.set(to.number, *std::move(file), on_exec_of(flags.bits));
}

CallResult fcntl(Kernel& kernel, Descriptor descriptor, std::int32_t command, std::uint64_t argument) {
  FileTable::Entry* entry = kernel.files.find(descriptor.number);
  if (entry == nullptr) return fail(EBADF);
  OpenFile& file = *entry->file;
  constexpr std::uint64_t CLOSE_ON_EXEC = 1;
  const auto number = static_cast<std::int32_t>(std::min<std::uint64_t>(argument, std::numeric_limits<int>::max()));
  switch (command) {
    case DUPLICATE: return kernel.files.add(entry->file, OnExec::KEEP, number);
    case DUPLICATE_CLOSE_ON_EXEC: return kernel.files.add(entry->file, OnExec::CLOSE, number);
    case GET_DESCRIPTOR_FLAGS: return entry->on_exec == OnExec::CLOSE ? 1 : 0;
    case SET_DESCRIPTOR_FLAGS:
      entry->on_exec = (argument & CLOSE_ON_EXEC) != 0 ? OnExec::CLOSE : OnExec::KEEP;
      return 0;
    case GET_STATUS_FLAGS: return file.flags();
    case SET_STATUS_FLAGS:
      file.set_flags((file.flags() & ~CHANGEABLE_FLAGS) | (static_cast<std::uint32_t>(argument) & CHANGEABLE_FLAGS));
      return 0;
    case GET_LOCK:
    case GET_FILE_LOCK: {
      // No other process could hold a lock: the answer's first field says "unlocked".
      constexpr std::int16_t UNLOCKED = 2;
      return kernel.put(argument, UNLOCKED);
    }
    case SET_LOCK:
    case SET_LOCK_AND_WAIT:
    case SET_FILE_LOCK:
    case SET_FILE_LOCK_AND_WAIT: return kernel.accessible_bytes(argument, 1, Permissions::READ) == 1 ? 0 : -EFAULT;
    case GET_PIPE_SIZE: return static_cast<std::int64_t>(PipeBuffer::CAPACITY);
    default: return fail(EINVAL);
  }
}

// No other process could hold a lock.
CallResult flock(Kernel& kernel, Descriptor descriptor, std::int32_t) {
  return kernel.files.find(descriptor.number) != nullptr ? CallResult(0) : fail(EBADF);
}

CallResult ioctl(Kernel& kernel, Descriptor descriptor, Flags request, Address argument) {
  FileTable::Entry* entry = kernel.files.find(descriptor.number);
  if (entry == nullptr || entry->file->has(abi::O_PATH_ONLY)) return fail(EBADF);
  OpenFile& file = *entry->file;
  switch (request.bits) {
    case GET_TERMINAL:
    case SET_TERMINAL:
    case SET_TERMINAL_AFTER_OUTPUT:
    case SET_TERMINAL_AFTER_FLUSH:
    case GET_WINDOW_SIZE:
    case GET_TERMINAL_GROUP:
    case SET_TERMINAL_GROUP: return terminal_request(kernel, file, request.bits, argument);
    case GET_READABLE_BYTES: {
      const auto count = file.readable_bytes();
      if (!count) return fail(count.error());
      const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
      return kernel.put(argument.value, static_cast<std::int32_t>(std::min(*count, most)));
    }
    case SET_NON_BLOCKING: {
      const auto value = kernel.get<std::int32_t>(argument.value);
      if (!value) return fail(value.error());
      file.set_flags((file.flags() & ~abi::O_NON_BLOCKING) | (*value != 0 ? abi::O_NON_BLOCKING : 0));
      return 0;
    }
    case SET_CLOSE_ON_EXEC: entry->on_exec = OnExec::CLOSE; return 0;
    case CLEAR_CLOSE_ON_EXEC: entry->on_exec = OnExec::KEEP; return 0;
    default: return fail(ENOTTY);
  }
}

CallResult lseek(Kernel& kernel, Descriptor descriptor, std::int64_t offset, std::uint32_t origin) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if (origin > static_cast<std::uint32_t>(SeekOrigin::HOLE)) return fail(EINVAL);
  return (*file)->seek(offset, static_cast<SeekOrigin>(origin));
}

CallResult ftruncate(Kernel& kernel, Descriptor descriptor, std::int64_t size) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if (size < 0 || !(*file)->writable()) return fail(EINVAL);
  return kernel.resize_file(**file, static_cast<std::uint64_t>(size));
}

CallResult fallocate(Kernel& kernel, Descriptor descriptor, Flags mode, std::int64_t offset, std::int64_t size) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if (!(*file)->writable()) return fail(EBADF);
  std::int64_t end = 0;
  if (offset < 0 || size <= 0) return fail(EINVAL);
  if (__builtin_add_overflow(offset, size, &end)) return fail(EFBIG);
  if (mode.bits != 0) return fail(EOPNOTSUPP);
  const auto status = (*file)->status();
  if (!status) return fail(status.error());
  if (!S_ISREG(status->st_mode)) return fail(ENODEV);
  if (end <= status->st_size) return 0;
  return kernel.resize_file(**file, static_cast<std::uint64_t>(end));
}

CallResult fsync(Kernel& kernel, Descriptor descriptor) { return sync_to_disk(kernel, descriptor, &::fsync); }
CallResult fdatasync(Kernel& kernel, Descriptor descriptor) { return sync_to_disk(kernel, descriptor, &::fdatasync); }

CallResult sync(Kernel& kernel) {
  kernel.write_back(0, ADDRESS_LIMIT);
  return 0;
}

CallResult fadvise64(Kernel& kernel, Descriptor descriptor, std::int64_t, std::int64_t, std::int32_t) {
  return kernel.files.find(descriptor.number) != nullptr ? CallResult(0) : fail(EBADF);
}

CallResult pipe2(Kernel& kernel, Address descriptors, OpenFlags flags) {
  if ((flags.bits & ~(abi::O_CLOSE_ON_EXEC | abi::O_NON_BLOCKING)) != 0) return fail(EINVAL);
  auto buffer = std::make_shared<PipeBuffer>();
  const std::uint64_t inode = kernel.next_inode++;
  const OnExec on_exec = on_exec_of(flags.bits);
  const auto reader =
      kernel.files.add(std::make_shared<PipeEnd>(flags.bits | abi::O_READ_ONLY, buffer, inode), on_exec);
  if (!reader) return fail(reader.error());
  const auto writer =
      kernel.files.add(std::make_shared<PipeEnd>(flags.bits | abi::O_WRITE_ONLY, buffer, inode), on_exec);
  if (writer) {
    const std::int32_t numbers[] = {*reader, *writer};
    if (kernel.put(descriptors.value, numbers)) return 0;
    (void)kernel.files.close(*writer);
  }
  (void)kernel.files.close(*reader);
  return fail(writer ? EFAULT : writer.error().value);
}

CallResult eventfd2(Kernel& kernel, std::uint32_t count, Flags flags) {
  constexpr std::uint32_t SEMAPHORE = 1;
  if ((flags.bits & ~(SEMAPHORE | abi::O_CLOSE_ON_EXEC | abi::O_NON_BLOCKING)) != 0) return fail(EINVAL);
  const auto mode = (flags.bits & SEMAPHORE) != 0 ? EventCounter::Mode::SEMAPHORE : EventCounter::Mode::WHOLE;
  const std::uint32_t file_flags = (flags.bits & abi::O_NON_BLOCKING) | abi::O_READ_WRITE;
  return kernel.files.add(std::make_shared<EventCounter>(file_flags, count, mode), on_exec_of(flags.bits));
}

CallResult memfd_create(Kernel& kernel, Path name, Flags flags) {
  constexpr std::uint32_t CLOSE_ON_EXEC = 1;
  constexpr std::uint32_t ALLOW_SEALING = 2;
  constexpr std::size_t LONGEST_NAME = 249;
  if ((flags.bits & ~(CLOSE_ON_EXEC | ALLOW_SEALING)) != 0) return fail(EINVAL);
  const auto text = kernel.get_path(name.address);
  if (!text) return fail(text.error());
  if (text->size() > LONGEST_NAME) return fail(EINVAL);
  auto contents = std::make_shared<MemoryFileContents>(kernel.file_budget);
  return kernel.files.add(std::make_shared<MemoryFile>(abi::O_READ_WRITE, "/memfd:" + *text + " (deleted)",
                                                       std::move(contents), kernel.next_inode++),
                          (flags.bits & CLOSE_ON_EXEC) != 0 ? OnExec::CLOSE : OnExec::KEEP);
}

}  // namespace armillion::guest::kernel::calls
