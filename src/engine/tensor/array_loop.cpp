#include "engine/tensor/array_loop.hpp"

#include <algorithm>
#include <cstring>

#include "engine/tensor/kernels.hpp"

namespace armillion::engine::tensor {

namespace {

// Iterations that are executed at once: their arrays stay in the caches nearest to the core.
constexpr std::uint64_t MOST_AT_ONCE = 512;
// Fewer are not worth it.
constexpr std::uint64_t LEAST_AT_ONCE = 16;
// How far apart the accesses of one instruction may be, in bytes, in two iterations and in all that are executed at
// once: what lies between them is copied, too.
constexpr std::uint64_t MOST_STEP = 128;
constexpr std::uint64_t MOST_BYTES = MOST_AT_ONCE * MOST_STEP;
constexpr std::size_t RESULT_SIZE = MOST_AT_ONCE + 1;

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

}  // namespace

ArrayLoop::ArrayLoop(Interpreter& interpreter, guest::AddressSpace& memory)
    : interpreter_(interpreter),
      memory_(memory),
      bytes_(MOST_BYTES),
      zeros_(MOST_AT_ONCE),
      sink_(MOST_AT_ONCE),
      no_flags_(MOST_AT_ONCE) {}

bool ArrayLoop::enter(const CountedLoop& loop, std::uint64_t pc, std::size_t instructions) {
  loop_ = loop;
  pc_ = pc;
  end_ = pc + instructions * 4;
  accesses_.clear();
  const std::size_t count = loop_->instructions().size();
  access_of_.assign(count, count);
  for (std::uint32_t index = 0; index < count; ++index) {
    const LoopInstruction& instruction = loop_->instructions()[index];
    if (operations()[instruction.op.kernel].array_kernel == nullptr) return false;
    if (!instruction.op.is_load() && !instruction.op.is_store()) continue;
    auto access = find_access(instruction, pc + std::uint64_t{instruction.number} * 4);
    if (!access) return false;
    access->index = index;
    access_of_[index] = accesses_.size();
    accesses_.push_back(std::move(*access));
  }
  results_.resize(std::max(results_.size(), count * REGISTER_PLACES * RESULT_SIZE));
  sums_.resize(std::max(sums_.size(), REGISTER_PLACES * MOST_AT_ONCE));
  flags_.resize(std::max(flags_.size(), count * MOST_AT_ONCE));
  return true;
}

// An address of A64 is the sum of a register, a constant, and another register that is shifted, or of which 32 bits are
// extended: so it is linear in all of them where what 2^32 adds is 2^32 times what 1 adds.
std::optional<ArrayLoop::Access> ArrayLoop::find_access(const LoopInstruction& instruction, std::uint64_t pc) const {
  const BatchOp& op = instruction.op;
  const isa::MicroOp by_place{.handler = op.kernel, .registers = {0, 1, 2, 3}, .extra = 0, .immediate = op.immediate};
  bool must_be_aligned = false;
  const auto try_address = [&](unsigned place, std::uint64_t value) {
    ProbeMachine machine;
    machine.instruction_address = pc;
    machine.inputs[place] = value;
    operations()[op.kernel].probe(machine, by_place);
    must_be_aligned |= machine.has_alignment_fault;
    return machine;
  };
  const ProbeMachine at_zero = try_address(0, 0);
  Access access{};
  access.is_store = op.is_store();
  access.size = at_zero.accessed_bytes;
  access.offset = at_zero.accessed_address;
  for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
    if ((op.reads & place_bit(place)) == 0) continue;
    const std::uint64_t factor = try_address(place, 1).accessed_address - access.offset;
    const std::uint64_t far = try_address(place, std::uint64_t{1} << 32).accessed_address - access.offset;
    if (factor == 0 && far == 0) continue;
    const LoopValue& source = instruction.sources[place];
    const bool is_carried = (instruction.carried_places & place_bit(place)) != 0;
    if (far != factor << 32 || !source.is_sum() || is_carried || loop_->is_cut(source.sum)) return std::nullopt;
    // What is written back to a base is not computed: it must be a sum.
    if ((instruction.value_places & place_bit(place)) != 0) return std::nullopt;
    access.address_places |= place_bit(place);
    access.terms[access.term_count] = source.sum;
    access.factors[access.term_count++] = factor;
  }
  // Accesses that must be aligned have not been made above where an address was odd.
  if (must_be_aligned || access.size == 0 || access.size > ArrayMachine::LARGEST_ACCESS) return std::nullopt;
  return access;
}

// Finds where the access goes in the next `count` iterations. False where it must not, or where that is too far apart.
bool ArrayLoop::place(Access& access, std::uint64_t count) const {
  const State& state = interpreter_.state();
  access.address = access.offset;
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < access.term_count; ++i) {
    access.address += access.factors[i] * loop_->evaluate(access.terms[i], state);
    step += access.factors[i] * loop_->step(access.terms[i]);
  }
  access.step = static_cast<std::int64_t>(step);
  if (access.address >= guest::ADDRESS_LIMIT || magnitude(access.step) > MOST_STEP) return false;
  const std::uint64_t length = magnitude(access.step) * (count - 1);
  if (access.step < 0 && length > access.address) return false;
  access.low = access.step < 0 ? access.address - length : access.address;
  access.high = access.low + length + access.size;
  if (access.high > guest::ADDRESS_LIMIT) return false;
  const Permissions wanted = access.is_store ? Permissions::WRITE : Permissions::READ;
  return !memory_.find_obstacle(access.low, access.high - access.low, wanted);
}

bool ArrayLoop::is_independent(const Access& store, const Access& other) const {
  if (store.high <= other.low || other.high <= store.low) return true;
  const std::uint64_t step = magnitude(store.step);
  if (store.step != other.step) return false;
  // All that other iterations access is at least a step away.
  const auto distance = static_cast<std::int64_t>(other.address - store.address);
  const auto signed_step = static_cast<std::int64_t>(step);
  if (distance + signed_step < std::int64_t{store.size} || distance - signed_step + std::int64_t{other.size} > 0) {
    return false;
  }
  if (&store == &other) return true;
  const bool is_apart = distance >= std::int64_t{store.size} || distance + std::int64_t{other.size} <= 0;
  return is_apart || (!other.is_store && other.index < store.index);
}

bool ArrayLoop::can_execute(std::uint64_t count) {
  const auto is_allowed = [&](Access& access) { return place(access, count); };
  if (!std::ranges::all_of(accesses_, is_allowed)) return false;
  return std::ranges::all_of(accesses_, [&](const Access& store) {
    if (!store.is_store) return true;
    if (store.low < end_ && pc_ < store.high) return false;
    return std::ranges::all_of(accesses_, [&](const Access& other) { return is_independent(store, other); });
  });
}

std::uint64_t ArrayLoop::execute_some(std::uint64_t most) {
  if (!loop_->begins_with_words(interpreter_.state())) return 0;
  std::uint64_t count = std::min(most, MOST_AT_ONCE);
  while (count >= LEAST_AT_ONCE && !can_execute(count)) count /= 2;
  if (count < LEAST_AT_ONCE || !execute(count - 1)) return 0;
  return count - 1;
}

std::uint64_t* ArrayLoop::results(std::uint32_t index, unsigned place) {
  return results_.data() + (index * REGISTER_PLACES + place) * RESULT_SIZE;
}

ArrayOperands ArrayLoop::operands_of(std::uint32_t index, std::uint64_t count) {
  const LoopInstruction& instruction = loop_->instructions()[index];
  const BatchOp& op = instruction.op;
  const State& state = interpreter_.state();
  ArrayOperands operands{};
  operands.immediate = op.immediate;
  operands.pc = pc_ + std::uint64_t{instruction.number} * 4;
  operands.tpidr_el0 = state.tpidr_el0;
  operands.flags_input = no_flags_.data();
  operands.flags_output = flags_.data() + index * MOST_AT_ONCE;
  if (instruction.flags_source != LoopValue::NONE) {
    operands.flags_input = flags_.data() + instruction.flags_source * MOST_AT_ONCE;
  }
  const std::size_t access = access_of_[index];
  const std::uint8_t address_places = access < accesses_.size() ? accesses_[access].address_places : std::uint8_t{0};
  for (unsigned place = 0; place < REGISTER_PLACES; ++place) {
    const std::uint8_t bit = place_bit(place);
    operands.inputs[place] = zeros_.data();
    operands.outputs[place] = sink_.data();
    if ((address_places & bit) != 0) continue;
    if ((op.writes & bit) != 0) operands.outputs[place] = results(index, place) + 1;
    if ((op.reads & bit) == 0) continue;
    const LoopValue& source = instruction.sources[place];
    if ((instruction.carried_places & bit) != 0) {
      std::uint64_t* carried = results(index, instruction.carried_to);
      carried[0] = loop_->evaluate(source.sum, state);
      operands.inputs[place] = carried;
    } else if (source.is_sum()) {
      std::uint64_t* values = sums_.data() + place * MOST_AT_ONCE;
      loop_->fill(source.sum, state, {values, count});
      operands.inputs[place] = values;
    } else {
      operands.inputs[place] = results(source.instruction, source.place) + 1;
    }
  }
  return operands;
}

// Reads the elements that a load loads; those of a store come to stand in the same place.
void ArrayLoop::prepare(Access& access, ArrayOperands& operands, std::uint64_t count) {
  access.elements.resize(count * access.size);
  operands.loaded = operands.stored = access.elements.data();
  if (access.is_store) return;
  if (access.is_dense()) {
    memory_.read(access.address, access.elements);
    return;
  }
  const std::uint64_t first = read_all(access, count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = first + i * access.unsigned_step();
    std::memcpy(access.elements.data() + i * access.size, bytes_.data() + at, access.size);
  }
}

void ArrayLoop::commit(const Access& access, std::uint64_t count) {
  if (access.is_dense()) {
    interpreter_.store_quietly(access.address, access.elements);
    return;
  }
  const std::uint64_t first = read_all(access, count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = first + i * access.unsigned_step();
    std::memcpy(bytes_.data() + at, access.elements.data() + i * access.size, access.size);
  }
  interpreter_.store_quietly(access.address - first, bytes_of(access, count));
}

// Room for what the next `count` iterations access and what lies between.
std::span<std::byte> ArrayLoop::bytes_of(const Access& access, std::uint64_t count) {
  return std::span(bytes_).first(magnitude(access.step) * (count - 1) + access.size);
}

// Reads from the lowest byte through the highest of what the next `count` iterations access, and returns where the
// first element stands in that.
std::uint64_t ArrayLoop::read_all(const Access& access, std::uint64_t count) {
  const std::uint64_t first = access.step < 0 ? magnitude(access.step) * (count - 1) : 0;
  memory_.read(access.address - first, bytes_of(access, count));
  return first;
}

// Executes `count` iterations, or none.
bool ArrayLoop::execute(std::uint64_t count) {
  const std::vector<LoopInstruction>& instructions = loop_->instructions();
  for (std::uint32_t index = 0; index < instructions.size(); ++index) {
    const BatchOp& op = instructions[index].op;
    ArrayOperands operands = operands_of(index, count);
    if (const std::size_t access = access_of_[index]; access < accesses_.size()) {
      prepare(accesses_[access], operands, count);
    }
    const ArrayUse use = operations()[op.kernel].array_kernel(operands, count);
    if (!use.is_possible || (use.reads & ~op.reads) != 0 || use.writes != op.writes) return false;
  }
  for (const Access& access : accesses_) {
    if (access.is_store) interpreter_.prepare_store(access.low, access.high - access.low);
  }
  for (const Access& access : accesses_) {
    if (access.is_store) commit(access, count);
  }
  State& state = interpreter_.state();
  for (std::uint32_t index = 0; index < instructions.size(); ++index) {
    const LoopInstruction& instruction = instructions[index];
    if (instruction.carried_places == 0) continue;
    const isa::Slot slot = instruction.op.slots[instruction.carried_to];
    reinterpret_cast<std::uint64_t*>(&state)[slot] = results(index, instruction.carried_to)[count];
  }
  loop_->skip(count, state);
  return true;
}

}  // namespace armillion::engine::tensor
