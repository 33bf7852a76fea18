#include <unicorn/unicorn.h>

#include <stdexcept>

#include "oracle_limits.hpp"
#include "program_runner.hpp"

namespace armillion::conformance {

namespace {

void check(uc_err error) {
  if (error != UC_ERR_OK) throw std::runtime_error(uc_strerror(error));
}

class UnicornRunner : public ProgramRunner {
 public:
  UnicornRunner() {
    check(uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &engine_));
    check(uc_ctl_set_cpu_model(engine_, UC_CPU_ARM64_MAX));
    check(uc_mem_map(engine_, 0, PROGRAM_MEMORY_BYTES, UC_PROT_ALL));
    uc_hook hook = 0;
    check(uc_hook_add(engine_, &hook, UC_HOOK_CODE, reinterpret_cast<void*>(&on_instruction), this, 1, 0));
  }
  ~UnicornRunner() override { uc_close(engine_); }
  UnicornRunner(const UnicornRunner&) = delete;
  UnicornRunner& operator=(const UnicornRunner&) = delete;

  ProgramEnd run(const Program& program, std::uint64_t instruction_limit) override {
    const std::vector<std::byte> memory = initial_memory(program);
    check(uc_mem_write(engine_, 0, memory.data(), memory.size()));
    write_state(program.initial);
    check(uc_ctl_remove_cache(engine_, PROGRAM_CODE_ADDRESS, PROGRAM_CODE_ADDRESS + program.words.size() * 4));
    remaining_ = instruction_limit;
    const uc_err error = uc_emu_start(engine_, program.initial.pc, program.end_address(), 0, 0);
    ProgramEnd end{.state = read_state(), .memory = std::vector<std::byte>(PROGRAM_MEMORY_BYTES), .trouble = {}};
    check(uc_mem_read(engine_, 0, end.memory.data(), end.memory.size()));
    if (error != UC_ERR_OK) end.trouble = uc_strerror(error);
    return end;
  }

 private:
  // Unicorn's own instruction limit forgets to translate again what it translated without one.
  static void on_instruction(uc_engine* engine, std::uint64_t, std::uint32_t, void* self) {
    std::uint64_t& remaining = static_cast<UnicornRunner*>(self)->remaining_;
    if (remaining == 0) {
      uc_emu_stop(engine);
    } else {
      --remaining;
    }
  }

  static int x_register(int number) {
    // X29 and X30 are numbered apart from the others.
    return number < 29 ? UC_ARM64_REG_X0 + number : number == 29 ? UC_ARM64_REG_X29 : UC_ARM64_REG_X30;
  }

  void write(int id, std::uint64_t value) { check(uc_reg_write(engine_, id, &value)); }
  std::uint64_t read(int id) {
    std::uint64_t value = 0;
    check(uc_reg_read(engine_, id, &value));
    return value;
  }

  void write_state(const State& state) {
    for (int i = 0; i < 31; ++i) write(x_register(i), state.x[i]);
    write(UC_ARM64_REG_SP, state.sp);
    write(UC_ARM64_REG_PC, state.pc);
    write(UC_ARM64_REG_NZCV, state.nzcv());
    write(UC_ARM64_REG_FPCR, state.fpcr);
    write(UC_ARM64_REG_FPSR, state.fpsr);
    write(UC_ARM64_REG_TPIDR_EL0, state.tpidr_el0);
    for (int i = 0; i < 32; ++i) check(uc_reg_write(engine_, UC_ARM64_REG_V0 + i, &state.vectors[i]));
  }

  State read_state() {
    State state;
    for (int i = 0; i < 31; ++i) state.x[i] = read(x_register(i));
    state.sp = read(UC_ARM64_REG_SP);
    state.pc = read(UC_ARM64_REG_PC);
    state.set_nzcv(static_cast<std::uint32_t>(read(UC_ARM64_REG_NZCV)));
    state.fpcr = static_cast<std::uint32_t>(read(UC_ARM64_REG_FPCR)) & FPCR_BITS;
    state.fpsr = static_cast<std::uint32_t>(read(UC_ARM64_REG_FPSR)) & FPSR_BITS;
    state.tpidr_el0 = read(UC_ARM64_REG_TPIDR_EL0);
    for (int i = 0; i < 32; ++i) check(uc_reg_read(engine_, UC_ARM64_REG_V0 + i, &state.vectors[i]));
    return state;
  }

  uc_engine* engine_ = nullptr;
  std::uint64_t remaining_ = 0;
};

}  // namespace

std::unique_ptr<ProgramRunner> make_unicorn_runner() { return std::make_unique<UnicornRunner>(); }

}  // namespace armillion::conformance
