#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace armillion::cli {

enum class RowFormat : std::uint8_t {
  /// RFC 4180, with a line of the columns' names first and plain line feeds.
  CSV,
  /// A JSON object a line.
  JSON_LINES,
};

/// The format that a file's name asks for: ".csv" or ".jsonl". Error(INVALID_ARGUMENT) for any other.
RowFormat row_format_of(const std::string& path);

/// A value in a row.
struct Cell {
  enum class Kind : std::uint8_t {
    /// Nothing in CSV, null in JSON.
    EMPTY,
    TEXT,
    /// `text` is a JSON number.
    NUMBER,
  };
  Kind kind = Kind::EMPTY;
  std::string text;

  static Cell from_text(std::string text) { return {Kind::TEXT, std::move(text)}; }
  static Cell from_number(std::string text) { return {Kind::NUMBER, std::move(text)}; }
};

/// Writes rows to a file as they come, and keeps none. What cannot be written is Error(FILE_UNREADABLE).
class RowWriter {
 public:
  /// Makes the file, or empties it.
  RowWriter(const std::string& path, const std::vector<std::string>& columns);

  /// One value for each column.
  void write(std::span<const Cell> row);
  /// Hands what was written so far to the host.
  void flush();
  /// To be called at the end: only then is it known that everything could be written.
  void close();

 private:
  void write_csv(std::span<const Cell> row);
  void write_json(std::span<const Cell> row);
  [[noreturn]] void fail() const;

  struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };

  std::string path_;
  RowFormat format_;
  // Of the objects in JSON: each column's name, quoted, with the colon behind it.
  std::vector<std::string> keys_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::string buffer_;
};

}  // namespace armillion::cli
