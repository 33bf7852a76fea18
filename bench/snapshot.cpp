// What single operations of the library cost: snapshots and restores against the pages that were written between them,
// decoding, and the interpreter's loop. Prints instructions a second as "items_per_second".
#include <benchmark/benchmark.h>

#include <array>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "armillion/machine.hpp"
#include "isa/decoder.hpp"

namespace {

using armillion::Machine;
using armillion::MachineOptions;
using armillion::RunResult;
using armillion::Snapshot;
using armillion::StopReason;

constexpr std::uint64_t PAGE_BYTES = 4096;
constexpr std::uint64_t MEMORY_BYTES = std::uint64_t{64} << 20;
// Where the programs' data are: behind their code.
constexpr std::uint64_t DATA_ADDRESS = 0x10000;

// Writes X1 pages from address X0 on, 8 bytes a page.
constexpr std::array<std::uint32_t, 5> DIRTY_PAGES = {
    0xf9000001,  // loop: str  x1, [x0]
    0x91400400,  //       add  x0, x0, #1, lsl #12
    0xf1000421,  //       subs x1, x1, #1
    0x54ffffa1,  //       b.ne loop
    0xd4400000,  //       hlt  #0
};

void expect_halt(benchmark::State& state, const RunResult& result) {
  if (result.stop_reason != StopReason::HALT) state.SkipWithError(armillion::name_of(result.stop_reason));
}

// One iteration: a guest writes to so many pages of 64 MiB, all of which hold data, and the machine is restored.
void restore_after_dirty_pages(benchmark::State& state) {
  const auto pages = static_cast<std::uint64_t>(state.range(0));
  Machine machine(MachineOptions{.memory_bytes = MEMORY_BYTES});
  for (std::uint64_t address = 0; address < MEMORY_BYTES; address += PAGE_BYTES) machine.write(address, address + 1);
  machine.load_program(DIRTY_PAGES);
  machine.set_x(0, DATA_ADDRESS);
  machine.set_x(1, pages);
  const Snapshot start = machine.snapshot();
  for (auto _ : state) {
    expect_halt(state, machine.execute());
    machine.restore(start);
  }
  state.counters["pages_per_second"] =
      benchmark::Counter(static_cast<double>(pages), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(restore_after_dirty_pages)->Arg(1)->RangeMultiplier(8)->Range(8, 4096)->Unit(benchmark::kMicrosecond);

// One iteration: so many pages are written since the last snapshot, and a new one is taken.
void snapshot_after_dirty_pages(benchmark::State& state) {
  const auto pages = static_cast<std::uint64_t>(state.range(0));
  Machine machine(MachineOptions{.memory_bytes = MEMORY_BYTES});
  for (std::uint64_t address = 0; address < MEMORY_BYTES; address += PAGE_BYTES) machine.write(address, address + 1);
  machine.load_program(DIRTY_PAGES);
  Snapshot last = machine.snapshot();
  for (auto _ : state) {
    machine.set_pc(0);
    machine.set_x(0, DATA_ADDRESS);
    machine.set_x(1, pages);
    expect_halt(state, machine.execute());
    last = machine.snapshot();
  }
}
BENCHMARK(snapshot_after_dirty_pages)->Arg(1)->RangeMultiplier(8)->Range(8, 4096)->Unit(benchmark::kMicrosecond);

// Decodes words one after the other, as many as an iteration's items.
void decode_words(benchmark::State& state, const std::vector<std::uint32_t>& words) {
  for (auto _ : state) {
    for (const std::uint32_t word : words) benchmark::DoNotOptimize(armillion::isa::decode(word));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * words.size()));
}

void decode_random_words(benchmark::State& state) {
  std::mt19937 random(1);
  std::vector<std::uint32_t> words(4096);
  for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(random());
  decode_words(state, words);
}
BENCHMARK(decode_random_words);

// The instructions that compiled programs are mostly made of, with random registers.
void decode_common_words(benchmark::State& state) {
  constexpr std::array<std::uint32_t, 12> COMMON = {
      0x91000400,  // add  x0, x0, #1
      0xf9400000,  // ldr  x0, [x0]
      0xf9000000,  // str  x0, [x0]
      0xaa0003e0,  // mov  x0, x0
      0x52800000,  // mov  w0, #0
      0x54000000,  // b.eq .
      0xb4000000,  // cbz  x0, .
      0x94000000,  // bl   .
      0xa9007bfd,  // stp  x29, x30, [sp]
      0xeb00001f,  // cmp  x0, x0
      0xd3400000,  // ubfx x0, x0, #0, #1
      0x1e600800,  // fmul d0, d0, d0
  };
  std::mt19937 random(1);
  std::vector<std::uint32_t> words(4096);
  for (std::uint32_t& word : words) {
    const auto registers = static_cast<std::uint32_t>(random());
    word = COMMON[registers % COMMON.size()] | (registers >> 8 & 7);
  }
  decode_words(state, words);
}
BENCHMARK(decode_common_words);

// Runs an endless loop for a million instructions an iteration. D1 to D3 are `factor` at the start.
void run_loop(benchmark::State& state, std::initializer_list<std::uint32_t> words, double factor = 0) {
  constexpr std::uint64_t INSTRUCTIONS = 1'000'000;
  Machine machine;
  machine.load_program(std::vector<std::uint32_t>(words));
  machine.set_x(0, DATA_ADDRESS);
  machine.set_x(31, DATA_ADDRESS);
  for (unsigned i = 1; i < 4; ++i) machine.set_vector(i, {.low = std::bit_cast<std::uint64_t>(factor)});
  for (auto _ : state) {
    const RunResult result = machine.execute(INSTRUCTIONS);
    if (result.stop_reason != StopReason::INSTRUCTION_LIMIT) {
      state.SkipWithError(armillion::name_of(result.stop_reason));
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * INSTRUCTIONS));
}

void loop_add_branch(benchmark::State& state) {
  run_loop(state, {
                      0x91000421,  // loop: add x1, x1, #1
                      0x17ffffff,  //       b   loop
                  });
}
BENCHMARK(loop_add_branch)->Unit(benchmark::kMicrosecond);

void loop_load_store(benchmark::State& state) {
  run_loop(state, {
                      0xf9400001,  // loop: ldr x1, [x0]
                      0x91000421,  //       add x1, x1, #1
                      0xf9000001,  //       str x1, [x0]
                      0x17fffffd,  //       b   loop
                  });
}
BENCHMARK(loop_load_store)->Unit(benchmark::kMicrosecond);

void loop_call_return(benchmark::State& state) {
  run_loop(state, {
                      0x94000002,  // loop:     bl   function
                      0x17ffffff,  //           b    loop
                      0xa9bf7bfd,  // function: stp  x29, x30, [sp, #-16]!
                      0xa8c17bfd,  //           ldp  x29, x30, [sp], #16
                      0xd65f03c0,  //           ret
                  });
}
BENCHMARK(loop_call_return)->Unit(benchmark::kMicrosecond);

// The first inexact result sets FPSR.IXC; from then on the host's arithmetic need not be asked whether it rounded.
void loop_floating_point(benchmark::State& state, double factor) {
  run_loop(state,
           {
               0x1e620820,  // loop: fmul d0, d1, d2
               0x1e632801,  //       fadd d1, d0, d3
               0x17fffffe,  //       b    loop
           },
           factor);
}
BENCHMARK_CAPTURE(loop_floating_point, inexact, 0.3)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(loop_floating_point, exact, 0.0)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
