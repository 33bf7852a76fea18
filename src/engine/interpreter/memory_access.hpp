#pragma once

#include <cstdint>

#include "engine/interpreter/context.hpp"
#include "isa/macros.hpp"

// Accesses that the inline path in `InterpreterMachine` cannot do: the translation is not cached, the access crosses a
// page, is watched, or faults. Data passes through `Context::transfer`.
namespace armillion::engine {

enum class AccessOutcome : std::uint8_t {
  DONE,
  /// Done, and the run stops after this instruction.
  DONE_AND_STOP,
  /// Not done; `Context::exit` and what belongs to it are set.
  FAILED,
};

ARMILLION_COLD_PRESERVING AccessOutcome slow_load(Context& context, const MicroOp* op, std::uint64_t address,
                                                  std::uint32_t size);
ARMILLION_COLD_PRESERVING AccessOutcome slow_store(Context& context, const MicroOp* op, std::uint64_t address,
                                                   std::uint32_t size);

}  // namespace armillion::engine
