#include <armillion/machine.hpp>
#include <armillion/version.hpp>
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  armillion::Machine machine;
  const std::vector<std::uint32_t> program = {
      0xd2800540,  // mov x0, #42
      0xd4400000,  // hlt #0
  };
  machine.load_program(program);
  const armillion::RunResult result = machine.execute();
  std::printf("armillion %s: x0 = %llu after %llu instructions\n", armillion::VERSION,
              static_cast<unsigned long long>(machine.x(0)), static_cast<unsigned long long>(result.instructions));
  return result.stop_reason == armillion::StopReason::HALT && machine.x(0) == 42 ? 0 : 1;
}
