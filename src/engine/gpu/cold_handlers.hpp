#pragma once

#include <cstdint>

#include "engine/gpu/lane.hpp"
#include "isa/binding.hpp"

// Every handler of the table as a function of its own: for what is too rare to stand in the interpreter's loop.
namespace armillion::engine::gpu {

/// Runs one instruction on `lane`, which is the caller's copy.
using ColdHandler = Next(Lane* lane, const MicroOp* op);

template <class Operation, std::uint32_t VARIANT>
Next handle_cold(Lane* lane, const MicroOp* op) {
  LaneMachine<Place::FUNCTION> machine(*lane);
  isa::Binding<Operation>::template execute<VARIANT>(machine, *op);
  return machine.next();
}

/// Defined by whoever instantiates the handlers: all of them, by `MicroOp::handler`.
ColdHandler* cold_handler(std::uint16_t handler);

}  // namespace armillion::engine::gpu
