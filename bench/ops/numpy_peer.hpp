#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>

#include "cli/bench/timing.hpp"

namespace armillion::bench {

/// numpy in a process of its own, which waits for what it is to do.
class Numpy {
 public:
  /// Throws where the interpreter does not start or has no numpy. `instruction_sets` are those that numpy is not to
  /// use.
  explicit Numpy(const std::string& python, const std::string& disabled_instruction_sets);
  Numpy(const Numpy&) = delete;
  Numpy& operator=(const Numpy&) = delete;
  ~Numpy();

  const std::string& version() const { return version_; }
  /// Nothing where numpy has no such operation. Only the contender that was made last may run.
  std::optional<Contender> contender(const std::string& operation, std::size_t size);

 private:
  std::string ask(const std::string& line);

  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  int process_ = -1;
  std::string version_;
};

}  // namespace armillion::bench
