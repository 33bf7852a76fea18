#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace armillion::cli {

/// What a line or a bar of a chart stands for, and so how it is drawn.
enum class SeriesKind : std::uint8_t {
  MEASURED,
  /// What others have published: dotted, with hollow signs.
  PUBLISHED,
  /// What no measured value should pass: dashed.
  BOUND,
};

struct ChartSeries {
  std::string name;
  SeriesKind kind = SeriesKind::MEASURED;
  /// One for each row of the chart, where there is one.
  std::vector<std::optional<double>> values;
};

struct ChartRow {
  std::string name;
  /// Where it is on the horizontal axis of a line chart; rows without are left out there.
  std::optional<double> number;
};

struct Chart {
  std::string title;
  /// Lines under the title.
  std::vector<std::string> notes;
  /// What rows are: "lanes".
  std::string rows_name;
  /// What values are: "instructions/s".
  std::string unit;
  std::vector<ChartRow> rows;
  std::vector<ChartSeries> series;
};

/// An SVG file with a line for each series over the numbers of the rows. Axes are logarithmic where values differ too
/// much for linear ones. A series has one polyline, with a point for each of its values.
std::string line_chart(const Chart& chart);

/// An SVG file with a group of horizontal bars for each row, one for each series that has a value there.
std::string bar_chart(const Chart& chart);

}  // namespace armillion::cli
