#include "cli/row_writer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "armillion/error.hpp"
#include "cli/json_text.hpp"

namespace armillion::cli {

namespace {

constexpr std::size_t BUFFER_BYTES = std::size_t{1} << 20;

// RFC 4180, section 2, rules 5 to 7.
std::string to_csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace

RowFormat row_format_of(const std::string& path) {
  if (path.ends_with(".csv")) return RowFormat::CSV;
  if (path.ends_with(".jsonl")) return RowFormat::JSON_LINES;
  throw Error(
      ErrorCode::INVALID_ARGUMENT,
      "the name of an output file ends with .csv or .jsonl, which says how it is written; '" + path + "' does not");
}

RowWriter::RowWriter(const std::string& path, const std::vector<std::string>& columns)
    : path_(path), format_(row_format_of(path)), file_(std::fopen(path.c_str(), "wb")) {
  if (file_ == nullptr) fail();
  // Rows are gathered here; a buffer of the C library's would only copy them again.
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  if (format_ == RowFormat::CSV) {
    std::vector<Cell> names;
    names.reserve(columns.size());
    for (const std::string& column : columns) names.push_back(Cell::from_text(column));
    write_csv(names);
  } else {
    for (const std::string& column : columns) keys_.push_back(to_json_string(column) + ": ");
  }
}

void RowWriter::write(std::span<const Cell> row) {
  if (format_ == RowFormat::CSV) {
    write_csv(row);
  } else {
    write_json(row);
  }
  if (buffer_.size() >= BUFFER_BYTES) flush();
}

void RowWriter::write_csv(std::span<const Cell> row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) buffer_ += ',';
    buffer_ += to_csv_field(row[i].text);
  }
  buffer_ += '\n';
}

void RowWriter::write_json(std::span<const Cell> row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    buffer_ += i == 0 ? "{" : ", ";
    buffer_ += keys_[i];
    switch (row[i].kind) {
      case Cell::Kind::EMPTY: buffer_ += "null"; break;
      case Cell::Kind::TEXT: buffer_ += to_json_string(row[i].text); break;
      case Cell::Kind::NUMBER: buffer_ += row[i].text; break;
    }
  }
  buffer_ += "}\n";
}

void RowWriter::flush() {
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) fail();
  buffer_.clear();
}

void RowWriter::close() {
  flush();
  if (std::fclose(file_.release()) != 0) fail();
}

void RowWriter::fail() const {
  throw Error(ErrorCode::FILE_UNREADABLE, path_ + " cannot be written: " + std::strerror(errno));
}

}  // namespace armillion::cli
