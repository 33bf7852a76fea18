#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <set>

#include "cli/chart/chart.hpp"
#include "cli/chart/frame.hpp"
#include "cli/number_text.hpp"

namespace armillion::cli {

namespace {

constexpr double LEFT = 84;
constexpr double PLOT_HEIGHT = 400;
constexpr double BELOW = 62;
// Between the ends of the horizontal axis and the first and last points.
constexpr double INSET = 18;
constexpr double LEGEND_DISTANCE = 24;
constexpr std::size_t MOST_TICKS = 11;

struct Point {
  double x;
  double y;
};

// The points of a series, in the order of the rows.
std::vector<Point> points_of(const Chart& chart, const ChartSeries& series) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < std::min(chart.rows.size(), series.values.size()); ++i) {
    const auto& [x, y] = std::pair(chart.rows[i].number, series.values[i]);
    if (x && y && std::isfinite(*x) && std::isfinite(*y)) points.push_back({*x, *y});
  }
  return points;
}

// The order in which lines end at the right, the highest first, as the eye meets them there; without points at the end.
std::vector<std::size_t> order_of(const std::vector<std::vector<Point>>& lines) {
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0);
  const auto last = [&](std::size_t line) { return lines[line].empty() ? -HUGE_VAL : lines[line].back().y; };
  std::ranges::sort(order,
                    [&](std::size_t a, std::size_t b) { return last(a) != last(b) ? last(a) > last(b) : a < b; });
  return order;
}

std::string number_label(double number) {
  const bool is_count = number >= 0 && number < 1e15 && number == std::floor(number);
  return is_count ? with_separators(static_cast<std::uint64_t>(number)) : fmt::format("{:g}", number);
}

// A mark below the axis for each number that was measured at, and its label where there is room beside the next one.
void draw_numbers(Svg& svg, const Axis& axis, const std::set<double>& numbers, double base) {
  double free_until = HUGE_VAL;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const double x = axis.place_of(*number);
    svg.line({x, base}, {x, base + 5}, {AXIS_COLOUR, 1, ""});
    const std::string label = number_label(*number);
    const double half = text_width(label, LABEL_SIZE) / 2;
    if (x + half > free_until) continue;
    svg.text({x, base + 21}, label, {.size = LABEL_SIZE, .anchor = TextStyle::Anchor::MIDDLE});
    free_until = x - half - 6;
  }
}

void draw_values(Svg& svg, const Axis& axis, const std::vector<double>& ticks, double left, double right) {
  for (const double tick : ticks) {
    const double y = axis.place_of(tick);
    svg.line({left, y}, {right, y}, {GRID_COLOUR, 1, ""});
    svg.text({left - 8, y + 4.5}, with_prefix(tick), {.size = LABEL_SIZE, .anchor = TextStyle::Anchor::END});
  }
}

}  // namespace

std::string line_chart(const Chart& chart) {
  std::vector<std::vector<Point>> lines;
  std::set<double> numbers;
  std::vector<double> values;
  for (const ChartSeries& series : chart.series) {
    lines.push_back(points_of(chart, series));
    for (const Point& point : lines.back()) {
      numbers.insert(point.x);
      values.push_back(point.y);
    }
  }
  const std::vector<SeriesStyle> styles = styles_of(chart.series);
  const Legend legend(chart, styles, order_of(lines), LegendSign::LINE);

  const double top = head_height(chart) + 36;
  const double base = top + PLOT_HEIGHT;
  const double right = CHART_WIDTH - CHART_MARGIN - legend.width() - LEGEND_DISTANCE;
  const double height = std::max(base + BELOW, top + legend.height() + CHART_MARGIN);
  Svg svg(CHART_WIDTH, height, chart.title);
  draw_head(svg, chart);

  const Scale value_scale = scale_of(values);
  const Range value_range = range_of(values, value_scale);
  const Axis value_axis(value_scale, value_range, base, top);
  const std::vector<double> of_rows(numbers.begin(), numbers.end());
  const Scale number_scale = scale_of(of_rows);
  const Range number_range = of_rows.empty() ? Range{} : Range{of_rows.front(), of_rows.back()};
  const Axis number_axis(number_scale, number_range, LEFT + INSET, right - INSET);

  svg.text({CHART_MARGIN, top - 14}, axis_title(chart.unit, value_scale), {.size = LABEL_SIZE, .colour = NOTE_COLOUR});
  draw_values(svg, value_axis, ticks_of(value_range, value_scale, MOST_TICKS), LEFT, right);
  draw_numbers(svg, number_axis, numbers, base);
  svg.line({LEFT, base}, {right, base}, {AXIS_COLOUR, 1, ""});
  svg.text({(LEFT + right) / 2, base + 46}, axis_title(chart.rows_name, number_scale),
           {.size = LABEL_SIZE, .anchor = TextStyle::Anchor::MIDDLE, .colour = NOTE_COLOUR});

  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    std::vector<Place> places;
    for (const Point& point : lines[i]) places.push_back({number_axis.place_of(point.x), value_axis.place_of(point.y)});
    svg.polyline(places, styles[i].stroke, chart.series[i].name);
    if (!styles[i].has_markers) continue;
    for (std::size_t k = 0; k < places.size(); ++k) {
      svg.marker(styles[i].marker, styles[i].fill, places[k], styles[i].stroke.colour,
                 fmt::format("{}, {} {}: {} {}", chart.series[i].name, number_label(lines[i][k].x), chart.rows_name,
                             with_prefix(lines[i][k].y), chart.unit));
    }
  }
  legend.draw(svg, {right + LEGEND_DISTANCE, top});
  return svg.file();
}

}  // namespace armillion::cli
