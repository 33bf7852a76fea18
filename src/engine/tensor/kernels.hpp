#pragma once

#include <cstdint>
#include <span>

#include "engine/tensor/array_machine.hpp"
#include "engine/tensor/batch_memory.hpp"
#include "engine/tensor/lanes.hpp"
#include "engine/tensor/probe_machine.hpp"
#include "isa/micro_op.hpp"

namespace armillion::engine::tensor {

/// Executes `count` lanes of one operation (a row of the table with the values of its static fields): those whose
/// numbers begin at `order`.
using Kernel = void (*)(Lanes<BatchMemory>& lanes, const std::uint32_t* order, std::uint32_t count);

/// Executes one instruction for `count` iterations of a loop.
using ArrayKernel = ArrayUse (*)(const ArrayOperands& operands, std::uint64_t count);

/// Executes one instruction, whose register operands are places, on a machine that notes what it does.
using Probe = void (*)(ProbeMachine& machine, const isa::MicroOp& op);

struct Operation {
  Kernel kernel = nullptr;
  ArrayKernel array_kernel = nullptr;
  Probe probe = nullptr;
};

/// The operations by handler number (`isa/predecode.hpp`): those of the sections of the table that work on general
/// registers. All others are empty.
std::span<const Operation> operations();

/// Executes lanes in the given order, in which those of one wave and kernel are neighbours: each such run is one call
/// of the kernel. `waves` is by lane. What comes behind a lane that stops the batch may be left out. `has_sides` says
/// whether any lane is on a side of a branch.
void execute_lanes(Lanes<BatchMemory>& lanes, std::span<const std::uint32_t> order,
                   std::span<const std::uint32_t> waves, bool has_sides);

}  // namespace armillion::engine::tensor
