#include "cli/fleet_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "armillion/error.hpp"
#include "cli/fleet_charts.hpp"
#include "cli/fleet_summary.hpp"
#include "cli/markup_text.hpp"
#include "cli/number_text.hpp"
#include "cli/stop_description.hpp"

namespace armillion::cli {

namespace {

constexpr std::size_t MOST_INPUT_BYTES = 200;
// Outcomes that lanes are shown of.
constexpr std::size_t MOST_OUTCOMES = 20;

constexpr const char* STYLE = R"(
body { font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff; max-width: 900px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: .2em; overflow-wrap: anywhere; } h2 { font-size: 1.1em; margin: 1.6em 0 .4em; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2em .8em .2em 0; border-bottom: 1px solid #e4e4e4; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; } .facts td:first-child { width: 8em; color: #555; } .number { text-align: right; white-space: nowrap; }
.bars .bar { width: 45%; } .bar div { height: 1.1em; min-width: 2px; }
svg { width: 100%; } rect { fill: #0072b2; } rect:hover { fill: #d55e00; } path { stroke: #444; fill: none; }
text { font-size: 12px; fill: #444; } .end { text-anchor: end; }
canvas { max-width: 100%; image-rendering: pixelated; } #cell { color: #555; margin: .2em 0; } code { font-size: .92em; }
)";

std::string fact(std::string_view name, const std::string& text) {
  return fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", name, to_markup(text));
}

std::string shortened(const std::string& text) {
  return text.size() <= MOST_INPUT_BYTES ? text : text.substr(0, MOST_INPUT_BYTES) + " ...";
}

}  // namespace

FleetReport::FleetReport(const std::string& path, std::string title, const Process& process)
    : title_(std::move(title)), process_(process), file_(path) {}

std::string FleetReport::table_of(const std::vector<NotedLane>& lanes) const {
  std::string rows;
  for (const NotedLane& lane : lanes) {
    std::string outcome = lane.outcome.describe();
    // Where a call returns to is nowhere.
    const bool has_place = lane.result.stop_reason != StopReason::RETURNED;
    if (lane.result.stop_reason == StopReason::MEMORY_FAULT) outcome += ": " + describe_fault(lane.result.fault);
    fmt::format_to(std::back_inserter(rows),
                   "<tr><td class=number>{}</td><td><code>{}</code></td><td>{}</td><td><code>{}</code></td>"
                   "<td class=number>{}</td></tr>\n",
                   lane.lane, to_markup(shortened(lane.input)), to_markup(outcome),
                   has_place ? to_markup(describe_location(process_, lane.result.pc)) : "",
                   with_separators(lane.result.instructions));
  }
  return "<table><tr><th class=number>lane</th><th>input</th><th>outcome</th><th>at</th>"
         "<th class=number>instructions</th></tr>\n" +
         rows + "</table>\n";
}

std::string FleetReport::page(const FleetRounds& rounds) const {
  const GroupColours colours(statistics_.groups());
  const FleetTotals& totals = rounds.totals();
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
      "<title>{0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n<table class=facts>\n",
      to_markup(title_), STYLE);
  html += fact("device", describe_device(rounds.device()));
  html += fact("lanes", describe_inputs(rounds));
  html += fact("instructions", with_separators(totals.instructions));
  html += fact("time", describe_time(rounds));
  html += fact("speed", describe_speed(totals));
  html += "</table>\n";
  if (statistics_.lanes() == 0) return html + "<p>No lane was run.</p>\n</body></html>\n";

  html += "<h2>How lanes ended</h2>\n" + outcome_bars(statistics_, colours);
  html += "<h2>Instructions</h2>\n" + instruction_histogram(statistics_.instructions());
  html += fmt::format("<h2>Map of the lanes, by outcome{}</h2>\n",
                      statistics_.lanes_per_cell() == 1
                          ? ""
                          : fmt::format(", {} to a cell, the rarest shown", statistics_.lanes_per_cell()));
  html += lane_map(statistics_, colours);
  html += "<h2>The slowest lanes</h2>\n" + table_of(statistics_.slowest());

  // The most frequent outcome is what is normal here; of the others the rarest come first.
  std::vector<NotedLane> odd;
  for (std::size_t i = 0; i + 1 < std::min(colours.order.size(), MOST_OUTCOMES + 1); ++i) {
    const auto& examples = statistics_.groups()[colours.order[colours.order.size() - 1 - i]].examples;
    odd.insert(odd.end(), examples.begin(), examples.end());
  }
  if (!odd.empty()) html += "<h2>Odd lanes: the first of each rarer outcome</h2>\n" + table_of(odd);
  return html + "</body></html>\n";
}

void FleetReport::write(const FleetRounds& rounds) { file_.write(page(rounds)); }

}  // namespace armillion::cli
