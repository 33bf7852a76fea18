#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "armillion/disassembler.hpp"
#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "cli/commands.hpp"
#include "cli/symbol_lookup.hpp"

namespace armillion::cli {

namespace {

struct DisassembleOptions {
  std::string program;
  std::string sysroot;
  std::string symbol;
  std::optional<std::uint64_t> start;
  std::uint64_t count = 0;
  std::vector<std::string> words;
};

// How much is shown where nothing says how long a function is.
constexpr std::uint64_t DEFAULT_COUNT = 32;

void print_line(const Disassembler& disassembler, std::uint64_t address, std::uint32_t word) {
  fmt::print("{:#014x}  {:08x}  {}\n", address, word, disassembler.disassemble(word, address));
}

void disassemble_words(const DisassembleOptions& options) {
  const Disassembler disassembler;
  std::uint64_t address = options.start.value_or(0);
  for (const std::string& text : options.words) {
    std::size_t used = 0;
    unsigned long long word = 0;
    try {
      word = std::stoull(text, &used, 16);
    } catch (const std::exception&) {
      used = 0;
    }
    if (used != text.size() || word > 0xffffffff) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  "'" + text + "' is not an instruction word of up to 8 hexadecimal digits");
    }
    print_line(disassembler, address, static_cast<std::uint32_t>(word));
    address += 4;
  }
}

void disassemble_program(const DisassembleOptions& options) {
  const Disassembler disassembler;
  ProcessOptions process_options;
  process_options.program = options.program;
  process_options.sysroot = options.sysroot;
  const Process process(process_options);
  std::uint64_t address = options.start.value_or(process.entry_point());
  std::uint64_t count = options.count;
  if (!options.symbol.empty()) {
    const Symbol& symbol = find_symbol(process, options.program, options.symbol);
    address = symbol.address;
    if (count == 0) count = symbol.size / 4;
  }
  if (count == 0) count = DEFAULT_COUNT;
  for (std::uint64_t i = 0; i < count; ++i, address += 4) {
    if (const auto location = process.symbols().find(address); location && location->offset == 0) {
      fmt::print("{}:\n", location->symbol->name);
    }
    print_line(disassembler, address, process.machine().read<std::uint32_t>(address));
  }
}

}  // namespace

void add_disassemble_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<DisassembleOptions>();
  CLI::App* command = app.add_subcommand("disassemble", "Print the instructions of a program, or of given words");
  auto* program = command->add_option("PROGRAM", options->program, "An AArch64 Linux program");
  command->add_option("--sysroot", options->sysroot, "Folder with the interpreter of a dynamically linked program");
  command->add_option("--symbol", options->symbol, "Start at this symbol, and print all of it");
  command->add_option("--start", options->start, "Start at this address; by default at the entry point");
  command->add_option("--count", options->count, "How many instructions");
  command->add_option("--word", options->words, "Disassemble these words (hexadecimal) instead of a program")
      ->excludes(program);
  command->footer(
      "Examples:\n"
      "  armillion disassemble ./hello --symbol main\n"
      "  armillion disassemble --word 91000400 d65f03c0");
  command->callback([options, &exit_status] {
    if (!options->words.empty()) {
      disassemble_words(*options);
    } else if (!options->program.empty()) {
      disassemble_program(*options);
    } else {
      throw Error(ErrorCode::INVALID_ARGUMENT, "disassemble: name a PROGRAM, or words with --word");
    }
    exit_status = 0;
  });
}

}  // namespace armillion::cli
