#include "guest/loader.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

#include "armillion/error.hpp"
#include "support/elf_file.hpp"

namespace armillion::guest {
namespace {

using test::ElfFile;

constexpr std::array<std::byte, 8> CODE{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                        std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8}};

ElfFile small_file() {
  ElfFile file;
  file.header.e_entry = 0x40'0004;
  file.add_segment(0x40'0000, PF_R | PF_X, CODE);
  file.add_segment(0x41'0010, PF_R | PF_W, CODE).p_memsz = 0x3000;
  return file;
}

std::string error_of(const std::vector<std::byte>& file) {
  try {
    const ElfImage image = read_elf(file, "test");
    AddressSpace memory(1 << 30);
    map_segments(memory, image, file, 0, "test");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::BAD_PROGRAM);
    return error.what();
  }
  return "";
}

TEST(Loader, ReadsWhatTheHeadersSay) {
  const auto file = small_file().bytes();
  const ElfImage image = read_elf(file, "test");
  EXPECT_EQ(image.kind, ElfImage::Kind::FIXED);
  EXPECT_EQ(image.entry, 0x40'0004u);
  ASSERT_EQ(image.segments.size(), 2u);
  EXPECT_EQ(image.segments[0].permissions, Permissions::READ_EXECUTE);
  EXPECT_EQ(image.segments[1].permissions, Permissions::READ_WRITE);
  EXPECT_EQ(image.segments[1].memory_bytes, 0x3000u);
  EXPECT_EQ(image.interpreter, "");
  EXPECT_EQ(image.first_address(), 0x40'0000u);
  EXPECT_EQ(image.span_bytes(), 0x1'4000u);
}

TEST(Loader, KnowsTheLargestAlignment) {
  ElfFile file = small_file();
  EXPECT_EQ(read_elf(file.bytes(), "test").alignment, PAGE_SIZE);
  file.segments[0].p_align = 1 << 16;
  EXPECT_EQ(read_elf(file.bytes(), "test").alignment, 1u << 16);
  file.segments[1].p_align = 0x18000;  // no power of two
  EXPECT_EQ(read_elf(file.bytes(), "test").alignment, 1u << 16);
}

TEST(Loader, MapsSegmentsWithZerosBehindThem) {
  const auto file = small_file().bytes();
  AddressSpace memory(1 << 30);
  map_segments(memory, read_elf(file, "test"), file, 0x1000'0000, "test");
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x1040'0000, Permissions::EXECUTE), 0x0807'0605'0403'0201u);
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x1041'0010, Permissions::READ_WRITE), 0x0807'0605'0403'0201u);
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x1041'0018), 0u);
  EXPECT_EQ(memory.region_at(0x1040'0000)->permissions, Permissions::READ_EXECUTE);
  EXPECT_EQ(memory.region_at(0x1041'0000)->end, 0x1041'4000u);
  EXPECT_FALSE(memory.region_at(0x0040'0000));
}

TEST(Loader, KeepsBothSegmentsBytesInAPageThatTheyShare) {
  ElfFile file;
  file.add_segment(0x40'0000, PF_R | PF_X, CODE);
  file.add_segment(0x40'0100, PF_R | PF_W, CODE);
  const auto bytes = file.bytes();
  AddressSpace memory(1 << 30);
  map_segments(memory, read_elf(bytes, "test"), bytes, 0, "test");
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x40'0000), 0x0807'0605'0403'0201u);
  EXPECT_EQ(memory.read_value<std::uint64_t>(0x40'0100), 0x0807'0605'0403'0201u);
  EXPECT_EQ(memory.region_at(0x40'0000)->permissions, Permissions::READ_WRITE);
}

TEST(Loader, FindsTheProgramHeadersInMemory) {
  ElfFile file;
  Elf64_Phdr& segment = file.add_segment(0x40'0000, PF_R, CODE);
  segment.p_offset = 0;
  segment.p_filesz = segment.p_memsz = 0x1000;
  EXPECT_EQ(read_elf(file.bytes(), "test").program_headers_address, 0x40'0040u);
}

TEST(Loader, ReadsTheProgramInterpretersPath) {
  ElfFile file = small_file();
  Elf64_Phdr interpreter{};
  interpreter.p_type = PT_INTERP;
  interpreter.p_offset = file.add_bytes(std::as_bytes(std::span("/lib/ld.so")));
  interpreter.p_filesz = sizeof "/lib/ld.so";
  file.segments.push_back(interpreter);
  EXPECT_EQ(read_elf(file.bytes(), "test").interpreter, "/lib/ld.so");
  --file.segments.back().p_filesz;
  EXPECT_NE(error_of(file.bytes()).find("not terminated"), std::string::npos);
}

TEST(Loader, SaysWhatIsWrongWithAFile) {
  const struct {
    const char* message;
    std::function<void(ElfFile&)> spoil;
  } cases[] = {
      {"not an ELF file", [](ElfFile& file) { file.header.e_ident[0] = 'x'; }},
      {"32-bit", [](ElfFile& file) { file.header.e_ident[EI_CLASS] = ELFCLASS32; }},
      {"big-endian", [](ElfFile& file) { file.header.e_ident[EI_DATA] = ELFDATA2MSB; }},
      {"for x86-64", [](ElfFile& file) { file.header.e_machine = EM_X86_64; }},
      {"relocatable object", [](ElfFile& file) { file.header.e_type = ET_REL; }},
      {"core dump", [](ElfFile& file) { file.header.e_type = ET_CORE; }},
      {"ELF type 99", [](ElfFile& file) { file.header.e_type = 99; }},
      {"no program headers", [](ElfFile& file) { file.segments.clear(); }},
      {"program headers lie outside", [](ElfFile& file) { file.header.e_phoff = ~0ull - 8; }},
      {"program headers have", [](ElfFile& file) { file.header.e_phentsize = 8; }},
      {"no segment to load", [](ElfFile& file) { file.segments[0].p_type = file.segments[1].p_type = PT_NOTE; }},
      {"lies outside the file", [](ElfFile& file) { file.segments[0].p_offset = ~0ull - 3; }},
      {"lies outside the file", [](ElfFile& file) { file.segments[1].p_filesz = 0x2fff; }},
      {"more bytes in the file", [](ElfFile& file) { file.segments[0].p_memsz = 4; }},
      {"48-bit addresses", [](ElfFile& file) { file.segments[0].p_vaddr = ~0ull - 4095; }},
      {"48-bit addresses", [](ElfFile& file) { file.segments[1].p_memsz = 1ull << 48; }},
      {"alignment", [](ElfFile& file) { file.segments[1].p_align = 1ull << 48; }},
      {"overlap", [](ElfFile& file) { file.segments[0].p_memsz = 0x1'0011; }},
  };
  for (const auto& [message, spoil] : cases) {
    ElfFile file = small_file();
    spoil(file);
    EXPECT_NE(error_of(file.bytes()).find(message), std::string::npos) << message << ": " << error_of(file.bytes());
  }
}

TEST(Loader, RefusesEveryFileThatIsCutShort) {
  const auto file = small_file().bytes();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(error_of({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)}), "") << size;
  }
  EXPECT_EQ(error_of(file), "");
}

TEST(Loader, ReportsMemoryBeyondTheLimit) {
  ElfFile file = small_file();
  file.segments[1].p_memsz = 1 << 20;
  const auto bytes = file.bytes();
  AddressSpace memory(1 << 16);
  try {
    map_segments(memory, read_elf(bytes, "test"), bytes, 0, "test");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OUT_OF_MEMORY);
  }
}

class LoaderSymbols : public ::testing::Test {
 protected:
  LoaderSymbols() : file(small_file()) {
    const char names[] = "\0main\0table\0$x\0undefined";
    const Elf64_Sym symbols[] = {
        {},
        {1, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, 0x40'0000, 16},
        {6, ELF64_ST_INFO(STB_LOCAL, STT_OBJECT), 0, 1, 0x41'0010, 8},
        {12, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), 0, 1, 0x40'0000, 0},
        {15, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), 0, SHN_UNDEF, 0, 0},
        {9999, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, 0x40'0000, 16},
    };
    Elf64_Shdr sections[3]{};
    sections[1].sh_type = SHT_SYMTAB;
    sections[1].sh_offset = file.add_bytes(std::as_bytes(std::span(symbols)));
    sections[1].sh_size = sizeof symbols;
    sections[1].sh_link = 2;
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = file.add_bytes(std::as_bytes(std::span(names)));
    sections[2].sh_size = sizeof names;
    file.header.e_shoff = file.add_bytes(std::as_bytes(std::span(sections)));
    file.header.e_shnum = 3;
  }

  ElfFile file;
};

TEST_F(LoaderSymbols, AreThoseThatNameSomething) {
  const SymbolTable table = read_symbols(file.bytes(), 0x1000);
  ASSERT_EQ(table.size(), 2u);
  EXPECT_EQ(table.find("main")->address, 0x40'1000u);
  EXPECT_EQ(table.find("main")->kind, Symbol::Kind::FUNCTION);
  EXPECT_EQ(table.find("table")->kind, Symbol::Kind::OBJECT);
  EXPECT_EQ(table.find("undefined"), nullptr);
}

TEST_F(LoaderSymbols, OfAMalformedFileAreFewer) {
  const auto bytes = file.bytes();
  for (std::size_t size = 0; size < bytes.size(); size += 3) {
    EXPECT_LE(read_symbols(std::span(bytes).first(size), 0).size(), 2u);
  }
  file.header.e_shoff = ~0ull - 100;
  EXPECT_TRUE(read_symbols(file.bytes(), 0).empty());
}

TEST(ProgramFile, MustBeARegularFileWithinTheLimit) {
  for (const char* path : {"/nonexistent/file", "/", "/dev/null"}) {
    EXPECT_THROW(read_program_file(path, 1 << 20), Error) << path;
  }
  EXPECT_THROW(read_program_file("/proc/self/exe", 100), Error);
}

}  // namespace
}  // namespace armillion::guest
