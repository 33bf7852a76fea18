#include "disassembler/plugin.hpp"

#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>

#include <cstring>
#include <mutex>

extern "C" void* armillion_disassembler_create() {
  // LLVM's list of targets is global and has no lock.
  static std::once_flag is_registered;
  std::call_once(is_registered, [] {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64Disassembler();
  });
  // "+all" names every instruction LLVM knows; which of them exist here, the instruction table says.
  LLVMDisasmContextRef context =
      LLVMCreateDisasmCPUFeatures("aarch64-linux-gnu", "", "+all", nullptr, 0, nullptr, nullptr);
  LLVMSetDisasmOptions(context, LLVMDisassembler_Option_PrintImmHex);
  return context;
}

extern "C" void armillion_disassembler_destroy(void* disassembler) { LLVMDisasmDispose(disassembler); }

extern "C" bool armillion_disassembler_print(void* disassembler, std::uint32_t word, std::uint64_t address, char* text,
                                             std::size_t size) {
  std::uint8_t bytes[4];
  std::memcpy(bytes, &word, sizeof bytes);
  return LLVMDisasmInstruction(disassembler, bytes, sizeof bytes, address, text, size) == sizeof bytes;
}
