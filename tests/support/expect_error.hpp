#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "armillion/error.hpp"

namespace armillion::test {

/// Expects that `action` throws an Error with this code, whose message has all of `parts` in it.
inline void expect_error(ErrorCode code, const std::vector<std::string>& parts, const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "no error, but one that says " << parts.front();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), code) << message;
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

}  // namespace armillion::test
