#include "cli/capture_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

void write_file(const std::string& path, const std::string& bytes) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed) {
    throw Error(ErrorCode::FILE_UNREADABLE, path + " cannot be written: " + std::strerror(errno));
  }
}

}  // namespace

CaptureFolder::CaptureFolder(const std::string& path) : path_(path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(ErrorCode::FILE_UNREADABLE, path + " cannot be made: " + error.message());
}

void CaptureFolder::write(std::uint64_t number, const Fleet& fleet, std::uint64_t lane) const {
  for (const auto& [descriptor, ending] : {std::pair(1, ".out"), std::pair(2, ".err")}) {
    const std::string bytes = fleet.captured_output(lane, descriptor);
    if (!bytes.empty()) write_file(path_ + "/" + std::to_string(number) + ending, bytes);
  }
}

}  // namespace armillion::cli
