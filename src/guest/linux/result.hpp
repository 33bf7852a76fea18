#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>

// How the parts of the kernel answer each other and the guest.
namespace armillion::guest::kernel {

/// A Linux error number. All 64-bit Linux systems that the library runs on share AArch64's numbers, so the host's
/// constants serve for the guest.
struct ErrorNumber {
  int value = 0;
};

template <class T>
using Result = std::expected<T, ErrorNumber>;

/// For `return fail(ENOENT);` in whatever returns a `Result` or a `CallResult`.
inline std::unexpected<ErrorNumber> fail(int error_number) { return std::unexpected(ErrorNumber{error_number}); }
inline std::unexpected<ErrorNumber> fail(ErrorNumber error) { return std::unexpected(error); }
/// With the host's errno.
inline std::unexpected<ErrorNumber> fail_as_host() { return fail(errno); }

/// What a system call answers.
class CallResult {
 public:
  enum class Kind : std::uint8_t {
    /// The value goes to X0.
    VALUE,
    /// The thread waits; the call is made again when what it waits for may have come.
    BLOCKED,
    /// The call has set all registers itself, or its thread is gone.
    NO_VALUE,
  };

  CallResult(std::int64_t value) : value_(value) {}
  CallResult(std::unexpected<ErrorNumber> error) : value_(-std::int64_t{error.error().value}) {}
  template <class T>
    requires std::is_convertible_v<T, std::int64_t>
  CallResult(const Result<T>& result)
      : value_(result ? static_cast<std::int64_t>(*result) : -std::int64_t{result.error().value}) {}
  CallResult(const Result<void>& result) : value_(result ? 0 : -std::int64_t{result.error().value}) {}

  static CallResult blocked() { return CallResult(Kind::BLOCKED); }
  static CallResult no_value() { return CallResult(Kind::NO_VALUE); }

  Kind kind() const { return kind_; }
  /// Not negative, or minus an error number.
  std::int64_t value() const { return value_; }

 private:
  explicit CallResult(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::VALUE;
  std::int64_t value_ = 0;
};

}  // namespace armillion::guest::kernel
