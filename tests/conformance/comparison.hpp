#pragma once

#include <string>
#include <vector>

#include "guest/protocol.h"
#include "row_under_test.hpp"

namespace armillion::conformance {

/// One thing that differs between the oracle and our semantics.
struct Difference {
  std::string what;
  std::string expected;
  std::string actual;
};

/// Runs `before` on our semantics and compares with `after`, what the oracle made of it. Empty where they agree.
std::vector<Difference> compare(const RowUnderTest& row, std::uint32_t word, const Test& before, const Test& after);

/// The values that the instruction's operands have in `before`, its flags and control registers, as lines of text.
std::string describe_inputs(const RowUnderTest& row, std::uint32_t word, const Test& before);

/// The instruction as LLVM prints it, or an empty string where its tool is not installed.
std::string disassemble(std::uint32_t word);

}  // namespace armillion::conformance
