#include "cli/gdb_target.hpp"

#include <cstddef>
#include <span>
#include <utility>

namespace armillion::cli {

namespace {

// The auxiliary vector of a process that has not run: it lies behind the arguments and the environment, each ended by
// 0, on the stack (System V ABI, "Process Initialization").
std::string read_auxiliary_vector(const Machine& machine) {
  std::uint64_t address = machine.state().sp;
  const auto next = [&] {
    const auto value = machine.read<std::uint64_t>(address);
    address += sizeof value;
    return value;
  };
  next();  // the number of arguments
  while (next() != 0) {
  }
  while (next() != 0) {
  }
  const std::uint64_t start = address;
  while (next() != 0) next();
  std::string bytes(address + sizeof(std::uint64_t) - start, '\0');
  machine.read_memory(start, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

class ProcessTarget final : public GdbTarget {
 public:
  explicit ProcessTarget(Process& process)
      : process_(process), auxiliary_vector_(read_auxiliary_vector(process.machine())) {}

  Machine& machine() override { return process_.machine(); }
  ProcessResult run(const RunOptions& options) override { return process_.run(options); }
  std::vector<int> threads() const override {
    std::vector<int> ids;
    for (const Process::ThreadView& thread : process_.threads()) ids.push_back(thread.id);
    if (ids.empty()) ids.push_back(1);
    return ids;
  }
  int current_thread() const override { return process_.current_thread(); }
  State thread_state(int thread) const override {
    if (thread != process_.current_thread()) {
      for (const Process::ThreadView& view : process_.threads()) {
        if (view.id == thread) return view.state;
      }
    }
    return std::as_const(process_).machine().state();
  }
  const std::string& auxiliary_vector() const override { return auxiliary_vector_; }

 private:
  Process& process_;
  std::string auxiliary_vector_;
};

class MachineTarget final : public GdbTarget {
 public:
  explicit MachineTarget(Machine& machine) : machine_(machine) {}

  Machine& machine() override { return machine_; }
  ProcessResult run(const RunOptions& options) override {
    ProcessResult result;
    static_cast<RunResult&>(result) = machine_.execute(options);
    return result;
  }
  std::vector<int> threads() const override { return {1}; }
  int current_thread() const override { return 1; }
  State thread_state(int) const override { return machine_.state(); }
  const std::string& auxiliary_vector() const override { return auxiliary_vector_; }

 private:
  Machine& machine_;
  std::string auxiliary_vector_;
};

}  // namespace

std::unique_ptr<GdbTarget> make_gdb_target(Process& process) { return std::make_unique<ProcessTarget>(process); }
std::unique_ptr<GdbTarget> make_gdb_target(Machine& machine) { return std::make_unique<MachineTarget>(machine); }

}  // namespace armillion::cli
