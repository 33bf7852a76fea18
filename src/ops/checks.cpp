#include "ops/checks.hpp"

#include <string>

#include "armillion/error.hpp"

namespace armillion::ops {

void throw_invalid(const char* operation, const char* what) {
  throw Error(ErrorCode::INVALID_ARGUMENT, std::string(operation) + ": " + what);
}

void throw_sizes(const char* operation, std::size_t expected, std::size_t actual) {
  throw Error(ErrorCode::INVALID_ARGUMENT, std::string(operation) + ": an array has " + std::to_string(actual) +
                                               " elements where there must be " + std::to_string(expected));
}

}  // namespace armillion::ops
