#include "cli/chart/chart.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "cli/chart/svg.hpp"
#include "cli/markup_text.hpp"
#include "cli/number_text.hpp"

namespace {

using namespace armillion::cli;

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) found.push_back((*i)[1]);
  return found;
}

std::vector<std::pair<double, double>> points_of(const std::string& list) {
  std::vector<std::pair<double, double>> points;
  const std::regex expression(R"(([-\d.]+),([-\d.]+))");
  for (std::sregex_iterator i(list.begin(), list.end(), expression), end; i != end; ++i) {
    points.emplace_back(std::stod((*i)[1]), std::stod((*i)[2]));
  }
  return points;
}

std::vector<std::string> polylines(const std::string& svg) { return matches(svg, "<polyline points=\"([^\"]*)\""); }

// What bars are long, without the background and the signs of the legend.
std::vector<double> bar_lengths(const std::string& svg) {
  std::vector<double> lengths;
  for (const std::string& width : matches(svg, "<rect x=\"[^\"]*\" y=\"[^\"]*\" width=\"([^\"]*)\" height=\"13.0\"")) {
    lengths.push_back(std::stod(width));
  }
  return lengths;
}

// A missing or infinite coordinate would be written as one of these.
void expect_numbers(const std::string& svg) {
  for (const char* word : {"nan", "inf"})
    EXPECT_EQ(matches(svg, "\"([^\"]*\\b" + std::string(word) + "\\b)").size(), 0U);
}

Chart lanes_chart(std::vector<ChartSeries> series) {
  return {.title = "Lanes",
          .notes = {"a note"},
          .rows_name = "lanes",
          .unit = "instructions/s",
          .rows = {{"1", 1}, {"32", 32}, {"1,024", 1024}},
          .series = std::move(series)};
}

TEST(LineChart, HasALineForEachSeriesWithAPointForEachValue) {
  const std::string svg = line_chart(lanes_chart({
      {"one", SeriesKind::MEASURED, {1e6, 2e7, 3e8}},
      {"two", SeriesKind::PUBLISHED, {5e5, std::nullopt, 1e6}},
      {"bound", SeriesKind::BOUND, {1e9, 1e9, 1e9}},
  }));
  const auto lines = polylines(svg);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(points_of(lines[0]).size(), 3U);
  EXPECT_EQ(points_of(lines[1]).size(), 2U);
  EXPECT_EQ(points_of(lines[2]).size(), 3U);
  expect_numbers(svg);
}

TEST(LineChart, PutsEqualFactorsAtEqualDistances) {
  const std::string svg = line_chart(lanes_chart({{"one", SeriesKind::MEASURED, {1e6, 1e7, 1e8}}}));
  const auto points = points_of(polylines(svg).at(0));
  EXPECT_NEAR(points[1].first - points[0].first, points[2].first - points[1].first, 0.2);
  EXPECT_NEAR(points[0].second - points[1].second, points[1].second - points[2].second, 0.2);
  EXPECT_GT(points[0].second, points[2].second) << "larger values are higher";
}

TEST(LineChart, LeavesRowsWithoutNumbersOut) {
  Chart chart = lanes_chart({{"one", SeriesKind::MEASURED, {1e6, 1e7, 1e8, 5e8}}});
  chart.rows.push_back({"interpreter", std::nullopt});
  EXPECT_EQ(points_of(polylines(line_chart(chart)).at(0)).size(), 3U);
}

TEST(LineChart, TakesOnePointEqualValuesZerosAndNothing) {
  Chart chart = lanes_chart({{"one", SeriesKind::MEASURED, {5.0}}});
  EXPECT_EQ(points_of(polylines(line_chart(chart)).at(0)).size(), 1U);
  expect_numbers(line_chart(chart));
  chart.series[0].values = {7.0, 7.0, 7.0};
  expect_numbers(line_chart(chart));
  chart.series[0].values = {0.0, 0.0, 1e6};
  expect_numbers(line_chart(chart));
  chart.series[0].values = {0.0, 0.0, 0.0};
  expect_numbers(line_chart(chart));
  chart.series[0].values = {std::nan(""), HUGE_VAL, 3.0};
  EXPECT_EQ(points_of(polylines(line_chart(chart)).at(0)).size(), 1U);
  expect_numbers(line_chart(chart));
  chart.series[0].values = {};
  EXPECT_TRUE(polylines(line_chart(chart)).empty());
  chart.series.clear();
  chart.rows.clear();
  expect_numbers(line_chart(chart));
}

TEST(LineChart, NamesSeriesInTheOrderInWhichLinesEnd) {
  const std::string svg = line_chart(lanes_chart({
      {"low", SeriesKind::MEASURED, {3e6, 3e6, 3e6}},
      {"high", SeriesKind::MEASURED, {1e6, 2e7, 3e8}},
  }));
  const auto legend = matches(svg, ">(low|high)</text>");
  EXPECT_EQ(legend, (std::vector<std::string>{"high", "low"}));
}

TEST(LineChart, TellsSeriesApartByColourAndSign) {
  const std::string svg = line_chart(lanes_chart({
      {"one", SeriesKind::MEASURED, {1e6, 2e7, 3e8}},
      {"two", SeriesKind::MEASURED, {1e6, 2e7, 3e8}},
  }));
  const auto colours = matches(svg, "<polyline [^>]*stroke=\"([^\"]*)\"");
  ASSERT_EQ(colours.size(), 2U);
  EXPECT_NE(colours[0], colours[1]);
}

TEST(LineChart, EscapesTexts) {
  Chart chart = lanes_chart({{"<b> & \"c\"", SeriesKind::MEASURED, {1e6, 2e7, 3e8}}});
  chart.title = "a < b";
  const std::string svg = line_chart(chart);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt; &amp; \"c\""), std::string::npos);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
}

Chart programs_chart(std::vector<ChartSeries> series) {
  return {.title = "Programs",
          .notes = {},
          .rows_name = "program",
          .unit = "instructions/s",
          .rows = {{"first", std::nullopt}, {"second", std::nullopt}},
          .series = std::move(series)};
}

TEST(BarChart, HasABarForEachValue) {
  const std::string svg = bar_chart(programs_chart({
      {"one", SeriesKind::MEASURED, {1e8, 2e8}},
      {"published", SeriesKind::PUBLISHED, {std::nullopt, 5e7}},
  }));
  const std::vector<double> lengths = bar_lengths(svg);
  ASSERT_EQ(lengths.size(), 3U);
  EXPECT_NEAR(lengths[1] / lengths[0], 2, 0.01) << "of a linear axis, bars are as long as values are large";
  EXPECT_NEAR(lengths[0] / lengths[2], 2, 0.01);
}

TEST(BarChart, ShowsTheSmallestOfVeryDifferentValues) {
  const std::vector<double> lengths =
      bar_lengths(bar_chart(programs_chart({{"one", SeriesKind::MEASURED, {48, 5e8}}})));
  ASSERT_EQ(lengths.size(), 2U);
  EXPECT_GT(lengths[0], 10);
  EXPECT_GT(lengths[1], 4 * lengths[0]);
}

TEST(BarChart, TakesZerosEqualValuesAndNothing) {
  for (const std::vector<std::optional<double>>& values :
       std::vector<std::vector<std::optional<double>>>{{0.0, 0.0}, {3.0, 3.0}, {0.0, 1e9}, {std::nan("")}, {}}) {
    expect_numbers(bar_chart(programs_chart({{"one", SeriesKind::MEASURED, values}})));
  }
  expect_numbers(bar_chart({}));
}

TEST(Svg, HasABackgroundAndNeedsNothingElse) {
  const std::string svg = Svg(100, 50, "nothing").file();
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\""));
  EXPECT_NE(svg.find("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"), std::string::npos);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(svg.find("href"), std::string::npos);
}

TEST(MarkupText, EscapesWhatHasAMeaningAndWhatXmlCannotHold) {
  EXPECT_EQ(to_markup("a<b>&\"c\\"), "a&lt;b&gt;&amp;\"c\\");
  EXPECT_EQ(to_markup(std::string_view("\0\x1b", 2)), "\\u0000\\u001b");
  EXPECT_EQ(to_markup("\xff"), "\xef\xbf\xbd");
}

TEST(NumberText, HasThreeFiguresAndAPrefix) {
  EXPECT_EQ(with_prefix(0), "0");
  EXPECT_EQ(with_prefix(422), "422");
  EXPECT_EQ(with_prefix(999.4), "999");
  EXPECT_EQ(with_prefix(999.6), "1 k");
  EXPECT_EQ(with_prefix(118'676), "119 k");
  EXPECT_EQ(with_prefix(4.11e11), "411 G");
  EXPECT_EQ(with_prefix(2e18), "2e+03 P");
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(123), "123");
  EXPECT_EQ(with_separators(1'234'567), "1,234,567");
}

}  // namespace
