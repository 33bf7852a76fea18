#include "cli/chart/frame.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "cli/chart/palette.hpp"

namespace armillion::cli {

namespace {

constexpr double TITLE_SIZE = 20;
constexpr double NOTE_SIZE = 13;
constexpr double NOTE_STEP = 18;
constexpr double LEGEND_STEP = 17;
constexpr double LEGEND_GAP = 7;
constexpr double LEGEND_SIGN_WIDTH = 30;
constexpr double LEGEND_MOST_TEXT = 190;
// Of bounds, the first and those after it.
constexpr std::array<Stroke, 2> BOUNDS{{{"#333333", 2.2, "8 5"}, {"#999999", 2.2, "4 3"}}};
constexpr std::array<std::string_view, 4> PUBLISHED_COLOURS{"#6b6b6b", "#a6a6a6", "#3a3a3a", "#c4c4c4"};

std::vector<std::string> note_lines(const Chart& chart) {
  std::vector<std::string> lines;
  for (const std::string& note : chart.notes) {
    for (std::string& line : wrapped(note, CHART_WIDTH - 2 * CHART_MARGIN, NOTE_SIZE)) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<SeriesStyle> styles_of(const std::vector<ChartSeries>& series) {
  std::vector<SeriesStyle> styles;
  std::size_t measured = 0;
  std::size_t published = 0;
  std::size_t bounds = 0;
  const auto marker = [](std::size_t number) { return static_cast<Marker>(number % MARKER_COUNT); };
  for (const ChartSeries& one : series) {
    switch (one.kind) {
      case SeriesKind::MEASURED:
        styles.push_back({.stroke = {PALETTE[measured % PALETTE.size()], 2.2, measured < PALETTE.size() ? "" : "12 4"},
                          .marker = marker(measured)});
        ++measured;
        break;
      case SeriesKind::PUBLISHED:
        styles.push_back({.stroke = {PUBLISHED_COLOURS[published % PUBLISHED_COLOURS.size()], 1.6, "2 4"},
                          .marker = marker(published),
                          .fill = Fill::HOLLOW});
        ++published;
        break;
      case SeriesKind::BOUND:
        styles.push_back({.stroke = BOUNDS[std::min(bounds, BOUNDS.size() - 1)], .has_markers = false});
        ++bounds;
        break;
    }
  }
  return styles;
}

std::vector<std::string> wrapped(std::string_view text, double width, double size) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string word(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
    if (!lines.empty() && text_width(lines.back() + " " + word, size) <= width) {
      lines.back() += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

double head_height(const Chart& chart) { return 46 + NOTE_STEP * static_cast<double>(note_lines(chart).size()); }

void draw_head(Svg& svg, const Chart& chart) {
  svg.text({CHART_MARGIN, 36}, chart.title, {.size = TITLE_SIZE, .is_bold = true});
  double y = 40 + NOTE_STEP;
  for (const std::string& line : note_lines(chart)) {
    svg.text({CHART_MARGIN, y}, line, {.size = NOTE_SIZE, .colour = NOTE_COLOUR});
    y += NOTE_STEP;
  }
}

Legend::Legend(const Chart& chart, const std::vector<SeriesStyle>& styles, const std::vector<std::size_t>& order,
               LegendSign sign)
    : sign_(sign) {
  for (const std::size_t number : order) {
    entries_.push_back({wrapped(chart.series[number].name, LEGEND_MOST_TEXT, LABEL_SIZE), styles[number]});
    for (const std::string& line : entries_.back().lines) width_ = std::max(width_, text_width(line, LABEL_SIZE));
  }
  width_ += LEGEND_SIGN_WIDTH + 8;
}

double Legend::height() const {
  double height = 0;
  for (const Entry& entry : entries_) height += static_cast<double>(entry.lines.size()) * LEGEND_STEP + LEGEND_GAP;
  return height;
}

void Legend::draw(Svg& svg, Place corner) const {
  double y = corner.y;
  for (const Entry& entry : entries_) {
    const SeriesStyle& style = entry.style;
    if (sign_ == LegendSign::BAR) {
      svg.rectangle({corner.x + LEGEND_SIGN_WIDTH - 14, y + 2}, 14, 12, style.stroke.colour);
    } else {
      const double middle = y + 8;
      svg.line({corner.x, middle}, {corner.x + LEGEND_SIGN_WIDTH, middle}, style.stroke);
      if (style.has_markers) {
        svg.marker(style.marker, style.fill, {corner.x + LEGEND_SIGN_WIDTH / 2, middle}, style.stroke.colour);
      }
    }
    for (const std::string& line : entry.lines) {
      svg.text({corner.x + LEGEND_SIGN_WIDTH + 8, y + 12.5}, line, {.size = LABEL_SIZE});
      y += LEGEND_STEP;
    }
    y += LEGEND_GAP;
  }
}

std::string axis_title(const std::string& name, Scale scale) {
  return scale == Scale::LOGARITHMIC ? name + ", on a logarithmic axis" : name;
}

}  // namespace armillion::cli
