#include "armillion/machine.hpp"
#include "program_runner.hpp"

namespace armillion::conformance {

namespace {

class MachineRunner : public ProgramRunner {
 public:
  ProgramEnd run(const Program& program, std::uint64_t instruction_limit) override {
    Machine machine({.memory_bytes = PROGRAM_MEMORY_BYTES});
    const std::vector<std::byte> memory = initial_memory(program);
    machine.write_memory(0, memory);
    machine.state() = program.initial;
    const RunResult result = machine.execute(instruction_limit);
    ProgramEnd end{.state = machine.state(), .memory = std::vector<std::byte>(PROGRAM_MEMORY_BYTES), .trouble = {}};
    machine.read_memory(0, end.memory);
    if (result.stop_reason != StopReason::HALT && result.stop_reason != StopReason::INSTRUCTION_LIMIT) {
      end.trouble = name_of(result.stop_reason);
    }
    return end;
  }
};

}  // namespace

std::unique_ptr<ProgramRunner> make_machine_runner() { return std::make_unique<MachineRunner>(); }

}  // namespace armillion::conformance
