#include "cli/bench/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "armillion/error.hpp"

namespace armillion::bench {

ChildProcess::ChildProcess(const std::vector<std::string>& command) : name_(command.front()) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(ErrorCode::FILE_UNREADABLE, "no pipe can be made");
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const int failure = posix_spawnp(&process_, name_.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  output_ = ends[0];
  if (failure != 0) {
    process_ = -1;
    close(output_);
    throw Error(ErrorCode::FILE_UNREADABLE, name_ + " cannot be started: " + std::strerror(failure));
  }
}

ChildProcess::~ChildProcess() {
  if (output_ >= 0) close(output_);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

std::string ChildProcess::finish() {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t count = read(output_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT, name_ + " has failed");
  }
  return text;
}

}  // namespace armillion::bench
