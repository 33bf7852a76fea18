#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "armillion/permissions.hpp"
#include "armillion/symbols.hpp"
#include "guest/address_space.hpp"

// Programs: what an ELF file says, and how it gets into memory. Files come from anywhere: whatever is wrong with one
// ends in an Error(BAD_PROGRAM) that says what, never in a wild access.
namespace armillion::guest {

/// A part of the file that belongs into memory (an entry of type PT_LOAD).
struct Segment {
  std::uint64_t address = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t file_bytes = 0;
  Permissions permissions = Permissions::NONE;
};

/// What the headers of an AArch64 ELF file say. Everything in it has been checked against the file's size.
struct ElfImage {
  enum class Kind : std::uint8_t {
    /// Must lie at the addresses that it names (ET_EXEC).
    FIXED,
    /// May lie anywhere: a static-pie or dynamic program, or a program interpreter (ET_DYN).
    POSITION_INDEPENDENT,
  };

  Kind kind = Kind::FIXED;
  std::uint64_t entry = 0;
  /// Address of the program headers in memory, 0 where no segment holds them.
  std::uint64_t program_headers_address = 0;
  std::uint16_t program_header_count = 0;
  /// In ascending order of addresses; they do not overlap.
  std::vector<Segment> segments;
  /// What the distance must be a multiple of by which the program is moved: a power of two, at least a page.
  std::uint64_t alignment = PAGE_SIZE;
  /// Path of the program interpreter (PT_INTERP), empty for a static program.
  std::string interpreter;
  Permissions stack_permissions = Permissions::READ_WRITE;

  /// From the first page of the first segment to the last page of the last.
  std::uint64_t first_address() const { return segments.front().address & PAGE_MASK; }
  std::uint64_t span_bytes() const {
    return page_align_up(segments.back().address + segments.back().memory_bytes) - first_address();
  }
};

/// Whether these bytes start like an ELF file.
bool is_elf(std::span<const std::byte> file);

/// Reads the headers. `name` is for messages. Error(BAD_PROGRAM) for anything but a well-formed 64-bit little-endian
/// AArch64 program or shared object.
ElfImage read_elf(std::span<const std::byte> file, std::string_view name);

/// Symbols of the file moved up by `bias` bytes: those of .symtab, or of .dynsym where a file is stripped. Sections are
/// not needed to run a program, so malformed ones only make the table shorter.
SymbolTable read_symbols(std::span<const std::byte> file, std::uint64_t bias);

/// Maps the segments moved up by `bias` bytes and fills them. Error(BAD_PROGRAM) where they reach past the user's
/// addresses, Error(OUT_OF_MEMORY) where they pass the memory limit.
void map_segments(AddressSpace& memory, const ElfImage& image, std::span<const std::byte> file, std::uint64_t bias,
                  std::string_view name);

/// Reads a whole file of at most `limit_bytes`. Error(FILE_UNREADABLE), also for what is not a regular file.
std::vector<std::byte> read_program_file(const std::string& path, std::uint64_t limit_bytes);

}  // namespace armillion::guest
