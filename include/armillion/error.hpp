#pragma once

#include <stdexcept>
#include <string>

namespace armillion {

/// What kind of mistake of the host an `Error` reports.
enum class ErrorCode {
  /// An argument is outside what the function takes.
  INVALID_ARGUMENT,
  /// A file cannot be opened or read.
  FILE_UNREADABLE,
  /// A program file is malformed, or for another architecture.
  BAD_PROGRAM,
  /// The host access touches guest memory that is not mapped.
  BAD_ADDRESS,
  /// A memory limit is reached, the machine's or the host's.
  OUT_OF_MEMORY,
  /// The engine or device that was asked for is not there.
  UNAVAILABLE,
};

/// A mistake of the host: the message says what was wrong and what would mend it. What a guest does wrong is never an
/// `Error` but a `StopReason`.
class Error : public std::runtime_error {
 public:
  /// An error with a sentence for `what`.
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  /// What kind of mistake it was.
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace armillion
