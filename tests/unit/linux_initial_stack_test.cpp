#include "guest/linux/initial_stack.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "armillion/error.hpp"

namespace armillion::guest::kernel {
namespace {

constexpr std::uint64_t TOP = 0x1000'0000;
constexpr std::uint64_t SIZE = 0x1'0000;

class InitialStackTest : public ::testing::Test {
 protected:
  InitialStackTest() { memory.map(TOP - SIZE, SIZE, Permissions::READ_WRITE); }

  std::uint64_t word(std::uint64_t address) { return *memory.read_value<std::uint64_t>(address); }
  std::string text(std::uint64_t address) { return *memory.read_string(address, 4096); }

  AddressSpace memory{1 << 20};
};

TEST_F(InitialStackTest, HoldsWhatAProgramIsToldAtItsStart) {
  ProgramStart start;
  start.arguments = {"program", "", "last argument"};
  start.environment = {"A=1", "B=2"};
  start.path = "/bin/program";
  start.entry = 0x40'1000;
  start.program_headers_address = 0x40'0040;
  start.program_header_count = 9;
  start.interpreter_base = 0x7000'0000;
  start.random_bytes.fill(std::byte{0x5a});
  const std::uint64_t sp = write_initial_stack(memory, TOP, SIZE, start);
  EXPECT_EQ(sp % 16, 0u);

  std::uint64_t at = sp;
  EXPECT_EQ(word(at), 3u);
  EXPECT_EQ(text(word(at + 8)), "program");
  EXPECT_EQ(text(word(at + 16)), "");
  EXPECT_EQ(text(word(at + 24)), "last argument");
  EXPECT_EQ(word(at + 32), 0u);
  EXPECT_EQ(text(word(at + 40)), "A=1");
  EXPECT_EQ(text(word(at + 48)), "B=2");
  EXPECT_EQ(word(at + 56), 0u);
  std::map<std::uint64_t, std::uint64_t> auxiliary;
  for (at += 64; word(at) != AT_NULL; at += 16) auxiliary[word(at)] = word(at + 8);

  EXPECT_EQ(auxiliary[AT_PAGESZ], 4096u);
  EXPECT_EQ(auxiliary[AT_ENTRY], 0x40'1000u);
  EXPECT_EQ(auxiliary[AT_PHDR], 0x40'0040u);
  EXPECT_EQ(auxiliary[AT_PHENT], 56u);
  EXPECT_EQ(auxiliary[AT_PHNUM], 9u);
  EXPECT_EQ(auxiliary[AT_BASE], 0x7000'0000u);
  EXPECT_EQ(text(auxiliary[AT_EXECFN]), "/bin/program");
  EXPECT_EQ(text(auxiliary[AT_PLATFORM]), "aarch64");
  EXPECT_EQ(word(auxiliary[AT_RANDOM]), 0x5a5a'5a5a'5a5a'5a5au);
  EXPECT_FALSE(auxiliary.contains(AT_SYSINFO_EHDR)) << "there is no vDSO";
}

TEST_F(InitialStackTest, RefusesArgumentsThatDoNotFit) {
  ProgramStart start;
  start.arguments.assign(100, std::string(SIZE / 100, 'a'));
  EXPECT_THROW(write_initial_stack(memory, TOP, SIZE, start), Error);
}

TEST(HardwareCapabilities, AreThoseOfTheInstructionTable) {
  const HardwareCapabilities capabilities = hardware_capabilities();
  // fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc sha3 asimddp sha512 ilrcpc
  // flagm
  EXPECT_EQ(capabilities.first, 0x0c32'fffbu);
  // flagm2 frint i8mm bf16
  EXPECT_EQ(capabilities.second, 0x6180u);
}

}  // namespace
}  // namespace armillion::guest::kernel
