#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/chart/axis.hpp"
#include "cli/chart/chart.hpp"
#include "cli/chart/svg.hpp"

namespace armillion::cli {

// What is around the values of any chart.

inline constexpr double CHART_WIDTH = 1000;
inline constexpr double CHART_MARGIN = 24;
inline constexpr std::string_view GRID_COLOUR = "#e3e3e3";
inline constexpr std::string_view AXIS_COLOUR = "#555555";
inline constexpr std::string_view NOTE_COLOUR = "#555555";
inline constexpr double LABEL_SIZE = 13;

/// How a series is drawn.
struct SeriesStyle {
  Stroke stroke;
  Marker marker = Marker::CIRCLE;
  Fill fill = Fill::FILLED;
  bool has_markers = true;
};

/// One for each series; measured ones differ by colour and sign, so that neither is needed to tell them apart.
std::vector<SeriesStyle> styles_of(const std::vector<ChartSeries>& series);

/// The text on several lines, broken at spaces so that none is wider than `width` pixels unless a word is.
std::vector<std::string> wrapped(std::string_view text, double width, double size);

/// Where title and notes end and the rest begins.
double head_height(const Chart& chart);
void draw_head(Svg& svg, const Chart& chart);

/// What stands for a series in a legend.
enum class LegendSign : std::uint8_t { LINE, BAR };

/// The names of series, each with its sign, one under the other.
class Legend {
 public:
  /// Series in the order of the numbers.
  Legend(const Chart& chart, const std::vector<SeriesStyle>& styles, const std::vector<std::size_t>& order,
         LegendSign sign);

  double width() const { return width_; }
  double height() const;
  void draw(Svg& svg, Place corner) const;

 private:
  struct Entry {
    std::vector<std::string> lines;
    SeriesStyle style;
  };

  LegendSign sign_;
  std::vector<Entry> entries_;
  double width_ = 0;
};

/// "instructions/s", and that its axis is logarithmic where it is.
std::string axis_title(const std::string& name, Scale scale);

}  // namespace armillion::cli
