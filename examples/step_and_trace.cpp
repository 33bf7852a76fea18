// Steps through a program, instruction by instruction, and prints each with the registers that it changed.
#include <array>
#include <cstdint>
#include <cstdio>

#include "armillion/disassembler.hpp"
#include "armillion/machine.hpp"

namespace {

// The greatest common divisor of 48 and 18 by subtraction, and its square root.
constexpr std::array<std::uint32_t, 12> PROGRAM = {
    0x52800600,  //         mov   w0, #48
    0x52800241,  //         mov   w1, #18
    0x6b01001f,  // loop:   cmp   w0, w1
    0x540000c0,  //         b.eq  done
    0x54000068,  //         b.hi  larger
    0x4b000021,  //         sub   w1, w1, w0
    0x17fffffc,  //         b     loop
    0x4b010000,  // larger: sub   w0, w0, w1
    0x17fffffa,  //         b     loop
    0x1e620000,  // done:   scvtf d0, w0
    0x1e61c000,  //         fsqrt d0, d0
    0xd4400000,  //         hlt   #0
};

void print_changes(const armillion::State& before, const armillion::State& after) {
  for (int i = 0; i < 31; ++i) {
    if (after.x[i] != before.x[i]) std::printf("  x%d=%#llx", i, static_cast<unsigned long long>(after.x[i]));
  }
  if (after.nzcv() != before.nzcv()) std::printf("  nzcv=%x", after.nzcv() >> 28);
  for (int i = 0; i < 32; ++i) {
    if (after.vectors[i] == before.vectors[i]) continue;
    std::printf("  v%d=%016llx'%016llx", i, static_cast<unsigned long long>(after.vectors[i].high),
                static_cast<unsigned long long>(after.vectors[i].low));
  }
  if (after.fpsr != before.fpsr) std::printf("  fpsr=%#x", after.fpsr);
}

}  // namespace

int main() {
  armillion::Machine machine;
  machine.load_program(PROGRAM);
  const armillion::Disassembler disassembler;

  armillion::RunResult result;
  do {
    const armillion::State before = machine.state();
    const auto word = machine.read<std::uint32_t>(before.pc);
    result = machine.step();
    std::printf("%#6llx  %-20s", static_cast<unsigned long long>(before.pc),
                disassembler.disassemble(word, before.pc).c_str());
    print_changes(before, machine.state());
    std::printf("\n");
  } while (result.stop_reason == armillion::StopReason::INSTRUCTION_LIMIT);

  std::printf("%llu instructions; x0 is %llu\n", static_cast<unsigned long long>(machine.retired_instructions()),
              static_cast<unsigned long long>(machine.x(0)));
  return result.stop_reason == armillion::StopReason::HALT && machine.x(0) == 6 ? 0 : 1;
}
