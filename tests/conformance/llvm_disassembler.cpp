#include "llvm_disassembler.hpp"

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include <array>
#include <stdexcept>

#include "support/llvm_features.hpp"

namespace armillion::conformance {
namespace {

constexpr const char* TRIPLE = "aarch64-unknown-linux-gnu";

}  // namespace

struct LlvmDisassembler::Implementation {
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> assembly;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;

  bool decode(std::uint32_t word, llvm::MCInst& instruction) {
    const std::array<std::uint8_t, 4> bytes = {static_cast<std::uint8_t>(word), static_cast<std::uint8_t>(word >> 8),
                                               static_cast<std::uint8_t>(word >> 16),
                                               static_cast<std::uint8_t>(word >> 24)};
    std::uint64_t size = 0;
    // "Soft" failures are instructions whose behaviour the manual leaves open; they are instructions all the same.
    return disassembler->getInstruction(instruction, size, bytes, 0, llvm::nulls()) != llvm::MCDisassembler::Fail;
  }
};

LlvmDisassembler::LlvmDisassembler() : implementation_(std::make_unique<Implementation>()) {
  LLVMInitializeAArch64TargetInfo();
  LLVMInitializeAArch64TargetMC();
  LLVMInitializeAArch64Disassembler();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(TRIPLE, error);
  if (target == nullptr) throw std::runtime_error(error);
  const llvm::Triple triple(TRIPLE);
  Implementation& llvm_ = *implementation_;
  llvm_.registers.reset(target->createMCRegInfo(TRIPLE));
  llvm_.assembly.reset(target->createMCAsmInfo(*llvm_.registers, TRIPLE, {}));
  llvm_.instructions.reset(target->createMCInstrInfo());
  llvm_.subtarget.reset(target->createMCSubtargetInfo(TRIPLE, "", test::llvm_features()));
  llvm_.context =
      std::make_unique<llvm::MCContext>(triple, llvm_.assembly.get(), llvm_.registers.get(), llvm_.subtarget.get());
  llvm_.disassembler.reset(target->createMCDisassembler(*llvm_.subtarget, *llvm_.context));
  llvm_.printer.reset(target->createMCInstPrinter(triple, 0, *llvm_.assembly, *llvm_.instructions, *llvm_.registers));
  llvm_.printer->applyTargetSpecificCLOption("no-aliases");
}

LlvmDisassembler::~LlvmDisassembler() = default;

std::string_view LlvmDisassembler::mnemonic(std::uint32_t word) {
  llvm::MCInst instruction;
  if (!implementation_->decode(word, instruction)) return {};
  const std::string_view text = implementation_->printer->getMnemonic(&instruction).first;
  return text.substr(0, text.find_first_of(" \t."));
}

std::string LlvmDisassembler::print(std::uint32_t word) {
  llvm::MCInst instruction;
  if (!implementation_->decode(word, instruction)) return {};
  std::string text;
  llvm::raw_string_ostream stream(text);
  implementation_->printer->printInst(&instruction, 0, "", *implementation_->subtarget, stream);
  for (char& c : text) c = c == '\t' ? ' ' : c;
  return text.substr(text.find_first_not_of(' '));
}

}  // namespace armillion::conformance
