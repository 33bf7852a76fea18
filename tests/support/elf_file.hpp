#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace armillion::test {

/// An ELF file in the making: a header, program headers, and what they refer to. What is not said is valid.
class ElfFile {
 public:
  ElfFile() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_AARCH64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
  }

  /// Adds bytes to be loaded at `address`; the file offset is congruent to it modulo the page size.
  Elf64_Phdr& add_segment(std::uint64_t address, std::uint32_t flags, std::span<const std::byte> bytes) {
    body_.resize((body_.size() + 4095) / 4096 * 4096 + address % 4096);
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = flags;
    segment.p_offset = BODY_OFFSET + body_.size();
    segment.p_vaddr = address;
    segment.p_filesz = segment.p_memsz = bytes.size();
    segment.p_align = 4096;
    body_.insert(body_.end(), bytes.begin(), bytes.end());
    return segments.emplace_back(segment);
  }

  /// Adds bytes that no segment loads, and returns their offset in the file.
  std::uint64_t add_bytes(std::span<const std::byte> bytes) {
    body_.resize((body_.size() + 15) / 16 * 16);
    const std::uint64_t offset = BODY_OFFSET + body_.size();
    body_.insert(body_.end(), bytes.begin(), bytes.end());
    return offset;
  }

  std::vector<std::byte> bytes() {
    header.e_phnum = static_cast<std::uint16_t>(segments.size());
    std::vector<std::byte> file(BODY_OFFSET);
    std::memcpy(file.data(), &header, sizeof header);
    std::memcpy(file.data() + sizeof header, segments.data(), segments.size() * sizeof(Elf64_Phdr));
    file.insert(file.end(), body_.begin(), body_.end());
    return file;
  }

  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;

 private:
  static constexpr std::uint64_t BODY_OFFSET = 4096;
  std::vector<std::byte> body_;
};

}  // namespace armillion::test
