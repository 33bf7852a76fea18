// The smallest use of the library: put instructions into a machine's memory, run them, read the registers.
#include <array>
#include <cstdint>
#include <cstdio>

#include "armillion/machine.hpp"

int main() {
  // Adds the numbers from X1 down to 1.
  constexpr std::array<std::uint32_t, 5> PROGRAM = {
      0xd2800000,  //       mov  x0, #0
      0x8b010000,  // loop: add  x0, x0, x1
      0xf1000421,  //       subs x1, x1, #1
      0x54ffffc1,  //       b.ne loop
      0xd4400000,  //       hlt  #0
  };

  // A machine without an operating system: 4 MiB of memory from address 0, all registers 0.
  armillion::Machine machine;
  machine.load_program(PROGRAM);
  machine.set_x(1, 1'000'000);

  // Without a limit a run ends when the program stops it, here by HLT.
  const armillion::RunResult result = machine.execute();
  std::printf("stopped by %s at pc %#llx\n", armillion::name_of(result.stop_reason),
              static_cast<unsigned long long>(result.pc));
  std::printf("x0 = %llu after %llu instructions, %.0f million a second\n",
              static_cast<unsigned long long>(machine.x(0)), static_cast<unsigned long long>(result.instructions),
              result.ips() / 1e6);

  const bool as_expected = result.stop_reason == armillion::StopReason::HALT && machine.x(0) == 500'000'500'000;
  return as_expected ? 0 : 1;
}
