#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "guest/linux/kernel.hpp"

// What mappings of files show, and how a file and its shared mappings come to agree. A page of memory has one address,
// so that each mapping is a copy: calls that read a file first carry over what was stored through its mappings, and
// calls that change it bring the change to them.
namespace armillion::guest::kernel {
namespace {

std::optional<FileIdentity> identity_of(const OpenFile& file) {
  const auto status = file.status();
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  return FileIdentity{status->st_dev, status->st_ino};
}

// Bytes of a page of the file, with zeros behind the file's end.
struct FilePage {
  std::array<std::byte, PAGE_SIZE> bytes{};
  /// How many the file has.
  std::uint64_t size = 0;
};

FilePage read_page(OpenFile& file, std::uint64_t offset) {
  FilePage page;
  page.size = file.read_at(page.bytes, offset).value_or(0);
  return page;
}

// Writes the bytes of a page that stores have changed to the file, and no others: those may have been written since.
// A mapping that reaches past the end of its file does not make the file longer. Whether there were any.
bool write_page_back(AddressSpace& memory, FileMapping& mapping, std::uint64_t address) {
  FrameReference& in_file = mapping.page_in_file(address);
  const Frame& now = memory.frame_at(address);
  if (&now == &*in_file) return false;
  FilePage page = read_page(*mapping.file, mapping.offset_of(address));
  std::uint64_t first = PAGE_SIZE;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < page.size; ++i) {
    if (now.bytes[i] == (*in_file).bytes[i]) continue;
    page.bytes[i] = now.bytes[i];
    first = std::min(first, i);
    end = i + 1;
  }
  if (first < end) {
    const auto changed = std::span(page.bytes).subspan(first, end - first);
    if (!mapping.file->write_at(changed, mapping.offset_of(address) + first)) return false;
  }
  in_file = memory.keep_frame(address);
  return first < end;
}

// Makes a page what the file has. Nothing was stored in it that the file lacks.
void reload_page(AddressSpace& memory, FileMapping& mapping, std::uint64_t address) {
  const FilePage page = read_page(*mapping.file, mapping.offset_of(address));
  if (std::ranges::equal(page.bytes, memory.frame_at(address).bytes)) return;
  memory.write(address, page.bytes);
  if (mapping.goes_to_file()) mapping.page_in_file(address) = memory.keep_frame(address);
}

// Where the next read or write that names no offset begins; nothing for what is not a regular file.
std::optional<std::uint64_t> next_offset(OpenFile& file, bool appends) {
  if (appends) {
    const auto status = file.status();
    return status ? std::optional(static_cast<std::uint64_t>(status->st_size)) : std::nullopt;
  }
  const auto offset = file.seek(0, SeekOrigin::CURRENT);
  return offset ? std::optional(*offset) : std::nullopt;
}

}  // namespace

void Kernel::fill_from_file(const FileMapping& mapping, std::uint64_t start, std::uint64_t end) {
  const std::uint64_t offset = mapping.offset_of(start);
  synchronise(mapping.identity, offset, mapping.offset_of(end));
  std::uint64_t done = 0;
  while (done < end - start) {
    const auto buffer =
        std::span(transfer_buffer).first(std::min<std::uint64_t>(end - start - done, transfer_buffer.size()));
    const auto count = mapping.file->read_at(buffer, offset + done);
    if (!count || *count == 0) return;
    // Pages of zeros need no copy.
    for (std::uint64_t page_start = 0; page_start < *count; page_start += PAGE_SIZE) {
      const auto page = buffer.subspan(page_start, std::min(PAGE_SIZE, *count - page_start));
      const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
      if (!std::ranges::all_of(page, is_zero)) memory.write(start + done + page_start, page);
    }
    done += *count;
  }
}

void Kernel::map_file(FileMappings& kind, std::uint64_t start, std::uint64_t end, const FileReference& file,
                      std::uint64_t offset) {
  FileMapping mapping{start, end, file, offset, identity_of(*file).value_or(FileIdentity{}), {}};
  fill_from_file(mapping, start, end);
  if (&kind == &mappings.shared_files && file->writable()) {
    mapping.pages_in_file.reserve((end - start) / PAGE_SIZE);
    for (std::uint64_t address = start; address < end; address += PAGE_SIZE) {
      mapping.pages_in_file.push_back(memory.keep_frame(address));
    }
  } else if (auto reader = file->reader()) {
    mapping.file = std::move(reader);
  }
  kind.add(std::move(mapping));
}

void Kernel::write_back(std::uint64_t start, std::uint64_t end) {
  for (const FileMapping* mapping : mappings.shared_files.overlapping(start, end)) {
    const std::uint64_t low = std::max(start, mapping->start);
    const std::uint64_t high = std::min(end, mapping->end);
    if (mapping->goes_to_file()) synchronise(mapping->identity, mapping->offset_of(low), mapping->offset_of(high));
  }
}

void Kernel::synchronise(const FileIdentity& file, std::uint64_t low, std::uint64_t high) {
  // All changes go to the file before any mapping is shown another one's.
  std::vector<std::uint64_t> changed_pages;
  std::size_t mappings_of_file = 0;
  for (auto& [start, mapping] : mappings.shared_files.all()) {
    if (mapping.identity != file) continue;
    ++mappings_of_file;
    if (!mapping.goes_to_file()) continue;
    const FileMapping::Range pages = mapping.pages_of(low, high);
    for (std::uint64_t address = pages.start; address < pages.end; address += PAGE_SIZE) {
      if (write_page_back(memory, mapping, address)) changed_pages.push_back(mapping.offset_of(address));
    }
  }
  if (mappings_of_file == 1) return;
  for (const std::uint64_t offset : changed_pages) refresh(file, offset, offset + PAGE_SIZE);
}

void Kernel::refresh(const FileIdentity& file, std::uint64_t low, std::uint64_t high) {
  for (auto& [start, mapping] : mappings.shared_files.all()) {
    if (mapping.identity != file) continue;
    const FileMapping::Range pages = mapping.pages_of(low, high);
    for (std::uint64_t address = pages.start; address < pages.end; address += PAGE_SIZE) {
      reload_page(memory, mapping, address);
    }
  }
}

Result<std::uint64_t> Kernel::read_file(OpenFile& file, std::span<std::byte> destination,
                                        std::optional<std::uint64_t> offset) {
  if (!mappings.shared_files.empty()) {
    const auto identity = identity_of(file);
    const auto start = offset ? offset : next_offset(file, false);
    if (identity && start) synchronise(*identity, *start, *start + destination.size());
  }
  return offset ? file.read_at(destination, *offset) : file.read(destination);
}

Result<std::uint64_t> Kernel::write_file(OpenFile& file, std::span<const std::byte> source,
                                         std::optional<std::uint64_t> offset) {
  const auto write = [&] { return offset ? file.write_at(source, *offset) : file.write(source); };
  if (mappings.shared_files.empty()) return write();
  const auto start = offset ? offset : next_offset(file, file.has(abi::O_APPENDING));
  return start ? change_file(identity_of(file), *start, *start + source.size(), write) : write();
}

Result<void> Kernel::resize_file(OpenFile& file, std::uint64_t size) {
  if (mappings.shared_files.empty()) return file.truncate(size);
  const auto status = file.status();
  if (!status) return fail(status.error());
  // Where it grows, what was stored behind its old end is not in the file.
  const std::uint64_t low = std::min(size, static_cast<std::uint64_t>(status->st_size));
  return change_file(identity_of(file), low, FILE_END, [&] { return file.truncate(size); });
}

}  // namespace armillion::guest::kernel
