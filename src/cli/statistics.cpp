#include "cli/statistics.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

// A JSON string (RFC 8259, section 7). Bytes that are not ASCII pass through: a path is UTF-8 on any sane host.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(result), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

std::string to_json(const Statistics& statistics) {
  const RunResult& result = statistics.result;
  return fmt::format(
      "{{\n"
      "  \"program\": {},\n"
      "  \"device\": {},\n"
      "  \"engine\": {},\n"
      "  \"instructions\": {},\n"
      "  \"elapsed_seconds\": {:.6f},\n"
      "  \"ips\": {:.0f},\n"
      "  \"stop_reason\": \"{}\",\n"
      "  \"exit_code\": {},\n"
      "  \"state_hash\": \"{}\"\n"
      "}}\n",
      quoted(statistics.program), quoted(statistics.device), quoted(statistics.engine), result.instructions,
      result.elapsed_seconds, result.ips(), name_of(result.stop_reason), statistics.exit_code,
      statistics.state_hash.to_string());
}

void write_statistics(const Statistics& statistics, const std::string& path) {
  const std::string text = to_json(statistics);
  if (path == "-") {
    std::fflush(stdout);
    fmt::print(stderr, "{}", text);
    return;
  }
  std::FILE* file = std::fopen(path.c_str(), "w");
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed) {
    throw Error(ErrorCode::FILE_UNREADABLE,
                "the statistics cannot be written to " + path + ": " + std::strerror(errno));
  }
}

}  // namespace armillion::cli
