#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "guest/linux/handlers.hpp"
#include "guest/linux/kernel.hpp"

// System calls on memory.
namespace armillion::guest::kernel {

namespace {

constexpr std::uint32_t ALL_PROTECTIONS =
    abi::PROTECTION_READ | abi::PROTECTION_WRITE | abi::PROTECTION_EXECUTE | abi::PROTECTION_BTI;

// Memory that can be written or executed can also be read, as AArch64's page tables have it.
Permissions to_permissions(Protection protection) {
  Permissions result = Permissions::NONE;
  if ((protection.bits & abi::PROTECTION_READ) != 0) result = result | Permissions::READ;
  if ((protection.bits & abi::PROTECTION_WRITE) != 0) result = result | Permissions::READ_WRITE;
  if ((protection.bits & abi::PROTECTION_EXECUTE) != 0) result = result | Permissions::READ_EXECUTE;
  return result;
}

bool is_page_aligned(std::uint64_t address) { return address % PAGE_SIZE == 0; }

bool is_user_range(std::uint64_t address, std::uint64_t size) {
  return address <= ADDRESS_LIMIT && size <= ADDRESS_LIMIT - address;
}

// `size` rounded up to pages, or nothing where that is more than there are addresses.
std::optional<std::uint64_t> whole_pages(std::uint64_t size) {
  if (size > ADDRESS_LIMIT) return std::nullopt;
  return page_align_up(size);
}

// Whether the process may have [start, end) as memory that holds data.
bool may_charge(const Kernel& kernel, std::uint64_t start, std::uint64_t end) {
  const std::uint64_t others = kernel.mappings.charged.total() - kernel.mappings.charged.overlap(start, end);
  const std::uint64_t limit = kernel.options.memory_limit_bytes;
  return others <= limit && end - start <= limit - others;
}

// Grows what is mapped up to `end`, where `more` bytes are free, by the file's further bytes or by zeros.
void map_behind(Kernel& kernel, std::uint64_t end, std::uint64_t more, Permissions permissions) {
  kernel.memory.map(end, more, permissions);
  MemoryMap& mappings = kernel.mappings;
  for (FileMappings* kind : {&mappings.private_files, &mappings.shared_files}) {
    const FileMapping* mapping = kind->find(end - 1);
    if (mapping != nullptr) kernel.map_file(*kind, end, end + more, mapping->file, mapping->offset_of(end));
  }
}

bool may_map_more(const Kernel& kernel) { return kernel.memory.regions().size() < MemoryMap::MOST_MAPPINGS; }

// Forgets what the kernel knows of [start, end), which is about to be unmapped or replaced.
void forget(Kernel& kernel, std::uint64_t start, std::uint64_t end) {
  kernel.write_back(start, end);
  kernel.mappings.charged.remove(start, end);
  kernel.mappings.private_files.remove(start, end);
  kernel.mappings.shared_files.remove(start, end);
}

// The file to map, checked; null for anonymous memory.
Result<FileReference> file_to_map(Kernel& kernel, Protection protection, std::uint32_t flags, Descriptor descriptor) {
  if ((flags & abi::MAP_WITHOUT_FILE) != 0) return FileReference();
  auto file = kernel.files.get(descriptor.number);
  if (!file) return file;
  const auto status = (*file)->status();
  if (!status) return fail(status.error());
  const bool is_shared = (flags & abi::MAP_KIND_BITS) != abi::MAP_PRIVATELY;
  const bool writes_to_file = is_shared && (protection.bits & abi::PROTECTION_WRITE) != 0;
  if (!(*file)->readable() || (writes_to_file && !(*file)->writable())) return fail(EACCES);
  // Mapping /dev/zero is the old way to ask for anonymous memory.
  if ((*file)->description() == "/dev/zero") return FileReference();
  if (!S_ISREG(status->st_mode)) return fail(ENODEV);
  return file;
}

// The parts of regions that lie in [start, end).
std::vector<AddressSpace::RegionView> regions_within(const AddressSpace& memory, std::uint64_t start,
                                                     std::uint64_t end) {
  std::vector<AddressSpace::RegionView> result;
  auto region = memory.regions().upper_bound(start);
  if (region != memory.regions().begin()) --region;
  for (; region != memory.regions().end() && region->first < end; ++region) {
    const std::uint64_t low = std::max(start, region->first);
    const std::uint64_t high = std::min(end, region->second.end);
    if (low < high) result.push_back({low, high, region->second.permissions});
  }
  return result;
}

// Gives back what is in [start, end): pages are zero again, or what their file has. What was stored through a shared
// mapping is the file's already, so those pages stay.
void discard(Kernel& kernel, std::uint64_t start, std::uint64_t end) {
  MemoryMap& mappings = kernel.mappings;
  for (const auto& region : regions_within(kernel.memory, start, end)) {
    std::uint64_t done = region.start;
    const auto clear_to = [&](std::uint64_t limit) {
      if (done < limit) kernel.memory.map(done, limit - done, region.permissions);
    };
    for (const FileMapping* shared : mappings.shared_files.overlapping(region.start, region.end)) {
      clear_to(shared->start);
      done = shared->end;
    }
    clear_to(region.end);
  }
  for (const FileMapping* mapping : mappings.private_files.overlapping(start, end)) {
    kernel.fill_from_file(*mapping, std::max(start, mapping->start), std::min(end, mapping->end));
  }
}

Result<std::uint64_t> choose_address(const Kernel& kernel, std::uint64_t wanted, std::uint64_t size,
                                     std::uint32_t flags) {
  const bool is_fixed = (flags & (abi::MAP_AT_ADDRESS | abi::MAP_AT_FREE_ADDRESS)) != 0;
  if (is_fixed) {
    if (!is_page_aligned(wanted)) return fail(EINVAL);
    if (!is_user_range(wanted, size)) return fail(ENOMEM);
    if (wanted < MemoryMap::LOWEST_ADDRESS) return fail(EPERM);
    if ((flags & abi::MAP_AT_FREE_ADDRESS) != 0 && !kernel.memory.is_free(wanted, size)) return fail(EEXIST);
    return wanted;
  }
  wanted &= PAGE_MASK;
  if (wanted >= MemoryMap::LOWEST_ADDRESS && is_user_range(wanted, size) && kernel.memory.is_free(wanted, size)) {
    return wanted;
  }
  const auto found = kernel.memory.find_free(size, MemoryMap::LOWEST_ADDRESS, kernel.mappings.mapping_top);
  if (!found) return fail(ENOMEM);
  return *found;
}

}  // namespace

namespace calls {

CallResult brk(Kernel& kernel, Address end) {
  MemoryMap& mappings = kernel.mappings;
  const auto current = static_cast<std::int64_t>(mappings.break_end);
  if (end.value < mappings.break_start || end.value > ADDRESS_LIMIT) return current;
  const std::uint64_t old_top = page_align_up(mappings.break_end);
  const std::uint64_t new_top = page_align_up(end.value);
  if (new_top > old_top) {
    const bool is_possible = kernel.memory.is_free(old_top, new_top - old_top) &&
                             may_charge(kernel, old_top, new_top) && may_map_more(kernel);
    if (!is_possible) return current;
    kernel.memory.map(old_top, new_top - old_top, Permissions::READ_WRITE);
    mappings.charged.add(old_top, new_top);
  } else if (new_top < old_top) {
    forget(kernel, new_top, old_top);
    kernel.memory.unmap(new_top, old_top - new_top);
  }
  mappings.break_end = end.value;
  return static_cast<std::int64_t>(end.value);
}

CallResult mmap(Kernel& kernel, Address wanted, std::uint64_t size, Protection protection, Flags flags,
                Descriptor descriptor, std::uint64_t offset) {
  const std::uint32_t kind = flags.bits & abi::MAP_KIND_BITS;
  if (kind != abi::MAP_SHARING && kind != abi::MAP_PRIVATELY && kind != abi::MAP_SHARING_VALIDATED) return fail(EINVAL);
  if (size == 0 || !is_page_aligned(offset)) return fail(EINVAL);
  const auto bytes = whole_pages(size);
  if (!bytes) return fail(ENOMEM);
  std::uint64_t file_end = 0;
  if (__builtin_add_overflow(offset, *bytes, &file_end)) return fail(EOVERFLOW);
  const auto file = file_to_map(kernel, protection, flags.bits, descriptor);
  if (!file) return fail(file.error());
  const auto address = choose_address(kernel, wanted.value, *bytes, flags.bits);
  if (!address) return fail(address.error());
  const std::uint64_t end = *address + *bytes;
  const Permissions permissions = to_permissions(protection);
  const bool holds_data = *file != nullptr || allows(permissions, Permissions::WRITE);
  if (!may_map_more(kernel) || (holds_data && !may_charge(kernel, *address, end))) return fail(ENOMEM);

  forget(kernel, *address, end);
  kernel.memory.map(*address, *bytes, permissions);
  if (holds_data) kernel.mappings.charged.add(*address, end);
  if (*file != nullptr) {
    MemoryMap& mappings = kernel.mappings;
    kernel.map_file(kind == abi::MAP_PRIVATELY ? mappings.private_files : mappings.shared_files, *address, end, *file,
                    offset);
  }
  return static_cast<std::int64_t>(*address);
}

CallResult munmap(Kernel& kernel, Address address, std::uint64_t size) {
  const auto bytes = whole_pages(size);
  if (size == 0 || !bytes || !is_page_aligned(address.value) || !is_user_range(address.value, *bytes)) {
    return fail(EINVAL);
  }
  // Taking a piece out of the middle makes one mapping more.
  if (!may_map_more(kernel)) return fail(ENOMEM);
  forget(kernel, address.value, address.value + *bytes);
  kernel.memory.unmap(address.value, *bytes);
  return 0;
}

CallResult mprotect(Kernel& kernel, Address address, std::uint64_t size, Protection protection) {
  const auto bytes = whole_pages(size);
  if ((protection.bits & ~ALL_PROTECTIONS) != 0 || !is_page_aligned(address.value)) return fail(EINVAL);
  if (!bytes || !is_user_range(address.value, *bytes)) return fail(ENOMEM);
  if (*bytes == 0) return 0;
  const std::uint64_t end = address.value + *bytes;
  const Permissions permissions = to_permissions(protection);
  const bool becomes_writable = allows(permissions, Permissions::WRITE);
  if (!may_map_more(kernel) || (becomes_writable && !may_charge(kernel, address.value, end))) return fail(ENOMEM);
  // What would be stored could not go to the file.
  const auto is_read_only = [](const FileMapping* mapping) { return !mapping->file->writable(); };
  if (becomes_writable &&
      std::ranges::any_of(kernel.mappings.shared_files.overlapping(address.value, end), is_read_only)) {
    return fail(EACCES);
  }
  if (!kernel.memory.protect(address.value, *bytes, permissions)) return fail(ENOMEM);
  if (becomes_writable) kernel.mappings.charged.add(address.value, end);
  return 0;
}

CallResult mremap(Kernel& kernel, Address address, std::uint64_t old_size, std::uint64_t new_size, Flags flags,
                  Address target) {
  constexpr std::uint32_t MAY_MOVE = 1;
  constexpr std::uint32_t FIXED = 2;
  const bool may_move = (flags.bits & MAY_MOVE) != 0;
  const bool is_fixed = (flags.bits & FIXED) != 0;
  const auto old_bytes = whole_pages(old_size);
  const auto new_bytes = whole_pages(new_size);
  if ((flags.bits & ~(MAY_MOVE | FIXED)) != 0 || (is_fixed && !may_move)) return fail(EINVAL);
  if (!is_page_aligned(address.value) || !old_bytes || *old_bytes == 0 || !new_bytes || *new_bytes == 0) {
    return fail(EINVAL);
  }
  const std::uint64_t start = address.value;
  const auto region = kernel.memory.region_at(start);
  if (!region || region->end - start < *old_bytes) return fail(EFAULT);
  const std::uint64_t old_end = start + *old_bytes;
  const bool holds_data = kernel.mappings.charged.overlap(start, old_end) > 0;

  if (!is_fixed && *new_bytes <= *old_bytes) {
    if (*new_bytes < *old_bytes) {
      forget(kernel, start + *new_bytes, old_end);
      kernel.memory.unmap(start + *new_bytes, *old_bytes - *new_bytes);
    }
    return static_cast<std::int64_t>(start);
  }
  const std::uint64_t kept = std::min(*old_bytes, *new_bytes);
  const std::uint64_t more = *new_bytes - kept;
  const std::uint64_t limit = kernel.options.memory_limit_bytes;
  const std::uint64_t charged = kernel.mappings.charged.total();
  if (!may_map_more(kernel) || (holds_data && (charged > limit || more > limit - charged))) return fail(ENOMEM);

  const bool fits_in_place = is_user_range(start, *new_bytes) && kernel.memory.is_free(old_end, more);
  if (!is_fixed && fits_in_place) {
    map_behind(kernel, old_end, more, region->permissions);
    if (holds_data) kernel.mappings.charged.add(old_end, old_end + more);
    return static_cast<std::int64_t>(start);
  }
  if (!may_move) return fail(ENOMEM);
  const auto new_start =
      choose_address(kernel, is_fixed ? target.value : 0, *new_bytes, is_fixed ? abi::MAP_AT_ADDRESS : 0);
  if (!new_start) return fail(new_start.error());
  const std::uint64_t new_end = *new_start + *new_bytes;
  if (*new_start < old_end && start < new_end) return fail(EINVAL);

  forget(kernel, *new_start, new_end);
  forget(kernel, start + kept, old_end);
  kernel.memory.unmap(*new_start, *new_bytes);
  kernel.memory.move(start, *new_start, kept);
  if (kept < *old_bytes) kernel.memory.unmap(start + kept, *old_bytes - kept);
  kernel.mappings.charged.remove(start, old_end);
  kernel.mappings.private_files.move(start, *new_start, kept);
  kernel.mappings.shared_files.move(start, *new_start, kept);
  if (more > 0) map_behind(kernel, *new_start + kept, more, region->permissions);
  if (holds_data) kernel.mappings.charged.add(*new_start, new_end);
  return static_cast<std::int64_t>(*new_start);
}

CallResult madvise(Kernel& kernel, Address address, std::uint64_t size, std::int32_t advice) {
  constexpr std::int32_t DONT_NEED = 4;
  constexpr std::int32_t LARGEST_ADVICE = 25;
  const auto bytes = whole_pages(size);
  if (!is_page_aligned(address.value) || !bytes || !is_user_range(address.value, *bytes)) return fail(EINVAL);
  if (advice < 0 || advice > LARGEST_ADVICE) return fail(EINVAL);
  const std::uint64_t end = address.value + *bytes;
  const bool has_holes = kernel.memory.find_obstacle(address.value, *bytes, Permissions::NONE).has_value();
  if (advice == DONT_NEED) discard(kernel, address.value, end);
  return has_holes ? fail(ENOMEM) : CallResult(0);
}

CallResult mincore(Kernel& kernel, Address address, std::uint64_t size, Address result) {
  const auto bytes = whole_pages(size);
  if (!is_page_aligned(address.value)) return fail(EINVAL);
  if (!bytes || !is_user_range(address.value, *bytes)) return fail(ENOMEM);
  if (kernel.memory.find_obstacle(address.value, *bytes, Permissions::NONE)) return fail(ENOMEM);
  // Every page counts as resident. The answer is written in pieces, however long it is.
  std::array<std::byte, PAGE_SIZE> resident;
  resident.fill(std::byte{1});
  const std::uint64_t pages = *bytes / PAGE_SIZE;
  for (std::uint64_t done = 0; done < pages; done += resident.size()) {
    const auto piece = std::span(resident).first(std::min<std::uint64_t>(pages - done, resident.size()));
    if (!kernel.memory.write(result.value + done, piece, Permissions::WRITE)) return fail(EFAULT);
  }
  return 0;
}

CallResult msync(Kernel& kernel, Address address, std::uint64_t size, Flags) {
  const auto bytes = whole_pages(size);
  if (!is_page_aligned(address.value)) return fail(EINVAL);
  if (!bytes || !is_user_range(address.value, *bytes)) return fail(ENOMEM);
  kernel.write_back(address.value, address.value + *bytes);
  return kernel.memory.find_obstacle(address.value, *bytes, Permissions::NONE) ? fail(ENOMEM) : CallResult(0);
}

// Memory of a guest is never swapped out by this kernel: locking succeeds wherever there is memory.
CallResult mlock(Kernel& kernel, Address address, std::uint64_t size) {
  const std::uint64_t start = address.value & PAGE_MASK;
  if (!is_user_range(start, size)) return fail(ENOMEM);
  return kernel.memory.find_obstacle(start, size, Permissions::NONE) ? fail(ENOMEM) : CallResult(0);
}

CallResult munlock(Kernel& kernel, Address address, std::uint64_t size) { return mlock(kernel, address, size); }

}  // namespace calls
}  // namespace armillion::guest::kernel
