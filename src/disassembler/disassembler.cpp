#include "armillion/disassembler.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "armillion/error.hpp"
#include "disassembler/plugin.hpp"
#include "isa/decoder.hpp"

namespace armillion {

namespace {

constexpr const char* PLUGIN_NAME = "libarmillion-disassembler.so";

// Where the shared object may lie: beside this code, in the lib folder beside its folder, or on the loader's path.
std::vector<std::string> plugin_candidates() {
  std::vector<std::string> candidates;
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&plugin_candidates), &info) != 0 && info.dli_fname != nullptr) {
    std::filesystem::path code = info.dli_fname;
    // Without a folder this code is the main program, found through PATH: the kernel knows where.
    std::error_code error;
    if (!code.has_parent_path()) code = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::string folder = code.parent_path().string();
    candidates.push_back(folder + "/" + PLUGIN_NAME);
    candidates.push_back(folder + "/../lib/" + PLUGIN_NAME);
  }
  candidates.emplace_back(PLUGIN_NAME);
  return candidates;
}

template <class Function>
Function* find(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr)
    throw Error(ErrorCode::UNAVAILABLE, fmt::format("{} has no {}: it is another version", PLUGIN_NAME, name));
  return reinterpret_cast<Function*>(symbol);
}

// Writes plain hexadecimal immediates of direct branches as absolute addresses.
std::string with_absolute_target(std::string text, std::uint32_t word, std::uint64_t address) {
  using isa::Opcode;
  std::int64_t offset = 0;
  switch (isa::decode(word)) {
    case Opcode::b:
    case Opcode::bl: offset = static_cast<std::int32_t>(word << 6) >> 6; break;
    case Opcode::b_conditional:
    case Opcode::cbz:
    case Opcode::cbnz: offset = static_cast<std::int32_t>(word << 8) >> 13; break;
    case Opcode::tbz:
    case Opcode::tbnz: offset = static_cast<std::int32_t>(word << 13) >> 18; break;
    default: return text;
  }
  const std::size_t number = text.rfind('#');
  if (number == std::string::npos) return text;
  return text.substr(0, number) + fmt::format("{:#x}", address + static_cast<std::uint64_t>(offset * 4));
}

}  // namespace

struct Disassembler::Implementation {
  Implementation() {
    std::string reason;
    for (const std::string& candidate : plugin_candidates()) {
      library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library != nullptr) break;
      reason = dlerror();
    }
    if (library == nullptr) {
      throw Error(ErrorCode::UNAVAILABLE,
                  "the disassembler cannot be opened (" + reason + "); build or install " + PLUGIN_NAME);
    }
    print = find<decltype(armillion_disassembler_print)>(library, "armillion_disassembler_print");
    destroy = find<decltype(armillion_disassembler_destroy)>(library, "armillion_disassembler_destroy");
    context = find<decltype(armillion_disassembler_create)>(library, "armillion_disassembler_create")();
  }
  ~Implementation() { destroy(context); }  // LLVM's globals stay, so the library stays open
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  void* library = nullptr;
  void* context = nullptr;
  decltype(&armillion_disassembler_print) print = nullptr;
  decltype(&armillion_disassembler_destroy) destroy = nullptr;
};

Disassembler::Disassembler() : implementation_(std::make_unique<Implementation>()) {}
Disassembler::~Disassembler() = default;
Disassembler::Disassembler(Disassembler&&) noexcept = default;
Disassembler& Disassembler::operator=(Disassembler&&) noexcept = default;

std::string Disassembler::disassemble(std::uint32_t word, std::uint64_t address) const {
  char buffer[256];
  if (isa::decode(word) == isa::Opcode::UNDEFINED ||
      !implementation_->print(implementation_->context, word, address, buffer, sizeof buffer)) {
    return fmt::format(".word {:#010x}", word);
  }
  // LLVM writes "\tmnemonic\toperands".
  std::string text;
  for (const char* c = buffer; *c != '\0'; ++c) {
    if (*c != '\t') {
      text += *c;
    } else if (!text.empty()) {
      text += ' ';
    }
  }
  return with_absolute_target(std::move(text), word, address);
}

}  // namespace armillion
