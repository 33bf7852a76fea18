#include "cli/bench/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "armillion/version.hpp"
#include "cli/bench/timing.hpp"
#include "cli/json_text.hpp"
#include "cli/number_text.hpp"

namespace armillion::bench {

namespace {

using cli::to_json_string;

const char* name_of(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::MEASURED: return "measured";
    case SeriesKind::PUBLISHED: return "published";
    case SeriesKind::BOUND: break;
  }
  return "bound";
}

std::string json_list(const std::vector<std::string>& items) { return fmt::format("[{}]", fmt::join(items, ", ")); }

// A bar within a cell would end it.
std::string cell_text(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

// Lines of cells, with the first column to the left and the others to the right.
std::string markdown_table(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size(), 4);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& line) {
    text += fmt::format("| {:<{}} |", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i) text += fmt::format(" {:>{}} |", line[i], widths[i]);
    text += '\n';
  };
  append(lines.front());
  text += "|" + std::string(widths[0] + 2, '-') + "|";
  for (std::size_t i = 1; i < widths.size(); ++i) text += std::string(widths[i] + 1, '-') + ":|";
  text += '\n';
  for (std::size_t i = 1; i < lines.size(); ++i) append(lines[i]);
  return text;
}

}  // namespace

Figure Figure::of_samples(std::vector<double> samples) {
  const double rate = median(samples);
  return {rate, std::move(samples)};
}

std::size_t Result::place_of(const std::string& row, std::optional<double> number) {
  const auto found = std::ranges::find(rows_, row, &cli::ChartRow::name);
  if (found != rows_.end()) return static_cast<std::size_t>(found - rows_.begin());
  const auto behind = std::ranges::find_if(
      rows_, [&](const cli::ChartRow& other) { return number && (!other.number || *other.number > *number); });
  const auto place = static_cast<std::size_t>(rows_.insert(behind, cli::ChartRow{row, number}) - rows_.begin());
  for (ResultSeries& series : series_) {
    if (series.figures.size() > place)
      series.figures.emplace(series.figures.begin() + static_cast<std::ptrdiff_t>(place));
  }
  return place;
}

void Result::set(const std::string& row, std::optional<double> number, const std::string& series, Figure figure,
                 SeriesKind kind) {
  const std::size_t place = place_of(row, number);
  auto found = std::ranges::find(series_, series, &ResultSeries::name);
  if (found == series_.end()) found = series_.insert(series_.end(), ResultSeries{series, kind, {}});
  if (found->figures.size() <= place) found->figures.resize(place + 1);
  found->figures[place] = std::move(figure);
}

void Result::set(std::uint64_t number, const std::string& series, Figure figure, SeriesKind kind) {
  set(cli::with_separators(number), static_cast<double>(number), series, std::move(figure), kind);
}

std::string Result::to_markdown() const {
  std::string text = fmt::format("# {}\n\n", title_);
  for (const std::string& note : notes_) text += fmt::format("- {}\n", note);
  text += '\n';
  std::vector<std::vector<std::string>> lines(rows_.size() + 1);
  lines[0].push_back(rows_name_);
  for (std::size_t row = 0; row < rows_.size(); ++row) lines[row + 1].push_back(cell_text(rows_[row].name));
  for (const ResultSeries& series : series_) {
    lines[0].push_back(cell_text(series.name));
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const bool has_figure = row < series.figures.size() && series.figures[row];
      lines[row + 1].push_back(has_figure ? cli::with_prefix(series.figures[row]->rate) : "");
    }
  }
  return text + markdown_table(lines);
}

std::string Result::to_json() const {
  std::vector<std::string> notes;
  notes.reserve(notes_.size());
  for (const std::string& note : notes_) notes.push_back(to_json_string(note));
  std::vector<std::string> figures;
  for (const ResultSeries& series : series_) {
    for (std::size_t row = 0; row < series.figures.size(); ++row) {
      if (!series.figures[row]) continue;
      const Figure& figure = *series.figures[row];
      figures.push_back(
          fmt::format("\n    {{{}: {}, \"series\": {}, \"source\": \"{}\", \"rate\": {}, \"samples\": [{}]}}",
                      to_json_string(rows_name_),
                      rows_[row].number ? fmt::format("{}", *rows_[row].number) : to_json_string(rows_[row].name),
                      to_json_string(series.name), name_of(series.kind), figure.rate, fmt::join(figure.samples, ", ")));
    }
  }
  return fmt::format(
      "{{\n  \"benchmark\": {},\n  \"title\": {},\n  \"version\": {},\n  \"notes\": {},\n  \"unit\": {},\n"
      "  \"figures\": [{}\n  ]\n}}\n",
      to_json_string(name_), to_json_string(title_), to_json_string(VERSION), json_list(notes), to_json_string(unit_),
      fmt::join(figures, ","));
}

std::string Result::to_svg() const {
  cli::Chart chart{
      .title = title_, .notes = notes_, .rows_name = rows_name_, .unit = unit_, .rows = rows_, .series = {}};
  for (const ResultSeries& series : series_) {
    cli::ChartSeries drawn{series.name, series.kind, {}};
    for (const std::optional<Figure>& figure : series.figures) {
      drawn.values.push_back(figure ? std::optional(figure->rate) : std::nullopt);
    }
    chart.series.push_back(std::move(drawn));
  }
  return shape_ == Shape::LINES ? line_chart(chart) : bar_chart(chart);
}

}  // namespace armillion::bench
