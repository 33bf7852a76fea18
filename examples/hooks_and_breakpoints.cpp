// Ways to watch a machine: a hook on system calls, one on memory accesses, a breakpoint and a watchpoint.
#include <array>
#include <cstdint>
#include <cstdio>

#include "armillion/machine.hpp"

namespace {

using armillion::Access;
using armillion::StopReason;

constexpr std::uint64_t RESULTS_ADDRESS = 0x1000;
constexpr std::uint64_t SQUARE_ADDRESS = 0x20;

// Writes the squares of 3, 2 and 1 to X20 and on, and tells of each by SVC #1.
constexpr std::array<std::uint32_t, 10> PROGRAM = {
    0xd2800073,  //         mov  x19, #3
    0xaa1303e0,  // loop:   mov  x0, x19
    0x94000006,  //         bl   square
    0xf8008680,  //         str  x0, [x20], #8
    0xd4000021,  //         svc  #1
    0xf1000673,  //         subs x19, x19, #1
    0x54ffff61,  //         b.ne loop
    0xd4400000,  //         hlt  #0
    0x9b007c00,  // square: mul  x0, x0, x0
    0xd65f03c0,  //         ret
};

armillion::Machine make_machine() {
  armillion::Machine machine;
  machine.load_program(PROGRAM);
  machine.set_x(20, RESULTS_ADDRESS);
  return machine;
}

// Hooks are called while the machine runs. Without a hook on system calls, SVC would stop the run.
bool watch_with_hooks() {
  armillion::Machine machine = make_machine();
  int calls = 0, stores = 0;
  machine.set_syscall_hook([&](armillion::Machine& caller, std::uint32_t immediate) {
    std::printf("system call %u: x0 is %llu\n", immediate, static_cast<unsigned long long>(caller.x(0)));
    ++calls;
    return true;  // It is served: go on.
  });
  machine.set_memory_hook([&](const armillion::MemoryAccess& access) {
    if (access.access != Access::WRITE) return;
    std::printf("pc %#llx writes %u bytes to %#llx\n", static_cast<unsigned long long>(access.pc), access.size,
                static_cast<unsigned long long>(access.address));
    ++stores;
  });
  const armillion::RunResult result = machine.execute();
  return result.stop_reason == StopReason::HALT && calls == 3 && stores == 3;
}

// A breakpoint stops before its instruction; the next run starts with that instruction and passes it.
bool stop_at_breakpoints() {
  armillion::Machine machine = make_machine();
  machine.set_syscall_hook([](armillion::Machine&, std::uint32_t) { return true; });
  machine.add_breakpoint(SQUARE_ADDRESS);
  int stops = 0;
  while (machine.execute().stop_reason == StopReason::BREAKPOINT) {
    std::printf("square is called with %llu\n", static_cast<unsigned long long>(machine.x(0)));
    ++stops;
  }
  return stops == 3;
}

// A watchpoint stops after the instruction that touched its range.
bool stop_at_a_watchpoint() {
  armillion::Machine machine = make_machine();
  machine.set_syscall_hook([](armillion::Machine&, std::uint32_t) { return true; });
  const std::uint64_t second_result = RESULTS_ADDRESS + 8;
  machine.add_watchpoint(second_result, 8, Access::WRITE);
  const armillion::RunResult result = machine.execute();
  const auto value = machine.read<std::uint64_t>(second_result);
  std::printf("%s before pc %#llx: the second result is %llu\n", armillion::name_of(result.stop_reason),
              static_cast<unsigned long long>(result.pc), static_cast<unsigned long long>(value));
  return result.stop_reason == StopReason::WATCHPOINT && value == 4;
}

}  // namespace

int main() {
  const bool hooks = watch_with_hooks();
  const bool breakpoints = stop_at_breakpoints();
  const bool watchpoint = stop_at_a_watchpoint();
  return hooks && breakpoints && watchpoint ? 0 : 1;
}
