#include "cli/gdb_target.hpp"

#include <utility>

namespace armillion::cli {

namespace {

class ProcessTarget final : public GdbTarget {
 public:
  explicit ProcessTarget(Process& process) : process_(process) {}

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

 private:
  Process& process_;
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

 private:
  Machine& machine_;
};

}  // namespace

std::unique_ptr<GdbTarget> make_gdb_target(Process& process) { return std::make_unique<ProcessTarget>(process); }
std::unique_ptr<GdbTarget> make_gdb_target(Machine& machine) { return std::make_unique<MachineTarget>(machine); }

}  // namespace armillion::cli
