#include "engine/tensor/tensor_engine.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "armillion/machine.hpp"
#include "engine/tensor/branch_sides.hpp"
#include "engine/tensor/kernels.hpp"

namespace armillion::engine::tensor {

namespace {

// How many instructions are executed between two polls: a few milliseconds' worth.
constexpr std::uint64_t SLICE_INSTRUCTIONS = 1 << 16;
// A batch that was cut is followed by one that is twice as long as what was left of it, but not shorter than this.
constexpr std::uint32_t LEAST_WINDOW = 32;
// Longer loops are not looked at, nor loops that end sooner.
constexpr std::size_t MOST_LOOP_INSTRUCTIONS = 64;
constexpr std::uint64_t LEAST_ITERATIONS = 32;
// As far as one skips in a loop that never ends before it is polled again.
constexpr std::uint64_t MOST_SKIPPED = std::uint64_t{1} << 32;
// How often a loop that was passed over comes up, at most, before it is looked at again.
constexpr std::uint32_t MOST_PASSES = 1024;
// So many instructions of a loop over arrays are executed before it is polled again, and some more.
constexpr std::uint64_t LOOP_SLICE_INSTRUCTIONS = 1 << 18;
// Addresses of loops that are remembered.
constexpr std::size_t MOST_LOOPS = 1 << 14;

}  // namespace

TensorEngine::TensorEngine(Interpreter& interpreter, guest::AddressSpace& memory, std::uint32_t batch,
                           LoopAcceleration loops)
    : interpreter_(interpreter),
      batch_(batch),
      window_(batch),
      batch_memory_(interpreter, batch),
      walk_(memory),
      renamer_(batch),
      order_(batch),
      arrays_(batch, batch_memory_),
      lanes_(arrays_.lanes()),
      array_loop_(interpreter, memory),
      loop_acceleration_(loops) {}

TensorStatistics TensorEngine::statistics() const {
  TensorStatistics result = statistics_;
  result.conflicts = batch_memory_.conflicts();
  return result;
}

// How many of the lanes that were executed stand: up to the first that stops the batch, or through the first branch
// that went elsewhere than expected.
std::uint32_t TensorEngine::find_cut(std::uint32_t count) {
  for (const std::uint32_t lane : walk_.branch_lanes()) {
    if (lane + 1 >= lanes_.stop || lane + 1 >= count) break;
    if (lanes_.next_pc[lane] == lanes_.pc[lane + 1] || goes_both_ways(lanes_, lane, count)) continue;
    ++statistics_.wrong_guesses;
    return lane + 1;
  }
  return std::min(count, lanes_.stop);
}

// The first `count` lanes stand, but for those that a store among them has overwritten: how many come before.
std::uint32_t TensorEngine::find_code_write(std::uint32_t count) const {
  for (const std::uint32_t lane : batch_memory_.access_lanes()) {
    if (lane >= count) break;
    const AccessRecord& access = lanes_.accesses[lane];
    if (lanes_.ops[lane].is_store() && walk_.holds_code(access.address, access.size)) return lane + 1;
  }
  return count;
}

// Returns how many instructions that was: of the sides of a branch the program executes one.
std::uint32_t TensorEngine::commit(std::uint32_t count, std::uint32_t done) {
  // All that may fail comes first.
  for (const std::uint32_t lane : batch_memory_.access_lanes()) {
    if (lane >= done) break;
    const AccessRecord& access = lanes_.accesses[lane];
    if (lanes_.ops[lane].is_store()) interpreter_.prepare_store(access.address, access.size);
  }
  for (const std::uint32_t lane : batch_memory_.access_lanes()) {
    if (lane >= done) break;
    const AccessRecord& access = lanes_.accesses[lane];
    if (lanes_.ops[lane].is_store()) interpreter_.store_quietly(access.address, access.data, access.size);
  }
  for (const std::uint32_t lane : walk_.branch_lanes()) {
    if (lane >= done) break;
    const bool has_both_sides = goes_both_ways(lanes_, lane, count);
    walk_.predictor().learn(lanes_.pc[lane], lanes_.ops[lane], lanes_.next_pc[lane], !has_both_sides);
    if (has_both_sides) ++statistics_.branches_both_ways;
  }
  State& state = interpreter_.state();
  renamer_.write_back(lanes_, count, done, state);
  state.pc = next_pc_behind(lanes_, done);
  const auto is_skipped = [&](std::uint32_t lane) { return lane < done && !is_on_path(lanes_, lane); };
  return done - static_cast<std::uint32_t>(std::ranges::count_if(walk_.side_lanes(), is_skipped));
}

// Where PC is at the start of a loop that can be solved or executed as arrays, executes iterations of it, but not the
// last, as far as `limit` allows. How many instructions that were.
std::uint64_t TensorEngine::accelerate_loop(std::uint64_t limit, std::uint64_t& retired) {
  const std::uint64_t start = interpreter_.state().pc;
  if (loops_.size() > MOST_LOOPS) loops_.clear();
  LoopHistory& history = loops_[start];
  if (history.passes > 0) return 0;
  const std::vector<BatchOp> body = walk_.straight_run(start, MOST_LOOP_INSTRUCTIONS);
  std::uint64_t done = 0;
  if (const auto loop = CountedLoop::recognise(body)) {
    std::uint64_t iterations = std::min(limit, MOST_SKIPPED) / body.size();
    if (const auto to_the_end = loop->iterations(interpreter_.state())) {
      iterations = std::min(iterations, *to_the_end - 1);
    }
    if (iterations >= LEAST_ITERATIONS) done = execute_loop(*loop, body.size(), iterations, retired);
  }
  history.found_nothing = done > 0 ? 0 : std::min(history.found_nothing * 2 + 1, MOST_PASSES);
  history.passes = history.found_nothing;
  return done;
}

// Executes at most `most` iterations of a loop of `size` instructions and returns how many instructions. The last
// iteration of each stretch is executed instruction by instruction, so that all registers and flags are what they are
// after it.
std::uint64_t TensorEngine::execute_loop(const CountedLoop& loop, std::size_t size, std::uint64_t most,
                                         std::uint64_t& retired) {
  const bool is_closed = loop.instructions().empty();
  const std::uint64_t start = interpreter_.state().pc;
  if (!is_closed && !array_loop_.enter(loop, start, size)) return 0;
  const auto go_on = [] { return StopReason::RUNNING; };
  std::uint64_t done = 0;
  while (done < most && done * size < LOOP_SLICE_INSTRUCTIONS) {
    std::uint64_t skipped = most - done - 1;
    if (is_closed) {
      loop.skip(skipped, interpreter_.state());
    } else {
      skipped = array_loop_.execute_some(most - done);
      if (skipped == 0) break;
    }
    retired += skipped * size;
    statistics_.instructions_accelerated += skipped * size;
    interpreter_.run(size, retired, Interpreter::Start::BEHIND_CALL, go_on);
    statistics_.instructions_single += size;
    done += skipped + 1;
  }
  return done * size;
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
  CodeWalk::EndsAt ends_at;
  if (accelerates_loops()) {
    ends_at = [this](std::uint64_t pc) {
      std::uint32_t& passes = loops_[pc].passes;
      if (passes > 0) --passes;
      return passes == 0;
    };
  }
  const std::uint32_t count = walk_.gather(lanes_, state.pc, most, stops_before, ends_at);
  if (count == 0) return 0;
  lanes_.tpidr_el0 = state.tpidr_el0;
  lanes_.stop = count;
  batch_memory_.begin();
  renamer_.rename(lanes_, count, state);
  order_.sort({lanes_.ops, count}, {renamer_.waves().data(), count}, renamer_.last_wave());
  execute_lanes(lanes_, order_.lanes(), renamer_.waves(), !walk_.side_lanes().empty());
  batch_memory_.settle(lanes_, count);
  const std::uint32_t done = find_code_write(find_cut(count));
  window_ = done == count ? std::min(batch_, window_ * 2) : std::min(batch_, std::max(LEAST_WINDOW, done * 2));
  statistics_.gathered += count;
  if (done == 0) return 0;
  const std::uint32_t retired = commit(count, done);
  ++statistics_.batches;
  statistics_.waves += renamer_.last_wave();
  statistics_.instructions_in_batches += retired;
  return retired;
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
    if (accelerates_loops()) {
      if (const std::uint64_t done = accelerate_loop(limit - outcome.retired, retired); done > 0) {
        outcome.retired += done;
        continue;
      }
    }
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
