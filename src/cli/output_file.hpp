#pragma once

#include <string>

namespace armillion::cli {

/// A file that is written at the end of something long. That it can be written is known from the start; what it held
/// stays until then, and where nothing is written a file that was not there is gone again.
class OutputFile {
 public:
  /// Error(FILE_UNREADABLE) where it cannot be made or opened. Does nothing for an empty path, and is then never
  /// written.
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  bool is_wanted() const { return descriptor_ >= 0; }
  /// Replaces all that it held. Error(FILE_UNREADABLE) where it cannot be written.
  void write(const std::string& text);

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  int descriptor_ = -1;
  bool is_new_ = false;
};

}  // namespace armillion::cli
