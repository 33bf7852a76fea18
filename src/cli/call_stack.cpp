#include "cli/call_stack.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

constexpr std::size_t DEEPEST_STACK = 256;
constexpr std::uint64_t INSTRUCTION_BYTES = 4;
constexpr unsigned FRAME_POINTER = 29;
constexpr unsigned LINK_REGISTER = 30;

struct FrameRecord {
  std::uint64_t caller = 0;
  std::uint64_t return_address = 0;
};

std::optional<FrameRecord> frame_record(const Machine& machine, std::uint64_t address) {
  if (address == 0 || address % 8 != 0) return std::nullopt;
  try {
    return machine.read<FrameRecord>(address);
  } catch (const Error&) {
    return std::nullopt;  // not mapped
  }
}

const Symbol* symbol_at(const SymbolTable& symbols, std::uint64_t address) {
  const auto location = symbols.find(address);
  return location ? location->symbol : nullptr;
}

}  // namespace

std::vector<std::uint64_t> call_stack(const Machine& machine, const SymbolTable& symbols) {
  std::vector<std::uint64_t> stack = {machine.pc()};
  std::uint64_t frame = machine.x(FRAME_POINTER);
  std::optional<FrameRecord> record = frame_record(machine, frame);

  const std::uint64_t link = machine.x(LINK_REGISTER);
  const Symbol* const caller = symbol_at(symbols, link - INSTRUCTION_BYTES);
  const bool is_recorded = record && record->return_address == link;
  if (caller != nullptr && !is_recorded && caller != symbol_at(symbols, machine.pc())) {
    stack.push_back(link - INSTRUCTION_BYTES);
  }

  while (record && record->return_address != 0 && stack.size() < DEEPEST_STACK) {
    stack.push_back(record->return_address - INSTRUCTION_BYTES);
    // Stacks grow downwards, so callers' records lie higher.
    if (record->caller <= frame) break;
    frame = record->caller;
    record = frame_record(machine, frame);
  }
  return stack;
}

}  // namespace armillion::cli
