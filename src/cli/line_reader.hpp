#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

namespace armillion::cli {

/// The lines of a text file, one after the other. The file may be larger than memory; a pipe, which cannot be read
/// twice, is kept.
class LineReader {
 public:
  /// Error(FILE_UNREADABLE) where it cannot be opened.
  explicit LineReader(const std::string& path);

  /// Reads the next line, without its end. False at the end of the file. Error(FILE_UNREADABLE).
  bool next();
  const std::string& path() const { return path_; }
  /// What was read last.
  const std::string& line() const { return line_; }
  /// Its number; the first one is 1.
  std::uint64_t number() const { return number_; }
  /// Back to before the first line.
  void rewind();

  /// Throws Error(INVALID_ARGUMENT) with the file, the number of the line that was read last and `message`.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  std::string path_;
  std::unique_ptr<std::istream> stream_;
  std::string line_;
  std::uint64_t number_ = 0;
};

}  // namespace armillion::cli
