#include "cli/program_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error(ErrorCode::FILE_UNREADABLE, path + " cannot be read: " + std::strerror(errno));
  return bytes;
}

}  // namespace

std::optional<std::vector<std::string>> split_arguments(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  bool in_quotes = false;
  for (const char c : line) {
    const bool is_separator = !in_quotes && std::isspace(static_cast<unsigned char>(c)) != 0;
    if (is_separator) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '"') {
      in_quotes = !in_quotes;
    } else {
      words.back() += c;
    }
  }
  if (in_quotes) return std::nullopt;
  return words;
}

ProgramInputs::ProgramInputs(const InputSource& source, std::uint64_t count_without_source) : source_(source) {
  switch (source_.kind) {
    case InputSource::Kind::NONE: count_ = count_without_source; break;
    case InputSource::Kind::RANGE:
      count_ = source_.range.count();
      next_integer_ = source_.range.first;
      break;
    case InputSource::Kind::FILE: check_lines(); break;
    case InputSource::Kind::FOLDER: list_files(); break;
  }
}

bool ProgramInputs::are_arguments() const {
  return source_.kind == InputSource::Kind::RANGE || source_.kind == InputSource::Kind::FILE;
}

void ProgramInputs::list_files() {
  try {
    for (const auto& entry : std::filesystem::directory_iterator(source_.path)) {
      if (entry.is_regular_file()) files_.push_back(entry.path().filename().string());
    }
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::FILE_UNREADABLE, source_.path + " cannot be read: " + error.code().message());
  }
  if (files_.empty()) throw Error(ErrorCode::INVALID_ARGUMENT, "there are no files in the folder " + source_.path);
  std::ranges::sort(files_);
  count_ = files_.size();
}

void ProgramInputs::check_lines() {
  lines_.emplace(source_.path);
  while (lines_->next()) {
    if (!split_arguments(lines_->line())) lines_->fail("a double quote is not closed");
    ++count_;
  }
  if (count_ == 0) throw Error(ErrorCode::INVALID_ARGUMENT, source_.path + " has no lines");
  lines_->rewind();
}

ProgramInput ProgramInputs::next() {
  ProgramInput input;
  switch (source_.kind) {
    case InputSource::Kind::NONE: break;
    case InputSource::Kind::RANGE: {
      const std::string integer = fmt::format("{}", next_integer_++);
      input.name = Cell::from_number(integer);
      input.arguments = std::vector<std::string>{integer};
      break;
    }
    case InputSource::Kind::FILE:
      if (!lines_->next()) throw Error(ErrorCode::FILE_UNREADABLE, source_.path + " became shorter while it was read");
      input.name = Cell::from_text(lines_->line());
      input.arguments = split_arguments(lines_->line());
      break;
    case InputSource::Kind::FOLDER: {
      const std::string& file = files_[next_file_++];
      input.name = Cell::from_text(file);
      input.standard_input = read_file((std::filesystem::path(source_.path) / file).string());
      break;
    }
  }
  return input;
}

}  // namespace armillion::cli
