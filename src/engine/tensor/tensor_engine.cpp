#include "engine/tensor/tensor_engine.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/tensor/kernels.hpp"

namespace armillion::engine::tensor {

namespace {

// How many instructions are executed between two polls: a few milliseconds' worth.
constexpr std::uint64_t SLICE_INSTRUCTIONS = 1 << 16;
// A batch that was cut is followed by one that is twice as long as what was left of it, but not shorter than this.
constexpr std::uint32_t LEAST_WINDOW = 32;

}  // namespace

TensorEngine::TensorEngine(Interpreter& interpreter, guest::AddressSpace& memory, std::uint32_t batch)
    : interpreter_(interpreter),
      batch_(batch),
      window_(batch),
      batch_memory_(interpreter, batch),
      walk_(memory),
      renamer_(batch),
      order_(batch),
      pc_(batch),
      ops_(batch),
      operands_(std::size_t{batch} * REGISTER_PLACES),
      flags_source_(batch),
      values_(FIRST_LANE_VALUE + std::size_t{batch} * REGISTER_PLACES),
      flags_(std::size_t{batch} + 1),
      next_pc_(batch),
      accesses_(batch),
      lanes_{.pc = pc_.data(),
             .ops = ops_.data(),
             .operands = operands_.data(),
             .flags_source = flags_source_.data(),
             .values = values_.data(),
             .flags = flags_.data(),
             .next_pc = next_pc_.data(),
             .accesses = accesses_.data(),
             .tpidr_el0 = 0,
             .stop = 0,
             .memory = &batch_memory_} {}

TensorStatistics TensorEngine::statistics() const {
  TensorStatistics result = statistics_;
  result.conflicts = batch_memory_.conflicts();
  return result;
}

void TensorEngine::execute_waves(std::uint32_t count) {
  order_.sort({ops_.data(), count}, {renamer_.waves().data(), count}, renamer_.last_wave());
  const auto table = operations();
  const std::span<const std::uint32_t> order = order_.lanes();
  std::size_t first = 0;
  while (first < order.size()) {
    const std::uint32_t wave = renamer_.waves()[order[first]];
    const std::uint16_t kernel = ops_[order[first]].kernel;
    std::size_t end = first + 1;
    while (end < order.size() && ops_[order[end]].kernel == kernel && renamer_.waves()[order[end]] == wave) ++end;
    // Lanes behind one that stops the batch need not be executed.
    std::size_t wanted = end;
    while (wanted > first && order[wanted - 1] >= lanes_.stop) --wanted;
    if (wanted > first) table[kernel].kernel(lanes_, &order[first], static_cast<std::uint32_t>(wanted - first));
    first = end;
  }
  batch_memory_.settle(lanes_, count);
}

// How many of the lanes that were executed stand: up to the first that stops the batch, or through the first branch
// that went elsewhere than expected.
std::uint32_t TensorEngine::find_cut(std::uint32_t count) {
  for (const std::uint32_t lane : walk_.branch_lanes()) {
    if (lane + 1 >= lanes_.stop || lane + 1 >= count) break;
    if (next_pc_[lane] == pc_[lane + 1]) continue;
    ++statistics_.wrong_guesses;
    return lane + 1;
  }
  return std::min(count, lanes_.stop);
}

// The first `count` lanes stand, but for those that a store among them has overwritten: how many come before.
std::uint32_t TensorEngine::find_code_write(std::uint32_t count) const {
  for (const std::uint32_t lane : batch_memory_.access_lanes()) {
    if (lane >= count) break;
    const AccessRecord& access = accesses_[lane];
    if (ops_[lane].is_store() && walk_.holds_code(access.address, access.size)) return lane + 1;
  }
  return count;
}

void TensorEngine::commit(std::uint32_t count, std::uint32_t done) {
  for (const std::uint32_t lane : batch_memory_.access_lanes()) {
    if (lane >= done) break;
    const AccessRecord& access = accesses_[lane];
    if (ops_[lane].is_store()) interpreter_.store_quietly(access.address, access.data, access.size);
  }
  for (const std::uint32_t lane : walk_.branch_lanes()) {
    if (lane >= done) break;
    walk_.predictor().learn(pc_[lane], ops_[lane], next_pc_[lane]);
  }
  State& state = interpreter_.state();
  renamer_.write_back(lanes_, count, done, state);
  state.pc = next_pc_[done - 1];
}

// Executes at most `limit` instructions in a batch and returns how many; 0 where the next one must be executed singly.
std::uint32_t TensorEngine::run_batch(std::uint64_t limit, Interpreter::Start start) {
  interpreter_.prepare_quiet_accesses();
  const State& state = interpreter_.state();
  CodeWalk::StopsBefore stops_before;
  if (interpreter_.has_breakpoints()) {
    stops_before = [this, may_pass = start == Interpreter::Start::BY_HOST](std::uint64_t pc) mutable {
      return !std::exchange(may_pass, false) && interpreter_.has_breakpoint(pc);
    };
  }
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(window_, limit));
  const std::uint32_t count = walk_.gather(lanes_, state.pc, most, stops_before);
  if (count == 0) return 0;
  lanes_.tpidr_el0 = state.tpidr_el0;
  lanes_.stop = count;
  batch_memory_.begin();
  renamer_.rename(lanes_, count, state);
  execute_waves(count);
  const std::uint32_t done = find_code_write(find_cut(count));
  window_ = done == count ? std::min(batch_, window_ * 2) : std::min(batch_, std::max(LEAST_WINDOW, done * 2));
  statistics_.gathered += count;
  if (done == 0) return 0;
  commit(count, done);
  ++statistics_.batches;
  statistics_.waves += renamer_.last_wave();
  statistics_.instructions_in_batches += done;
  return done;
}

Interpreter::Outcome TensorEngine::run(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                                       const Interpreter::Poll& poll) {
  if (interpreter_.is_observed()) {
    const Interpreter::Outcome outcome = interpreter_.run(limit, retired, start, poll);
    statistics_.instructions_single += outcome.retired;
    return outcome;
  }
  Interpreter::Outcome outcome;
  std::uint64_t polled_at = 0;
  bool is_first = true;
  while (true) {
    if (outcome.retired == limit) {
      outcome.reason = StopReason::INSTRUCTION_LIMIT;
      return outcome;
    }
    if (is_first || outcome.retired - polled_at >= SLICE_INSTRUCTIONS) {
      if (outcome.reason = poll(); outcome.reason != StopReason::RUNNING) return outcome;
      polled_at = outcome.retired;
    }
    const auto how = is_first ? start : Interpreter::Start::BEHIND_CALL;
    is_first = false;
    if (const std::uint32_t done = run_batch(limit - outcome.retired, how); done > 0) {
      outcome.retired += done;
      retired += done;
      continue;
    }
    const Interpreter::Outcome step = interpreter_.run(1, retired, how, poll);
    outcome.retired += step.retired;
    statistics_.instructions_single += step.retired;
    if (step.reason == StopReason::INSTRUCTION_LIMIT) continue;
    outcome.reason = step.reason;
    outcome.immediate = step.immediate;
    outcome.fault = step.fault;
    return outcome;
  }
}

}  // namespace armillion::engine::tensor
