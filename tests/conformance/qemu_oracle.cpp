#include "qemu_oracle.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace armillion::conformance {

namespace {

constexpr int ANSWER_TIMEOUT_MILLISECONDS = 60'000;

}  // namespace

QemuOracle::QemuOracle(const std::string& runner_path) {
  const int memory = memfd_create("batch", 0);
  int to_guest[2];
  int from_guest[2];
  if (memory < 0 || ftruncate(memory, sizeof(Batch)) != 0 || pipe2(to_guest, O_CLOEXEC) != 0 ||
      pipe2(from_guest, O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot make the channel to the emulator");
  }
  void* shared = mmap(nullptr, sizeof(Batch), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (shared == MAP_FAILED) throw std::runtime_error("cannot map the batch");
  batch_ = static_cast<Batch*>(shared);

  process_ = fork();
  if (process_ < 0) throw std::runtime_error("cannot start a process");
  if (process_ == 0) {
    // The batch's descriptor must not be one of those that are about to be replaced.
    const int safe_memory = fcntl(memory, F_DUPFD, 10);
    dup2(to_guest[0], STDIN_FILENO);
    dup2(from_guest[1], STDOUT_FILENO);
    dup2(safe_memory, BATCH_DESCRIPTOR);
    execlp("qemu-aarch64", "qemu-aarch64", "-cpu", "max,pauth=off", runner_path.c_str(), nullptr);
    _exit(127);
  }
  close(memory);
  close(to_guest[0]);
  close(from_guest[1]);
  doorbell_ = to_guest[1];
  answer_ = from_guest[0];
}

int QemuOracle::major_version() {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen("qemu-aarch64 --version", "r"), pclose);
  int version = 0;
  if (pipe == nullptr || std::fscanf(pipe.get(), "qemu-aarch64 version %d", &version) != 1) {
    throw std::runtime_error("qemu-aarch64 does not tell its version");
  }
  return version;
}

QemuOracle::~QemuOracle() {
  close(doorbell_);
  close(answer_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  munmap(batch_, sizeof(Batch));
}

bool QemuOracle::run() {
  char byte = 'r';
  if (write(doorbell_, &byte, 1) != 1) return false;
  pollfd descriptor{.fd = answer_, .events = POLLIN, .revents = 0};
  if (poll(&descriptor, 1, ANSWER_TIMEOUT_MILLISECONDS) != 1) return false;
  return read(answer_, &byte, 1) == 1;
}

}  // namespace armillion::conformance
