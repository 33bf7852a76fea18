#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "cli/chart/chart.hpp"
#include "cli/chart/frame.hpp"
#include "cli/number_text.hpp"

namespace armillion::cli {

namespace {

constexpr double BAR_STEP = 17;
constexpr double BAR_HEIGHT = 13;
constexpr double GROUP_GAP = 15;
constexpr double LABEL_STEP = 16;
constexpr double MOST_LABEL_WIDTH = 190;
// For the number behind a bar.
constexpr double NUMBER_WIDTH = 52;
constexpr double LEGEND_DISTANCE = 20;
constexpr double BELOW = 60;
constexpr std::size_t MOST_TICKS = 7;
// What the shortest bar of a logarithmic axis stands for beside the axis's start.
constexpr double SHORTEST_BAR = 3;

// A group of bars: its name on lines, and the numbers of the series that have a value.
struct Group {
  std::vector<std::string> label;
  std::vector<std::size_t> series;
  double height = 0;
};

bool has_value(const ChartSeries& series, std::size_t row) {
  return row < series.values.size() && series.values[row] && std::isfinite(*series.values[row]);
}

std::vector<Group> groups_of(const Chart& chart) {
  std::vector<Group> groups;
  for (std::size_t row = 0; row < chart.rows.size(); ++row) {
    Group group{wrapped(chart.rows[row].name, MOST_LABEL_WIDTH, LABEL_SIZE), {}};
    for (std::size_t i = 0; i < chart.series.size(); ++i) {
      if (has_value(chart.series[i], row)) group.series.push_back(i);
    }
    group.height = std::max(static_cast<double>(group.series.size()) * BAR_STEP,
                            static_cast<double>(group.label.size()) * LABEL_STEP);
    groups.push_back(std::move(group));
  }
  return groups;
}

struct ValueAxis {
  Scale scale;
  Range range;
};

ValueAxis value_axis_of(const Chart& chart) {
  std::vector<double> values;
  for (const ChartSeries& series : chart.series) {
    for (std::size_t row = 0; row < chart.rows.size(); ++row) {
      if (has_value(series, row)) values.push_back(*series.values[row]);
    }
  }
  const Scale scale = scale_of(values);
  if (scale == Scale::LOGARITHMIC) values.push_back(std::ranges::min(values) / SHORTEST_BAR);
  return {scale, range_of(values, scale)};
}

}  // namespace

std::string bar_chart(const Chart& chart) {
  const std::vector<Group> groups = groups_of(chart);
  const std::vector<SeriesStyle> styles = styles_of(chart.series);
  std::vector<std::size_t> order(chart.series.size());
  std::iota(order.begin(), order.end(), 0);
  const Legend legend(chart, styles, order, LegendSign::BAR);

  double label_width = 0;
  double bars_height = GROUP_GAP;
  for (const Group& group : groups) {
    bars_height += group.height + GROUP_GAP;
    for (const std::string& line : group.label) label_width = std::max(label_width, text_width(line, LABEL_SIZE));
  }
  const double left = CHART_MARGIN + label_width + 12;
  const double right = CHART_WIDTH - CHART_MARGIN - legend.width() - LEGEND_DISTANCE - NUMBER_WIDTH;
  const double top = head_height(chart) + 8;
  const double base = top + bars_height;
  Svg svg(CHART_WIDTH, std::max(base + BELOW, top + legend.height() + CHART_MARGIN), chart.title);
  draw_head(svg, chart);

  const ValueAxis values = value_axis_of(chart);
  const Axis axis(values.scale, values.range, left, right);
  for (const double tick : ticks_of(values.range, values.scale, MOST_TICKS)) {
    const double x = axis.place_of(tick);
    svg.line({x, top}, {x, base}, {GRID_COLOUR, 1, ""});
    svg.text({x, base + 19}, with_prefix(tick), {.size = LABEL_SIZE, .anchor = TextStyle::Anchor::MIDDLE});
  }
  svg.text({(left + right) / 2, base + 44}, axis_title(chart.unit, values.scale),
           {.size = LABEL_SIZE, .anchor = TextStyle::Anchor::MIDDLE, .colour = NOTE_COLOUR});

  double y = top + GROUP_GAP;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const Group& group = groups[row];
    double label_y = y + (group.height - static_cast<double>(group.label.size()) * LABEL_STEP) / 2 + 12;
    for (const std::string& line : group.label) {
      svg.text({left - 12, label_y}, line, {.size = LABEL_SIZE, .anchor = TextStyle::Anchor::END});
      label_y += LABEL_STEP;
    }
    double bar_y = y + (group.height - static_cast<double>(group.series.size()) * BAR_STEP) / 2;
    for (const std::size_t i : group.series) {
      const double value = *chart.series[i].values[row];
      const double end = axis.place_of(value);
      svg.rectangle(
          {left, bar_y + (BAR_STEP - BAR_HEIGHT) / 2}, std::max(end - left, 1.0), BAR_HEIGHT, styles[i].stroke.colour,
          fmt::format("{}, {}: {} {}", chart.rows[row].name, chart.series[i].name, with_prefix(value), chart.unit));
      svg.text({end + 6, bar_y + BAR_STEP / 2 + 4.5}, with_prefix(value), {.size = 12});
      bar_y += BAR_STEP;
    }
    y += group.height + GROUP_GAP;
  }
  svg.line({left, top}, {left, base}, {AXIS_COLOUR, 1, ""});
  legend.draw(svg, {CHART_WIDTH - CHART_MARGIN - legend.width(), top + GROUP_GAP});
  return svg.file();
}

}  // namespace armillion::cli
