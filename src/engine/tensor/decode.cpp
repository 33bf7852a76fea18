#include "engine/tensor/decode.hpp"

#include <algorithm>

#include "engine/tensor/kernels.hpp"
#include "isa/decoder.hpp"
#include "isa/predecode.hpp"
#include "isa/row.hpp"

namespace armillion::engine::tensor {

namespace {

using isa::Opcode;

// How often an instruction is tried with random operands to learn what it reads. A batch finds out by itself where it
// reads more, and then leaves it to the interpreter: that would be slow, but not wrong.
constexpr int TRIES = 32;

Flow flow_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::b:
    case Opcode::bl: return Flow::JUMP;
    case Opcode::br:
    case Opcode::blr: return Flow::INDIRECT;
    case Opcode::ret: return Flow::RETURN;
    case Opcode::b_conditional:
    case Opcode::cbz:
    case Opcode::cbnz:
    case Opcode::tbz:
    case Opcode::tbnz: return Flow::CONDITIONAL;
    default: return Flow::NEXT;
  }
}

// How an instruction writes a register as another one plus a constant.
enum class Sum : std::uint8_t {
  NONE,
  /// Its one register operand that is written is the one that is read plus a constant, or a constant.
  OF_OPERAND,
  /// The base register of a load or store is moved by a constant.
  OF_BASE,
  /// A register is copied.
  COPY,
};

Sum sum_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::add_immediate:
    case Opcode::adds_immediate:
    case Opcode::sub_immediate:
    case Opcode::subs_immediate:
    case Opcode::movz:
    case Opcode::movn: return Sum::OF_OPERAND;
    case Opcode::str_indexed:
    case Opcode::ldr_indexed:
    case Opcode::ldrsb_indexed:
    case Opcode::ldrsh_indexed:
    case Opcode::ldrsw_indexed:
    case Opcode::stp_indexed:
    case Opcode::ldp_indexed:
    case Opcode::ldpsw_indexed: return Sum::OF_BASE;
    case Opcode::orr_shifted_register: return Sum::COPY;
    default: return Sum::NONE;
  }
}

// SplitMix64.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9e37'79b9'7f4a'7c15ull;
  std::uint64_t mixed = state;
  mixed = (mixed ^ mixed >> 30) * 0xbf58'476d'1ce4'e5b9ull;
  mixed = (mixed ^ mixed >> 27) * 0x94d0'49bb'1331'11ebull;
  return mixed ^ mixed >> 31;
}

// Learns places and the offset of a branch. False where no batch may hold the instruction.
bool learn_use(Probe probe, const isa::MicroOp& micro_op, BatchOp& op) {
  std::uint64_t random = 1;
  for (int i = 0; i < TRIES; ++i) {
    ProbeMachine machine;
    for (std::uint64_t& input : machine.inputs) {
      // Aligned values, as accesses may demand them, and both sides of CBZ and TBZ.
      input = i == 0 ? 0 : i == 1 ? ~std::uint64_t{0} : i % 2 == 0 ? next_random(random) & ~15ull : next_random(random);
    }
    machine.loaded[0] = next_random(random);
    machine.flags_bits = static_cast<std::uint32_t>(i % 16);
    probe(machine, micro_op);
    if (!machine.is_possible) return false;
    op.reads |= machine.reads;
    op.writes |= machine.writes;
    if (machine.has_branched && op.flow != Flow::INDIRECT && op.flow != Flow::RETURN) {
      op.delta = static_cast<std::uint64_t>(machine.offset);
    }
    op.is_call |= machine.writes_link;
  }
  if (op.is_call) op.slots[LINK_PLACE] = LINK_SLOT;
  return true;
}

// Whether a place that is read and written is ZR (MOVK, BFM, CAS): what is written there must not be read.
bool writes_zero(const BatchOp& op) {
  for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
    if ((op.writes & place_bit(place)) != 0 && op.slots[place] == isa::ZERO_SLOT) return true;
  }
  return false;
}

// Whether two places write one register: which value stays then depends on the order of the writes.
bool writes_twice(const BatchOp& op) {
  for (unsigned i = 0; i < REGISTER_PLACES; ++i) {
    for (unsigned j = i + 1; j < REGISTER_PLACES; ++j) {
      const std::uint8_t both = place_bit(i) | place_bit(j);
      if ((op.writes & both) == both && op.slots[i] == op.slots[j] && op.slots[i] != isa::SINK_SLOT) return true;
    }
  }
  return false;
}

std::uint8_t first_place(std::uint8_t places) {
  const std::uint8_t registers = places & (place_bit(REGISTER_PLACES) - 1);
  return registers == 0 ? BatchOp::NO_PLACE : static_cast<std::uint8_t>(__builtin_ctz(registers));
}

// The constant is what comes out where zero goes in.
void learn_sum(Probe probe, const isa::MicroOp& micro_op, Sum sum, BatchOp& op) {
  switch (sum) {
    case Sum::NONE: return;
    case Sum::OF_OPERAND:
      op.sum_source = first_place(op.reads);
      op.sum_place = first_place(op.writes);
      break;
    case Sum::OF_BASE: op.sum_source = op.sum_place = first_place(op.reads & op.writes); break;
    case Sum::COPY:
      // ORR with ZR, not shifted: n and m are places 0 and 1 in some order, d is the third.
      if (op.immediate != 0) return;
      op.sum_place = first_place(op.writes);
      for (std::uint8_t place = 0; place < 2; ++place) {
        if (op.slots[place] == isa::ZERO_SLOT) op.sum_source = static_cast<std::uint8_t>(1 - place);
      }
      if (op.sum_source == BatchOp::NO_PLACE) op.sum_place = BatchOp::NO_PLACE;
      break;
  }
  if (op.sum_place == BatchOp::NO_PLACE) return;
  ProbeMachine machine;
  probe(machine, micro_op);
  op.delta = machine.outputs[op.sum_place];
  // Which of both widths it is shows where the operand's upper half is set.
  if (op.sum_source != BatchOp::NO_PLACE) {
    machine.inputs[op.sum_source] = std::uint64_t{1} << 63;
    probe(machine, micro_op);
    op.is_word_sum = machine.outputs[op.sum_place] >> 32 == 0 && op.delta >> 32 == 0;
  }
}

}  // namespace

BatchOp make_batch_op(std::uint32_t word) {
  const Opcode opcode = isa::decode(word);
  // CASP names the second register of each pair by the first one's number: those are no places.
  if (opcode == Opcode::UNDEFINED || opcode == Opcode::casp) return {};
  const isa::MicroOp decoded = isa::predecode(word);
  const Operation& operation = operations()[decoded.handler];
  if (operation.probe == nullptr) return {};

  BatchOp op;
  op.immediate = decoded.immediate;
  op.kernel = decoded.handler;
  std::ranges::copy(decoded.registers, op.slots);
  op.flow = flow_of(opcode);
  isa::MicroOp by_place = decoded;
  for (std::uint8_t place = 0; place < REGISTER_PLACES; ++place) by_place.registers[place] = place;
  if (!learn_use(operation.probe, by_place, op) || writes_zero(op) || writes_twice(op)) return {};
  if (op.flow == Flow::NEXT) learn_sum(operation.probe, by_place, sum_of(opcode), op);
  op.is_batchable = true;
  return op;
}

}  // namespace armillion::engine::tensor
