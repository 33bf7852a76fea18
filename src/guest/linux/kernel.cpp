#include "guest/linux/kernel.hpp"

#include <algorithm>
#include <utility>

#include <limits.h>

#include "armillion/error.hpp"

namespace armillion::guest::kernel {
namespace {

FileReference make_output(const OutputStream& stream, int descriptor, const std::shared_ptr<CapturedOutput>& captured) {
  const auto inode = static_cast<std::uint64_t>(descriptor) + 1;
  switch (stream.kind) {
    case OutputStream::Kind::INHERIT: return InheritedStream::open(descriptor);
    case OutputStream::Kind::CAPTURE: return std::make_shared<CapturedStream>(captured, inode);
    case OutputStream::Kind::CALLBACK: return std::make_shared<CallbackStream>(stream.callback, inode);
  }
  return nullptr;
}

}  // namespace

Kernel::Kernel(Machine& guest_machine, const ProcessOptions& process_options)
    : machine(guest_machine),
      memory(guest_machine.address_space()),
      options(process_options),
      names(options.sysroot, options.directories),
      file_budget(std::make_shared<MemoryFileBudget>()) {
  execute = [this](const RunOptions& slice) { return machine.execute(slice); };
  file_budget->limit_bytes = options.memory_limit_bytes;
  random = RandomGenerator(options.random, options.seed);
  for (abi::ResourceLimit& limit : limits) limit = {abi::LIMIT_INFINITY, abi::LIMIT_INFINITY};
  limits[abi::LIMIT_STACK].current = page_align_up(options.stack_bytes);
  limits[abi::LIMIT_CORE].current = 0;
  limits[abi::LIMIT_OPEN_FILES] = {files.limit(), FileTable::HARD_LIMIT};

  const auto directory = names.resolve(names.root(), options.working_directory, FinalLink::FOLLOW);
  if (!options.working_directory.starts_with('/') || !directory || directory->directory == nullptr) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                "the working directory " + options.working_directory + " is not a directory that the guest sees");
  }
  working_directory = directory->directory;

  FileReference streams[3];
  streams[0] = options.standard_input.kind == InputStream::Kind::INHERIT
                   ? InheritedStream::open(0)
                   : std::make_shared<InputBytes>(std::make_shared<const std::string>(options.standard_input.bytes));
  for (int descriptor : {1, 2}) {
    const OutputStream& stream = descriptor == 1 ? options.standard_output : options.standard_error;
    auto& captured = captured_outputs[descriptor];
    captured = std::make_shared<CapturedOutput>();
    captured->limit_bytes = stream.capture_limit_bytes;
    streams[descriptor] = make_output(stream, descriptor, captured);
  }
  for (int descriptor : {0, 1, 2}) {
    if (streams[descriptor] != nullptr) (void)files.set(descriptor, streams[descriptor], OnExec::KEEP);
  }

  Thread first;
  first.id = PROCESS_ID;
  threads.emplace(PROCESS_ID, std::move(first));
}

void Kernel::adopt_standard_streams(const std::shared_ptr<const std::string>& input) {
  // Descriptors that share a stream still do afterwards.
  std::map<const OpenFile*, FileReference> adopted;
  const auto end = static_cast<std::int32_t>(files.size());
  for (std::int32_t descriptor = 0; descriptor < end; ++descriptor) {
    FileTable::Entry* entry = files.find(descriptor);
    if (entry == nullptr || entry->file == nullptr) continue;
    const auto stream = entry->file->standard_stream();
    if (!stream) continue;
    const bool keeps_input = *stream == 0 && input == nullptr && entry->file->host_descriptor() < 0;
    if (keeps_input) continue;
    FileReference& file = adopted[entry->file.get()];
    if (file == nullptr) {
      if (*stream == 0) {
        file = std::make_shared<InputBytes>(input != nullptr ? input : std::make_shared<const std::string>());
      } else {
        file = std::make_shared<CapturedStream>(captured_outputs[*stream], static_cast<std::uint64_t>(*stream) + 1);
      }
    }
    entry->file = file;
  }
}

Result<std::string> Kernel::get_path(std::uint64_t address) const {
  auto path = memory.read_string(address, PATH_MAX - 1);
  if (path) return *std::move(path);
  const bool is_readable = accessible_bytes(address, PATH_MAX, Permissions::READ) == PATH_MAX;
  return fail(is_readable ? ENAMETOOLONG : EFAULT);
}

std::uint64_t Kernel::accessible_bytes(std::uint64_t address, std::uint64_t size, Permissions wanted) const {
  if (address >= ADDRESS_LIMIT) return 0;
  size = std::min(size, ADDRESS_LIMIT - address);
  const auto obstacle = memory.find_obstacle(address, size, wanted);
  return obstacle ? obstacle->address - address : size;
}

}  // namespace armillion::guest::kernel
