#include "support/assembler.hpp"

#include <llvm/MC/MCAsmBackend.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCCodeEmitter.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCObjectFileInfo.h>
#include <llvm/MC/MCObjectWriter.h>
#include <llvm/MC/MCParser/MCAsmParser.h>
#include <llvm/MC/MCParser/MCTargetAsmParser.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCStreamer.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "support/llvm_features.hpp"

namespace armillion::test {

namespace {

constexpr const char* TRIPLE = "aarch64-linux-gnu";

const llvm::Target& target() {
  static const llvm::Target* const FOUND = [] {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmParser();
    LLVMInitializeAArch64Disassembler();
    std::string error;
    return llvm::TargetRegistry::lookupTarget(TRIPLE, error);
  }();
  return *FOUND;
}

// The parts that both directions need.
struct Toolchain {
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCRegisterInfo> registers{target().createMCRegInfo(TRIPLE)};
  std::unique_ptr<llvm::MCAsmInfo> assembly{target().createMCAsmInfo(*registers, TRIPLE, options)};
  std::unique_ptr<llvm::MCInstrInfo> instructions{target().createMCInstrInfo()};
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget{target().createMCSubtargetInfo(TRIPLE, "", llvm_features())};
};

}  // namespace

std::vector<std::uint32_t> assemble(std::string_view text) {
  Toolchain tools;
  std::string message;
  llvm::SourceMgr sources;
  sources.setDiagHandler(
      [](const llvm::SMDiagnostic& diagnostic, void* out) {
        *static_cast<std::string*>(out) +=
            diagnostic.getMessage().str() + ": " + diagnostic.getLineContents().str() + "\n";
      },
      &message);
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(text.data(), text.size())),
                             llvm::SMLoc());
  llvm::MCContext context(llvm::Triple(TRIPLE), tools.assembly.get(), tools.registers.get(), tools.subtarget.get(),
                          &sources);
  std::unique_ptr<llvm::MCObjectFileInfo> file_info(target().createMCObjectFileInfo(context, /*PIC=*/false));
  context.setObjectFileInfo(file_info.get());

  llvm::SmallVector<char, 1024> object_bytes;
  llvm::raw_svector_ostream stream(object_bytes);
  std::unique_ptr<llvm::MCCodeEmitter> emitter(target().createMCCodeEmitter(*tools.instructions, context));
  std::unique_ptr<llvm::MCAsmBackend> backend(
      target().createMCAsmBackend(*tools.subtarget, *tools.registers, tools.options));
  std::unique_ptr<llvm::MCObjectWriter> writer = backend->createObjectWriter(stream);
  std::unique_ptr<llvm::MCStreamer> streamer(target().createMCObjectStreamer(
      llvm::Triple(TRIPLE), context, std::move(backend), std::move(writer), std::move(emitter), *tools.subtarget));
  std::unique_ptr<llvm::MCAsmParser> parser(llvm::createMCAsmParser(sources, context, *streamer, *tools.assembly));
  std::unique_ptr<llvm::MCTargetAsmParser> target_parser(
      target().createMCAsmParser(*tools.subtarget, *parser, *tools.instructions, tools.options));
  parser->setTargetParser(*target_parser);
  if (parser->Run(/*NoInitialTextSection=*/false) || !message.empty()) throw std::invalid_argument(message);

  auto object = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(object_bytes.data(), object_bytes.size()), "assembled"));
  if (!object) throw std::invalid_argument(llvm::toString(object.takeError()));
  for (const llvm::object::SectionRef& section : (*object)->sections()) {
    if (!section.isText()) continue;
    const llvm::StringRef contents = llvm::cantFail(section.getContents());
    std::vector<std::uint32_t> words(contents.size() / 4);
    std::memcpy(words.data(), contents.data(), words.size() * 4);
    return words;
  }
  return {};
}

std::string disassemble(std::uint32_t word) {
  thread_local Toolchain tools;
  thread_local llvm::MCContext context(llvm::Triple(TRIPLE), tools.assembly.get(), tools.registers.get(),
                                       tools.subtarget.get());
  thread_local const std::unique_ptr<llvm::MCDisassembler> disassembler(
      target().createMCDisassembler(*tools.subtarget, context));
  thread_local const std::unique_ptr<llvm::MCInstPrinter> printer = [] {
    std::unique_ptr<llvm::MCInstPrinter> made(
        target().createMCInstPrinter(llvm::Triple(TRIPLE), tools.assembly->getAssemblerDialect(), *tools.assembly,
                                     *tools.instructions, *tools.registers));
    made->applyTargetSpecificCLOption("no-aliases");
    return made;
  }();
  std::uint8_t bytes[4];
  std::memcpy(bytes, &word, sizeof bytes);
  llvm::MCInst instruction;
  std::uint64_t size = 0;
  if (disassembler->getInstruction(instruction, size, bytes, 0, llvm::nulls()) != llvm::MCDisassembler::Success) {
    return "undefined";
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  printer->printInst(&instruction, 0, "", *tools.subtarget, stream);
  const std::size_t start = text.find_first_not_of(" \t");
  return start == std::string::npos ? text : text.substr(start);
}

}  // namespace armillion::test
