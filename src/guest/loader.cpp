#include "guest/loader.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "armillion/error.hpp"

namespace armillion::guest {
namespace {

[[noreturn]] void reject(std::string_view name, std::string_view what) {
  throw Error(ErrorCode::BAD_PROGRAM, fmt::format("{}: {}", name, what));
}

// The file's bytes with every access checked.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> file) : file_(file) {}

  std::uint64_t size() const { return file_.size(); }
  bool contains(std::uint64_t offset, std::uint64_t size) const {
    return offset <= file_.size() && size <= file_.size() - offset;
  }

  template <class T>
  std::optional<T> read(std::uint64_t offset) const {
    if (!contains(offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }

  /// Characters up to a zero byte or the end of [offset, end).
  std::string_view text(std::uint64_t offset, std::uint64_t end) const {
    if (offset >= end || !contains(offset, end - offset)) return {};
    const auto* start = reinterpret_cast<const char*>(file_.data() + offset);
    return {start, ::strnlen(start, end - offset)};
  }

 private:
  std::span<const std::byte> file_;
};

std::string_view machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_386: return "32-bit x86";
    case EM_ARM: return "32-bit Arm";
    case EM_X86_64: return "x86-64";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "64-bit PowerPC";
    case EM_MIPS: return "MIPS";
    case EM_S390: return "S/390";
    default: return "another processor";
  }
}

Elf64_Ehdr read_file_header(const Reader& file, std::string_view name) {
  const auto identification = file.read<std::array<unsigned char, EI_NIDENT>>(0);
  if (!identification || std::memcmp(identification->data(), ELFMAG, SELFMAG) != 0) {
    reject(name, "this is not an ELF file; raw code runs on a bare machine, by armillion run --flat");
  }
  if ((*identification)[EI_CLASS] != ELFCLASS64) {
    reject(name, "this is a 32-bit program; only 64-bit AArch64 programs run here");
  }
  if ((*identification)[EI_DATA] != ELFDATA2LSB) {
    reject(name, "this is a big-endian program; only little-endian AArch64 programs run here");
  }
  const auto header = file.read<Elf64_Ehdr>(0);
  if (!header) reject(name, "the file ends within the ELF header");
  if (header->e_machine != EM_AARCH64) {
    reject(name, fmt::format("this program is for {}, not for AArch64; build it with an AArch64 compiler",
                             machine_name(header->e_machine)));
  }
  switch (header->e_type) {
    case ET_EXEC:
    case ET_DYN: break;
    case ET_REL: reject(name, "this is a relocatable object; link it into a program first");
    case ET_CORE: reject(name, "this is a core dump, not a program");
    default: reject(name, fmt::format("the ELF type {} is not a program", header->e_type));
  }
  if (header->e_phentsize != sizeof(Elf64_Phdr)) {
    reject(name, fmt::format("its program headers have {} bytes each instead of {}", header->e_phentsize,
                             sizeof(Elf64_Phdr)));
  }
  if (header->e_phnum == 0) reject(name, "it has no program headers, so nothing to load");
  if (!file.contains(header->e_phoff, std::uint64_t{header->e_phnum} * sizeof(Elf64_Phdr))) {
    reject(name, "its program headers lie outside the file; is the file truncated?");
  }
  return *header;
}

Permissions permissions_of(std::uint32_t flags) {
  Permissions result = Permissions::NONE;
  if ((flags & PF_R) != 0) result = result | Permissions::READ;
  if ((flags & PF_W) != 0) result = result | Permissions::WRITE;
  if ((flags & PF_X) != 0) result = result | Permissions::EXECUTE;
  return result;
}

Segment read_segment(const Reader& file, const Elf64_Phdr& header, std::string_view name) {
  if (header.p_filesz > header.p_memsz) reject(name, "a segment has more bytes in the file than in memory");
  if (!file.contains(header.p_offset, header.p_filesz)) {
    reject(name, fmt::format("the segment at {:#x} lies outside the file; is the file truncated?", header.p_vaddr));
  }
  if (header.p_vaddr >= ADDRESS_LIMIT || header.p_memsz > ADDRESS_LIMIT - header.p_vaddr) {
    reject(name, fmt::format("the segment at {:#x} of {:#x} bytes does not fit into 48-bit addresses", header.p_vaddr,
                             header.p_memsz));
  }
  return {.address = header.p_vaddr,
          .memory_bytes = header.p_memsz,
          .file_offset = header.p_offset,
          .file_bytes = header.p_filesz,
          .permissions = permissions_of(header.p_flags)};
}

// Linux passes over what is not a power of two.
std::uint64_t alignment_of(const Elf64_Phdr& header, std::string_view name) {
  if (!std::has_single_bit(header.p_align)) return PAGE_SIZE;
  if (header.p_align >= ADDRESS_LIMIT) {
    reject(name, fmt::format("the segment at {:#x} has an alignment of {:#x} bytes, which does not fit into 48-bit "
                             "addresses",
                             header.p_vaddr, header.p_align));
  }
  return std::max(header.p_align, PAGE_SIZE);
}

std::string read_interpreter(const Reader& file, const Elf64_Phdr& header, std::string_view name) {
  constexpr std::uint64_t LONGEST_PATH = 4096;
  if (header.p_filesz < 2 || header.p_filesz > LONGEST_PATH || !file.contains(header.p_offset, header.p_filesz)) {
    reject(name, "the path of its program interpreter is not within the file");
  }
  const std::string_view path = file.text(header.p_offset, header.p_offset + header.p_filesz);
  if (path.size() == header.p_filesz) reject(name, "the path of its program interpreter is not terminated");
  return std::string(path);
}

// Symbols of one table section.
void append_symbols(const Reader& file, const Elf64_Shdr& table, const Elf64_Shdr& names, std::uint64_t bias,
                    std::vector<Symbol>& symbols) {
  if (!file.contains(table.sh_offset, table.sh_size) || !file.contains(names.sh_offset, names.sh_size)) return;
  const std::uint64_t count = table.sh_size / sizeof(Elf64_Sym);
  for (std::uint64_t i = 1; i < count; ++i) {
    const auto entry = file.read<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym));
    const unsigned char type = ELF64_ST_TYPE(entry->st_info);
    if (entry->st_shndx == SHN_UNDEF || type == STT_SECTION || type == STT_FILE || type == STT_TLS) continue;
    if (entry->st_name >= names.sh_size) continue;
    const std::string_view text = file.text(names.sh_offset + entry->st_name, names.sh_offset + names.sh_size);
    // $x and $d mark where code and data begin (ELF for the Arm 64-bit Architecture, 5.6); they name nothing.
    if (text.empty() || text.starts_with('$')) continue;
    const bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
    symbols.push_back({.name = std::string(text),
                       .address = entry->st_value + bias,
                       .size = entry->st_size,
                       .kind = is_function          ? Symbol::Kind::FUNCTION
                               : type == STT_OBJECT ? Symbol::Kind::OBJECT
                                                    : Symbol::Kind::OTHER});
  }
}

}  // namespace

bool is_elf(std::span<const std::byte> file) {
  return file.size() >= SELFMAG && std::memcmp(file.data(), ELFMAG, SELFMAG) == 0;
}

ElfImage read_elf(std::span<const std::byte> bytes, std::string_view name) {
  const Reader file(bytes);
  const Elf64_Ehdr header = read_file_header(file, name);
  ElfImage image;
  image.kind = header.e_type == ET_EXEC ? ElfImage::Kind::FIXED : ElfImage::Kind::POSITION_INDEPENDENT;
  image.entry = header.e_entry;
  image.program_header_count = header.e_phnum;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const Elf64_Phdr entry = *file.read<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    switch (entry.p_type) {
      case PT_LOAD:
        if (entry.p_memsz == 0) break;
        image.segments.push_back(read_segment(file, entry, name));
        image.alignment = std::max(image.alignment, alignment_of(entry, name));
        break;
      case PT_INTERP:
        if (!image.interpreter.empty()) reject(name, "it names two program interpreters");
        image.interpreter = read_interpreter(file, entry, name);
        break;
      case PT_GNU_STACK: image.stack_permissions = permissions_of(entry.p_flags) | Permissions::READ_WRITE; break;
      default: break;
    }
  }
  if (image.segments.empty()) reject(name, "it has no segment to load");
  std::ranges::sort(image.segments, {}, &Segment::address);
  for (std::size_t i = 1; i < image.segments.size(); ++i) {
    const Segment& previous = image.segments[i - 1];
    if (image.segments[i].address - previous.address < previous.memory_bytes) {
      reject(name, fmt::format("the segments at {:#x} and {:#x} overlap", previous.address, image.segments[i].address));
    }
  }
  // The program headers are where the segment that holds their part of the file puts them.
  for (const Segment& segment : image.segments) {
    if (header.e_phoff >= segment.file_offset && header.e_phoff - segment.file_offset < segment.file_bytes) {
      image.program_headers_address = segment.address + (header.e_phoff - segment.file_offset);
      break;
    }
  }
  return image;
}

SymbolTable read_symbols(std::span<const std::byte> bytes, std::uint64_t bias) {
  const Reader file(bytes);
  const auto header = file.read<Elf64_Ehdr>(0);
  if (!header || !is_elf(bytes) || header->e_shentsize != sizeof(Elf64_Shdr)) return {};
  const auto section = [&](std::uint64_t index) -> std::optional<Elf64_Shdr> {
    if (index >= header->e_shnum || header->e_shoff > file.size()) return std::nullopt;
    return file.read<Elf64_Shdr>(header->e_shoff + index * sizeof(Elf64_Shdr));
  };
  std::vector<Symbol> symbols;
  for (const std::uint32_t wanted : {std::uint32_t{SHT_SYMTAB}, std::uint32_t{SHT_DYNSYM}}) {
    for (std::uint64_t i = 0; i < header->e_shnum && symbols.empty(); ++i) {
      const auto table = section(i);
      if (!table || table->sh_type != wanted) continue;
      if (const auto names = section(table->sh_link)) append_symbols(file, *table, *names, bias, symbols);
    }
    if (!symbols.empty()) break;
  }
  return SymbolTable(std::move(symbols));
}

void map_segments(AddressSpace& memory, const ElfImage& image, std::span<const std::byte> file, std::uint64_t bias,
                  std::string_view name) {
  const std::uint64_t span_bytes = image.span_bytes();
  if (bias > ADDRESS_LIMIT - span_bytes || image.first_address() > ADDRESS_LIMIT - span_bytes - bias) {
    reject(name, "it does not fit below the end of the 48-bit addresses");
  }
  std::uint64_t mapped_up_to = 0;
  for (const Segment& segment : image.segments) {
    const std::uint64_t start = (segment.address & PAGE_MASK) + bias;
    const std::uint64_t end = page_align_up(segment.address + segment.memory_bytes) + bias;
    // Two segments may meet within a page: the later one's permissions count for all of it, as with the kernel's mmap,
    // but the earlier one's bytes stay.
    const std::uint64_t fresh = std::max(start, mapped_up_to);
    if (start < fresh) memory.protect(start, fresh - start, segment.permissions);
    if (fresh < end) memory.map(fresh, end - fresh, segment.permissions);
    memory.write(segment.address + bias, file.subspan(segment.file_offset, segment.file_bytes));
    mapped_up_to = std::max(mapped_up_to, end);
  }
}

std::vector<std::byte> read_program_file(const std::string& path, std::uint64_t limit_bytes) {
  const auto fail = [&](std::string_view why) {
    throw Error(ErrorCode::FILE_UNREADABLE, fmt::format("cannot read {}: {}", path, why));
  };
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(std::strerror(errno));
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } const closer{descriptor};
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) fail(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) fail("it is a directory");
  if (!S_ISREG(status.st_mode)) fail("it is not a regular file");
  if (static_cast<std::uint64_t>(status.st_size) > limit_bytes) {
    fail(fmt::format("it has {} bytes, more than the memory limit of {}", status.st_size, limit_bytes));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR) fail(std::strerror(errno));
    if (count == 0) break;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace armillion::guest
