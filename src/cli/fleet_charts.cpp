#include "cli/fleet_charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "cli/chart/palette.hpp"
#include "cli/json_text.hpp"
#include "cli/markup_text.hpp"
#include "cli/number_text.hpp"

namespace armillion::cli {

namespace {

constexpr const char* GOOD_COLOUR = PALETTE.front();

constexpr std::size_t HISTOGRAM_BINS = 60;

}  // namespace

GroupColours::GroupColours(const std::vector<LaneStatistics::Group>& groups)
    : order(groups.size()), colours(groups.size(), GREY) {
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    return groups[a].count != groups[b].count ? groups[a].count > groups[b].count : a < b;
  });
  std::size_t next = 1;
  for (const std::uint32_t group : order) {
    if (groups[group].outcome.is_good()) {
      colours[group] = GOOD_COLOUR;
    } else if (next < PALETTE.size()) {
      colours[group] = PALETTE[next++];
    }
  }
}

std::string outcome_bars(const LaneStatistics& statistics, const GroupColours& colours) {
  std::string rows;
  for (const std::uint32_t number : colours.order) {
    const LaneStatistics::Group& group = statistics.groups()[number];
    const double share = 100.0 * static_cast<double>(group.count) / static_cast<double>(statistics.lanes());
    const bool is_almost_all = share > 99.9 && group.count < statistics.lanes();
    const std::string share_text = is_almost_all ? "&gt; 99.9 %" : fmt::format("{:.3g} %", share);
    fmt::format_to(std::back_inserter(rows),
                   "<tr><td>{}</td><td class=number>{}</td><td class=number>{}</td>"
                   "<td class=bar><div style=\"width:{:.4f}%;background:{}\"></div></td></tr>\n",
                   to_markup(group.outcome.describe()), with_separators(group.count), share_text, share,
                   colours.colours[number]);
  }
  return "<table class=bars>" + rows + "</table>\n";
}

std::string instruction_histogram(const CountHistogram& histogram) {
  constexpr double WIDTH = 900;
  constexpr double HEIGHT = 230;
  constexpr double LEFT = 60;
  constexpr double BOTTOM = 40;
  constexpr double TOP = 24;
  const std::vector<CountHistogram::Bin> bins = histogram.bins(HISTOGRAM_BINS);
  std::uint64_t most = 1;
  for (const CountHistogram::Bin& bin : bins) most = std::max(most, bin.count);
  const double step = (WIDTH - LEFT - 10) / static_cast<double>(bins.size());
  const double scale = (HEIGHT - TOP - BOTTOM) / static_cast<double>(most);
  const double base = HEIGHT - BOTTOM;

  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=img aria-label=\"histogram\">\n", WIDTH, HEIGHT);
  const auto out = std::back_inserter(svg);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i].count == 0) continue;
    // Even a single lane can be seen.
    const double height = std::max(static_cast<double>(bins[i].count) * scale, 2.0);
    fmt::format_to(out,
                   "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{} lanes with {} to {} "
                   "instructions</title></rect>\n",
                   LEFT + static_cast<double>(i) * step, base - height, std::max(std::min(step, 60.0) - 1, 1.0), height,
                   with_separators(bins[i].count),
                   with_separators(static_cast<std::uint64_t>(std::ceil(bins[i].first))),
                   with_separators(static_cast<std::uint64_t>(std::ceil(bins[i].end)) - 1));
  }
  fmt::format_to(out, "<path d=\"M{0} {1}V{2}H{3}\"/>\n", LEFT, TOP, base, WIDTH - 10);
  for (const double part : {0.5, 1.0}) {
    const double y = base - part * static_cast<double>(most) * scale;
    fmt::format_to(out, "<path d=\"M{} {:.1f}h-5\"/><text class=end x=\"{}\" y=\"{:.1f}\">{}</text>\n", LEFT, y,
                   LEFT - 8, y + 4, with_prefix(part * static_cast<double>(most)));
  }
  const std::size_t ticks = std::min<std::size_t>(bins.size(), 6);
  for (std::size_t i = 0; i < ticks; ++i) {
    const std::size_t bin = i * bins.size() / ticks;
    const double x = LEFT + static_cast<double>(bin) * step;
    fmt::format_to(out, "<path d=\"M{:.1f} {}v5\"/><text x=\"{:.1f}\" y=\"{}\">{}</text>\n", x, base, x, base + 18,
                   with_prefix(bins[bin].first));
  }
  const bool is_logarithmic = histogram.scale() == CountHistogram::Scale::LOGARITHMIC;
  fmt::format_to(out, "<text class=end x=\"{}\" y=\"{}\">instructions of a lane{}</text>\n", WIDTH - 10, HEIGHT - 4,
                 is_logarithmic ? ", on a logarithmic axis" : "");
  fmt::format_to(out, "<text x=\"4\" y=\"10\">lanes</text>\n</svg>\n");
  return svg;
}

std::string lane_map(const LaneStatistics& statistics, const GroupColours& colours) {
  // A colour is an index into the legend, two hexadecimal digits a cell; groups beyond share the last one.
  constexpr std::uint32_t MOST_GROUPS = 0xff;
  std::string cells;
  cells.reserve(statistics.map().size() * 2);
  for (const std::uint32_t group : statistics.map()) {
    fmt::format_to(std::back_inserter(cells), "{:02x}", std::min(group, MOST_GROUPS));
  }
  std::string legend;
  const std::size_t named = std::min<std::size_t>(statistics.groups().size(), MOST_GROUPS + 1);
  for (std::size_t i = 0; i < named; ++i) {
    const bool is_rest = i == MOST_GROUPS;
    fmt::format_to(std::back_inserter(legend), "{}[{},\"{}\"]", i == 0 ? "" : ",",
                   to_json_string(is_rest ? "other outcomes" : statistics.groups()[i].outcome.describe()),
                   is_rest ? GREY : colours.colours[i]);
  }
  return fmt::format(
      R"(<canvas id=map></canvas><p id=cell>Point at a cell.</p>
<script>
const cells = "{}", legend = [{}], lanesPerCell = {}, lanes = {}, common = {};
const count = cells.length / 2, canvas = document.getElementById("map"), note = document.getElementById("cell");
const size = Math.max(1, Math.min(24, Math.floor(Math.sqrt(900 * 300 / count))));
const columns = Math.min(count, Math.floor(900 / size)), rows = Math.ceil(count / columns);
canvas.width = columns * size; canvas.height = rows * size;
const context = canvas.getContext("2d");
const group = cell => parseInt(cells.substr(2 * cell, 2), 16);
const draw = (cell, side) => {{
  const margin = (size - side) / 2;
  context.fillStyle = legend[group(cell)][1];
  context.fillRect(cell % columns * size + margin, Math.floor(cell / columns) * size + margin, side, side);
}};
const rare = [];
for (let cell = 0; cell < count; ++cell) {{
  draw(cell, size > 4 ? size - 1 : size);
  if (group(cell) != common) rare.push(cell);
}}
// A few among many are drawn larger than they are, so that they are seen.
if (rare.length < count / 50) for (const cell of rare) draw(cell, Math.max(size, 6));
canvas.onmousemove = event => {{
  const scale = canvas.width / canvas.clientWidth;
  const column = Math.floor(event.offsetX * scale / size), row = Math.floor(event.offsetY * scale / size);
  const cell = row * columns + column;
  if (column >= columns || cell >= count) return;
  const first = cell * lanesPerCell, last = Math.min(first + lanesPerCell, lanes) - 1;
  note.textContent = (first == last ? "lane " + first : "lanes " + first + " to " + last) + ": " + legend[group(cell)][0];
}};
</script>
)",
      cells, legend, statistics.lanes_per_cell(), statistics.lanes(), std::min(colours.order.front(), MOST_GROUPS));
}

}  // namespace armillion::cli
