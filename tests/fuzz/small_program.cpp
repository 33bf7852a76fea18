#include "fuzz/small_program.hpp"

#include <elf.h>

#include <cstring>
#include <utility>

#include "support/assembler.hpp"

namespace armillion::test {

std::vector<std::byte> small_program(std::string_view assembly, std::uint64_t memory_bytes) {
  const std::vector<std::uint32_t> code = assemble(assembly);
  const std::uint64_t code_offset = SMALL_PROGRAM_CODE - SMALL_PROGRAM_ADDRESS;
  const std::uint64_t file_bytes = code_offset + code.size() * sizeof(std::uint32_t);

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_AARCH64;
  header.e_version = EV_CURRENT;
  header.e_entry = SMALL_PROGRAM_CODE;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;

  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_W | PF_X;
  segment.p_vaddr = SMALL_PROGRAM_ADDRESS;
  segment.p_filesz = file_bytes;
  segment.p_memsz = code_offset + memory_bytes;
  segment.p_align = 0x1000;

  std::vector<std::byte> file(file_bytes);
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, &segment, sizeof segment);
  std::memcpy(file.data() + code_offset, code.data(), code.size() * sizeof(std::uint32_t));
  return file;
}

ProcessOptions isolated_options(std::vector<std::byte> program) {
  ProcessOptions options;
  options.program = "program";
  options.program_bytes = std::move(program);
  options.clock = ClockSource::VIRTUAL;
  options.memory_limit_bytes = std::uint64_t{64} << 20;
  options.standard_input = InputStream::from_bytes("some input\n");
  options.standard_output = OutputStream::capture();
  options.standard_error = OutputStream::capture();
  options.standard_output.capture_limit_bytes = options.standard_error.capture_limit_bytes = 1 << 20;
  return options;
}

}  // namespace armillion::test
