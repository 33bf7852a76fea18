#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"

// System calls that move bytes between files and memory.
namespace armillion::guest::kernel::calls {
namespace {

// The most that Linux moves in one call (MAX_RW_COUNT).
constexpr std::uint64_t MOST_BYTES = 0x7fff'f000;
constexpr std::int32_t MOST_VECTORS = 1024;
// What sendfile and copy_file_range move in one call; both may do less than they were asked to.
constexpr std::uint64_t MOST_COPIED_BYTES = 1 << 20;

using Vectors = std::vector<abi::IoVector>;

Result<Vectors> read_vectors(Kernel& kernel, Address address, std::int32_t count) {
  if (count < 0 || count > MOST_VECTORS) return fail(EINVAL);
  Vectors vectors(static_cast<std::size_t>(count));
  if (!kernel.memory.read(address.value, std::as_writable_bytes(std::span(vectors)), Permissions::READ)) {
    return fail(EFAULT);
  }
  std::uint64_t total = 0;
  for (abi::IoVector& vector : vectors) {
    if (static_cast<std::int64_t>(vector.size) < 0) return fail(EINVAL);
    vector.size = std::min(vector.size, MOST_BYTES - total);
    total += vector.size;
  }
  return vectors;
}

Vectors one_vector(std::uint64_t address, std::uint64_t size) { return {{address, std::min(size, MOST_BYTES)}}; }

// What happens after `done` bytes when the file has no more, or takes no more, right now.
CallResult wait_for(Kernel& kernel, const FileReference& file, std::uint32_t event, std::uint64_t done) {
  const Call* resumed = kernel.resumed_call();
  const bool was_interrupted = resumed != nullptr && resumed->reason == WakeReason::SIGNAL;
  if (done > 0 && (was_interrupted || file->has(abi::O_NON_BLOCKING))) return static_cast<std::int64_t>(done);
  if (file->has(abi::O_NON_BLOCKING)) return fail(EAGAIN);
  Wait wait;
  const bool has_other_room = file->takes_items() && (file->ready_events() & event) != 0;
  const std::uint32_t awaited = has_other_room ? abi::EVENT_DRAINED : event;
  wait.files = {{file, awaited | abi::EVENT_ERROR | abi::EVENT_HANG_UP}};
  wait.progress = done;
  return kernel.block(std::move(wait));
}

std::optional<std::uint64_t> offset_after(std::optional<std::uint64_t> offset, std::uint64_t done) {
  return offset ? std::optional(*offset + done) : std::nullopt;
}

CallResult read_vectors_from(Kernel& kernel, const FileReference& file, const Vectors& vectors,
                             std::optional<std::uint64_t> offset) {
  if (!file->readable()) return fail(EBADF);
  std::uint64_t done = 0;
  for (abi::IoVector rest : vectors) {
    while (rest.size > 0) {
      const std::uint64_t wanted = std::min<std::uint64_t>(rest.size, kernel.transfer_buffer.size());
      // Nothing is taken from the file that the guest's memory cannot take.
      const std::uint64_t size = kernel.accessible_bytes(rest.address, wanted, Permissions::WRITE);
      if (size == 0) return done > 0 ? CallResult(static_cast<std::int64_t>(done)) : fail(EFAULT);
      const auto buffer = std::span(kernel.transfer_buffer).first(size);
      const auto count = kernel.read_file(*file, buffer, offset_after(offset, done));
      if (!count && done > 0) return static_cast<std::int64_t>(done);
      if (!count && count.error().value == EAGAIN) return wait_for(kernel, file, abi::EVENT_IN, 0);
      if (!count) return fail(count.error());
      kernel.memory.write(rest.address, buffer.first(*count), Permissions::WRITE);
      done += *count;
      rest.address += *count;
      rest.size -= *count;
      if (*count < wanted) return static_cast<std::int64_t>(done);
    }
  }
  return static_cast<std::int64_t>(done);
}

CallResult write_vectors_to(Kernel& kernel, const FileReference& file, const Vectors& vectors,
                            std::optional<std::uint64_t> offset) {
  if (!file->writable()) return fail(EBADF);
  const Call* resumed = kernel.resumed_call();
  std::uint64_t to_skip = resumed != nullptr ? resumed->wait.progress : 0;
  std::uint64_t done = 0;
  for (abi::IoVector rest : vectors) {
    const std::uint64_t skipped = std::min(to_skip, rest.size);
    to_skip -= skipped;
    done += skipped;
    rest.address += skipped;
    rest.size -= skipped;
    while (rest.size > 0) {
      const std::uint64_t wanted = std::min<std::uint64_t>(rest.size, kernel.transfer_buffer.size());
      const std::uint64_t size = kernel.accessible_bytes(rest.address, wanted, Permissions::READ);
      if (size == 0) return done > 0 ? CallResult(static_cast<std::int64_t>(done)) : fail(EFAULT);
      const auto buffer = std::span(kernel.transfer_buffer).first(size);
      kernel.memory.read(rest.address, buffer, Permissions::READ);
      const auto count = kernel.write_file(*file, buffer, offset_after(offset, done));
      if (!count && count.error().value == EAGAIN) return wait_for(kernel, file, abi::EVENT_OUT, done);
      if (!count && done > 0) return static_cast<std::int64_t>(done);
      if (!count && count.error().value == EPIPE) {
        abi::SignalInfo info{};
        info.signal = SIGNAL_PIPE;
        kernel.send_to_thread(kernel.thread(), info);
      }
      if (!count) return fail(count.error());
      done += *count;
      if (file->takes_items()) return static_cast<std::int64_t>(done);
      rest.address += *count;
      rest.size -= *count;
    }
  }
  return static_cast<std::int64_t>(done);
}

CallResult read_from(Kernel& kernel, Descriptor descriptor, const Result<Vectors>& vectors,
                     std::optional<std::int64_t> offset) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if (!vectors) return fail(vectors.error());
  if (offset && *offset < 0) return fail(EINVAL);
  return read_vectors_from(kernel, *file, *vectors, offset);
}

CallResult write_to(Kernel& kernel, Descriptor descriptor, const Result<Vectors>& vectors,
                    std::optional<std::int64_t> offset) {
  const auto file = kernel.files.get(descriptor.number);
  if (!file) return fail(file.error());
  if (!vectors) return fail(vectors.error());
  if (offset && *offset < 0) return fail(EINVAL);
  return write_vectors_to(kernel, *file, *vectors, offset);
}

// The offset that a copy starts at: the one in memory or, without one, the file's position.
Result<std::uint64_t> start_of_copy(Kernel& kernel, OpenFile& file, Address offset) {
  if (offset.value == 0) return file.seek(0, SeekOrigin::CURRENT);
  const auto value = kernel.get<std::int64_t>(offset.value);
  if (!value) return fail(value.error());
  if (*value < 0) return fail(EINVAL);
  return static_cast<std::uint64_t>(*value);
}

void finish_copy(Kernel& kernel, OpenFile& file, Address offset, std::uint64_t position) {
  if (offset.value == 0) {
    (void)file.seek(static_cast<std::int64_t>(position), SeekOrigin::START);
  } else {
    (void)kernel.put(offset.value, position);
  }
}

}  // namespace

CallResult read(Kernel& kernel, Descriptor descriptor, Address buffer, std::uint64_t size) {
  return read_from(kernel, descriptor, one_vector(buffer.value, size), std::nullopt);
}

CallResult write(Kernel& kernel, Descriptor descriptor, Text buffer, std::uint64_t size) {
  return write_to(kernel, descriptor, one_vector(buffer.address, size), std::nullopt);
}

CallResult readv(Kernel& kernel, Descriptor descriptor, Address vectors, std::int32_t count) {
  return read_from(kernel, descriptor, read_vectors(kernel, vectors, count), std::nullopt);
}

CallResult writev(Kernel& kernel, Descriptor descriptor, Address vectors, std::int32_t count) {
  return write_to(kernel, descriptor, read_vectors(kernel, vectors, count), std::nullopt);
}

CallResult pread64(Kernel& kernel, Descriptor descriptor, Address buffer, std::uint64_t size, std::int64_t offset) {
  return read_from(kernel, descriptor, one_vector(buffer.value, size), offset);
}

CallResult pwrite64(Kernel& kernel, Descriptor descriptor, Text buffer, std::uint64_t size, std::int64_t offset) {
  return write_to(kernel, descriptor, one_vector(buffer.address, size), offset);
}

CallResult preadv(Kernel& kernel, Descriptor descriptor, Address vectors, std::int32_t count, std::int64_t offset) {
  return read_from(kernel, descriptor, read_vectors(kernel, vectors, count), offset);
}

CallResult pwritev(Kernel& kernel, Descriptor descriptor, Address vectors, std::int32_t count, std::int64_t offset) {
  return write_to(kernel, descriptor, read_vectors(kernel, vectors, count), offset);
}

CallResult sendfile(Kernel& kernel, Descriptor output, Descriptor input, Address offset, std::uint64_t size) {
  const auto from = kernel.files.get(input.number);
  const auto to = kernel.files.get(output.number);
  if (!from || !to || !(*from)->readable() || !(*to)->writable()) return fail(EBADF);
  if ((*to)->has(abi::O_APPENDING)) return fail(EINVAL);
  const auto start = start_of_copy(kernel, **from, offset);
  // A pipe cannot be sent from: what was read of it could not be put back.
  if (!start) return fail(start.error().value == ESPIPE ? EINVAL : start.error().value);
  size = std::min(size, MOST_COPIED_BYTES);
  std::uint64_t done = 0;
  while (done < size) {
    const auto buffer = std::span(kernel.transfer_buffer);
    const auto count = kernel.read_file(**from, buffer.first(std::min(size - done, buffer.size())), *start + done);
    if (!count && done == 0) return fail(count.error().value == ESPIPE ? EINVAL : count.error().value);
    if (!count || *count == 0) break;
    const auto written = kernel.write_file(**to, buffer.first(*count), std::nullopt);
    if (!written && done > 0) break;
    if (!written && written.error().value == EAGAIN) return wait_for(kernel, *to, abi::EVENT_OUT, 0);
    if (!written) return fail(written.error());
    done += *written;
    if (*written < *count) break;
  }
  finish_copy(kernel, **from, offset, *start + done);
  return static_cast<std::int64_t>(done);
}

CallResult copy_file_range(Kernel& kernel, Descriptor input, Address input_offset, Descriptor output,
                           Address output_offset, std::uint64_t size, Flags flags) {
  if (flags.bits != 0) return fail(EINVAL);
  const auto from = kernel.files.get(input.number);
  const auto to = kernel.files.get(output.number);
  if (!from || !to || !(*from)->readable() || !(*to)->writable() || (*to)->has(abi::O_APPENDING)) return fail(EBADF);
  for (const FileReference& file : {*from, *to}) {
    const auto status = file->status();
    if (!status || !S_ISREG(status->st_mode)) return fail(EINVAL);
  }
  const auto from_start = start_of_copy(kernel, **from, input_offset);
  const auto to_start = start_of_copy(kernel, **to, output_offset);
  if (!from_start || !to_start) return fail(!from_start ? from_start.error() : to_start.error());
  size = std::min(size, MOST_COPIED_BYTES);
  std::uint64_t done = 0;
  while (done < size) {
    const auto buffer = std::span(kernel.transfer_buffer);
    const auto count = kernel.read_file(**from, buffer.first(std::min(size - done, buffer.size())), *from_start + done);
    if (!count && done == 0) return fail(count.error());
    if (!count || *count == 0) break;
    const auto written = kernel.write_file(**to, buffer.first(*count), *to_start + done);
    if (!written && done == 0) return fail(written.error());
    if (!written) break;
    done += *written;
    if (*written < *count) break;
  }
  finish_copy(kernel, **from, input_offset, *from_start + done);
  finish_copy(kernel, **to, output_offset, *to_start + done);
  return static_cast<std::int64_t>(done);
}

}  // namespace armillion::guest::kernel::calls
