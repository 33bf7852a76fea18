#include "guest/linux/initial_stack.hpp"

#include <span>
#include <string_view>

#include <elf.h>
#include <fmt/format.h>

#include "armillion/error.hpp"
#include "guest/linux/abi.hpp"
#include "guest/linux/kernel.hpp"
#include "isa/feature.hpp"

namespace armillion::guest::kernel {
namespace {

using isa::Feature;

constexpr HardwareCapabilities first_word(unsigned bit) { return {std::uint64_t{1} << bit, 0}; }
constexpr HardwareCapabilities second_word(unsigned bit) { return {0, std::uint64_t{1} << bit}; }

// The bits of arch/arm64/include/uapi/asm/hwcap.h that a feature of the instruction table sets.
constexpr HardwareCapabilities capabilities_of(Feature feature) {
  switch (feature) {
    case Feature::FP: return first_word(0);
    case Feature::ASIMD: return first_word(1);
    case Feature::AES: return first_word(3);
    case Feature::PMULL: return first_word(4);
    case Feature::SHA1: return first_word(5);
    case Feature::SHA256: return first_word(6);
    case Feature::CRC32: return first_word(7);
    case Feature::LSE: return first_word(8);
    // Scalar and vector half precision.
    case Feature::FP16: return {first_word(9).first | first_word(10).first, 0};
    case Feature::RDM: return first_word(12);
    case Feature::JSCVT: return first_word(13);
    case Feature::FCMA: return first_word(14);
    case Feature::LRCPC: return first_word(15);
    case Feature::SHA3: return first_word(17);
    case Feature::DOTPROD: return first_word(20);
    case Feature::SHA512: return first_word(21);
    case Feature::LRCPC2: return first_word(26);
    case Feature::FLAGM: return first_word(27);
    case Feature::FLAGM2: return second_word(7);
    case Feature::FRINTTS: return second_word(8);
    case Feature::I8MM: return second_word(13);
    case Feature::BF16: return second_word(14);
    // Without a bit of its own; or part of every processor; or hints, which do nothing here.
    case Feature::LOR:
    case Feature::BASE:
    case Feature::BTI:
    case Feature::PAUTH_HINT:
    case Feature::COUNT: break;
  }
  return {};
}

// Writes downwards.
class StackWriter {
 public:
  StackWriter(AddressSpace& memory, std::uint64_t top) : memory_(memory), address_(top) {}

  std::uint64_t push(std::span<const std::byte> bytes) {
    address_ -= bytes.size();
    memory_.write(address_, bytes);
    return address_;
  }
  std::uint64_t push(const std::string& text) { return push(std::as_bytes(std::span(text.c_str(), text.size() + 1))); }
  void align(std::uint64_t alignment) { address_ &= ~(alignment - 1); }
  std::uint64_t address() const { return address_; }

 private:
  AddressSpace& memory_;
  std::uint64_t address_;
};

void check_size(const ProgramStart& start, std::uint64_t stack_bytes) {
  std::uint64_t bytes = 0;
  for (const auto* strings : {&start.arguments, &start.environment}) {
    for (const std::string& text : *strings) bytes += text.size() + 1 + sizeof(std::uint64_t);
  }
  if (bytes > stack_bytes / 4) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("arguments and environment take {} bytes, more than a quarter of the stack of {} bytes",
                            bytes, stack_bytes));
  }
}

}  // namespace

HardwareCapabilities hardware_capabilities() {
  // The kernel lets user programs read the identification registers (HWCAP_CPUID).
  HardwareCapabilities result = first_word(11);
  for (unsigned feature = 0; feature < static_cast<unsigned>(Feature::COUNT); ++feature) {
    const HardwareCapabilities more = capabilities_of(static_cast<Feature>(feature));
    result.first |= more.first;
    result.second |= more.second;
  }
  return result;
}

std::uint64_t write_initial_stack(AddressSpace& memory, std::uint64_t top, std::uint64_t size,
                                  const ProgramStart& start) {
  check_size(start, size);
  StackWriter stack(memory, top);
  stack.push(std::as_bytes(std::span("\0\0\0\0\0\0\0", 8)));
  const std::uint64_t path = stack.push(start.path);
  const auto push_all = [&stack](const std::vector<std::string>& strings) {
    std::vector<std::uint64_t> addresses(strings.size());
    for (std::size_t i = strings.size(); i-- > 0;) addresses[i] = stack.push(strings[i]);
    return addresses;
  };
  const std::vector<std::uint64_t> environment = push_all(start.environment);
  const std::vector<std::uint64_t> arguments = push_all(start.arguments);
  stack.align(16);
  const std::uint64_t platform = stack.push(std::string("aarch64"));
  const std::uint64_t random_bytes = stack.push(start.random_bytes);

  std::vector<std::uint64_t> words;
  words.push_back(arguments.size());
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back(0);
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(0);
  const HardwareCapabilities capabilities = hardware_capabilities();
  const std::uint64_t auxiliary[][2] = {
      {AT_HWCAP, capabilities.first},
      {AT_PAGESZ, PAGE_SIZE},
      {AT_CLKTCK, abi::CLOCK_TICKS},
      {AT_PHDR, start.program_headers_address},
      {AT_PHENT, sizeof(Elf64_Phdr)},
      {AT_PHNUM, start.program_header_count},
      {AT_BASE, start.interpreter_base},
      {AT_FLAGS, 0},
      {AT_ENTRY, start.entry},
      {AT_UID, USER_ID},
      {AT_EUID, USER_ID},
      {AT_GID, USER_ID},
      {AT_EGID, USER_ID},
      {AT_SECURE, 0},
      {AT_RANDOM, random_bytes},
      {AT_HWCAP2, capabilities.second},
      {AT_EXECFN, path},
      {AT_PLATFORM, platform},
      {AT_NULL, 0},
  };
  for (const auto& [key, value] : auxiliary) words.insert(words.end(), {key, value});

  // The stack pointer is a multiple of 16 when the program starts.
  stack.align(16);
  if (words.size() % 2 != 0) words.push_back(0);
  stack.push(std::as_bytes(std::span(words)));
  return stack.address();
}

}  // namespace armillion::guest::kernel
