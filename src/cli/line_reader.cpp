#include "cli/line_reader.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "armillion/error.hpp"

namespace armillion::cli {

LineReader::LineReader(const std::string& path) : path_(path) {
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) throw Error(ErrorCode::FILE_UNREADABLE, path + " cannot be opened: " + std::strerror(errno));
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) {
    stream_ = std::move(file);
  } else {
    std::ostringstream contents;
    contents << file->rdbuf();
    stream_ = std::make_unique<std::istringstream>(contents.str());
  }
}

bool LineReader::next() {
  if (!std::getline(*stream_, line_)) {
    if (stream_->bad()) throw Error(ErrorCode::FILE_UNREADABLE, path_ + " cannot be read: " + std::strerror(errno));
    return false;
  }
  if (line_.ends_with('\r')) line_.pop_back();
  ++number_;
  return true;
}

void LineReader::rewind() {
  stream_->clear();
  stream_->seekg(0);
  number_ = 0;
}

void LineReader::fail(const std::string& message) const {
  throw Error(ErrorCode::INVALID_ARGUMENT, path_ + ", line " + std::to_string(number_) + ": " + message);
}

}  // namespace armillion::cli
