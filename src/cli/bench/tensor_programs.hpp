#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace armillion::bench {

/// A bare program that ends with HLT.
struct TensorProgram {
  std::string title;
  std::vector<std::uint32_t> words;
  /// Instructions per second that were published for such a program, by batch; batch 1 is one instruction at a time.
  std::vector<std::pair<std::uint32_t, double>> published;
};

std::vector<TensorProgram> tensor_programs();

}  // namespace armillion::bench
