#include "cli/input_source.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

WideInteger parse_bound(std::string_view bound, std::string_view range) {
  if (const auto integer = parse_integer(bound)) return *integer;
  throw Error(ErrorCode::INVALID_ARGUMENT,
              fmt::format("in the range {}: '{}' is no integer; they are written 42, -42, 0x2a or 2^32", range, bound));
}

// Nothing that a file is likely to be called.
bool looks_like_range(std::string_view text) {
  return text.find(':') != std::string_view::npos && text.find('/') == std::string_view::npos &&
         text.find_first_of("0123456789") <= (text.starts_with('-') ? 1U : 0U);
}

}  // namespace

IntegerRange parse_range(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("a range is written FIRST:END, not '{}'", text));
  }
  const IntegerRange range{parse_bound(text.substr(0, colon), text), parse_bound(text.substr(colon + 1), text)};
  if (range.first >= range.end) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("the range {} is empty: it ends before its END, which must be above FIRST", text));
  }
  if (range.end - range.first > std::numeric_limits<std::uint64_t>::max()) {
    throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("the range {} has more than 2^64 - 1 integers", text));
  }
  return range;
}

InputSource parse_input_source(const std::string& text) {
  InputSource source;
  if (text.empty()) return source;
  if (looks_like_range(text)) {
    source.kind = InputSource::Kind::RANGE;
    source.range = parse_range(text);
    return source;
  }
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(text, error);
  if (!std::filesystem::exists(status)) {
    throw Error(ErrorCode::FILE_UNREADABLE, fmt::format("{}: {}; inputs are a folder, a file, or a range FIRST:END",
                                                        text, error ? error.message() : "No such file or directory"));
  }
  source.kind = std::filesystem::is_directory(status) ? InputSource::Kind::FOLDER : InputSource::Kind::FILE;
  source.path = text;
  return source;
}

}  // namespace armillion::cli
