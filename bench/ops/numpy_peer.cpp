#include "ops/numpy_peer.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace armillion::bench {
namespace {

constexpr char PROGRAM[] = {
#embed "numpy_peer.py" suffix(, 0)
};

/// A pipe's ends: for reading, and for writing.
std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe can be made");
  return ends;
}

}  // namespace

Numpy::Numpy(const std::string& python, const std::string& disabled_instruction_sets) {
  const auto requests = make_pipe();
  const auto answers = make_pipe();
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error("no process can be made");
  if (process_ == 0) {
    ::setenv("NPY_DISABLE_CPU_FEATURES", disabled_instruction_sets.c_str(), 1);
    ::setenv("OPENBLAS_NUM_THREADS", "1", 1);
    ::dup2(requests[0], STDIN_FILENO);
    ::dup2(answers[1], STDOUT_FILENO);
    for (const int end : {requests[0], requests[1], answers[0], answers[1]}) ::close(end);
    ::execlp(python.c_str(), python.c_str(), "-c", PROGRAM, nullptr);
    ::_exit(127);
  }
  ::close(requests[0]);
  ::close(answers[1]);
  to_ = ::fdopen(requests[1], "w");
  from_ = ::fdopen(answers[0], "r");
  version_ = ask("version");
}

Numpy::~Numpy() {
  std::fclose(to_);
  std::fclose(from_);
  ::waitpid(process_, nullptr, 0);
}

std::optional<Contender> Numpy::contender(const std::string& operation, std::size_t size) {
  if (ask(fmt::format("make {} {}", operation, size)) == "no") return std::nullopt;
  return Contender{"numpy", [this](std::size_t calls) { return std::stod(ask(fmt::format("run {}", calls))); }};
}

std::string Numpy::ask(const std::string& line) {
  fmt::print(to_, "{}\n", line);
  std::fflush(to_);
  std::array<char, 256> answer{};
  if (std::fgets(answer.data(), answer.size(), from_) == nullptr) {
    throw std::runtime_error("numpy's process has ended; its message is above");
  }
  std::string text(answer.data());
  text.pop_back();
  return text;
}

}  // namespace armillion::bench
