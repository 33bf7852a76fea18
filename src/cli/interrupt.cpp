#include "cli/interrupt.hpp"

#include <atomic>

namespace armillion::cli {

namespace {

// What a handler of signals can reach.
std::atomic<Machine*> interrupted_machine = nullptr;
std::atomic<Process*> interrupted_process = nullptr;
std::atomic<bool> was_interrupted = false;

void on_interrupt(int) {
  was_interrupted = true;
  if (Machine* machine = interrupted_machine) machine->cancel();
  if (Process* process = interrupted_process) process->cancel();
}

}  // namespace

InterruptHandler::InterruptHandler(Machine& machine) {
  interrupted_machine = &machine;
  install();
}

InterruptHandler::InterruptHandler(Process& process) {
  interrupted_process = &process;
  install();
}

InterruptHandler::~InterruptHandler() {
  if (is_installed_) sigaction(SIGINT, &previous_, nullptr);
  interrupted_machine = nullptr;
  interrupted_process = nullptr;
}

void InterruptHandler::install() {
  if (sigaction(SIGINT, nullptr, &previous_) != 0 || previous_.sa_handler == SIG_IGN) return;
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  is_installed_ = sigaction(SIGINT, &action, nullptr) == 0;
}

void InterruptHandler::end_if_interrupted() {
  if (!was_interrupted) return;
  std::signal(SIGINT, SIG_DFL);
  std::raise(SIGINT);
}

}  // namespace armillion::cli
