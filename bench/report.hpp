#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/number_text.hpp"

namespace armillion::bench {

/// Collects Markdown, and prints it as it comes.
class Report {
 public:
  void line(const std::string& text = {}) {
    text_ += text + "\n";
    fmt::print("{}\n", text);
    std::fflush(stdout);
  }

  /// The first line of a table, and the rule under it.
  void head(const std::vector<std::string>& cells) {
    row(cells);
    std::string rule = "|---|";
    for (std::size_t i = 1; i < cells.size(); ++i) rule += "---:|";
    line(rule);
  }
  void row(const std::vector<std::string>& cells) { line(fmt::format("| {} |", fmt::join(cells, " | "))); }

  /// Writes all of it to a file, where one is named. std::runtime_error where that fails.
  void write(const std::string& path) const {
    if (path.empty()) return;
    std::ofstream file(path);
    file << text_;
    if (!file.flush()) throw std::runtime_error("the report cannot be written to " + path);
  }

 private:
  std::string text_;
};

using cli::with_prefix;

/// A time with its unit and three figures.
inline std::string as_time(double seconds) {
  if (seconds < 1e-6) return fmt::format("{:.3g} ns", seconds * 1e9);
  if (seconds < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} s", seconds);
}

inline std::string as_percentage(double fraction) { return fmt::format("{:.1f} %", fraction * 100); }

}  // namespace armillion::bench
