#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/chart/chart.hpp"

namespace armillion::bench {

using cli::SeriesKind;

/// What was measured of one thing, a second.
struct Figure {
  /// The median of the samples where there are any.
  double rate = 0;
  /// One for each repetition; none of what was published.
  std::vector<double> samples;

  static Figure of_samples(std::vector<double> samples);
};

struct ResultSeries {
  std::string name;
  SeriesKind kind = SeriesKind::MEASURED;
  /// One for each row of the result, where there is one.
  std::vector<std::optional<Figure>> figures;
};

/// What a benchmark came to: a table from which text, JSON and pictures are made.
class Result {
 public:
  /// Lines over numbers, or bars beside names.
  enum class Shape : std::uint8_t { LINES, BARS };

  Result(std::string name, std::string title, Shape shape, std::string rows_name, std::string unit)
      : name_(std::move(name)),
        title_(std::move(title)),
        shape_(shape),
        rows_name_(std::move(rows_name)),
        unit_(std::move(unit)) {}

  /// The first of them says what was measured and how; under the title.
  void add_note(std::string note) { notes_.push_back(std::move(note)); }
  /// Puts a figure where row and series meet. Rows that are new are put in the order of their numbers, before those
  /// without; series that are new come last.
  void set(const std::string& row, std::optional<double> number, const std::string& series, Figure figure,
           SeriesKind kind = SeriesKind::MEASURED);
  /// The same for a row that is a number.
  void set(std::uint64_t number, const std::string& series, Figure figure, SeriesKind kind = SeriesKind::MEASURED);

  /// A heading, the notes, and a table in Markdown that is aligned for terminals.
  std::string to_markdown() const;
  /// One JSON object, with a final newline.
  std::string to_json() const;
  /// An SVG file.
  std::string to_svg() const;

 private:
  // Makes the row where there is none.
  std::size_t place_of(const std::string& row, std::optional<double> number);

  std::string name_;
  std::string title_;
  Shape shape_;
  std::string rows_name_;
  std::string unit_;
  std::vector<std::string> notes_;
  std::vector<cli::ChartRow> rows_;
  std::vector<ResultSeries> series_;
};

}  // namespace armillion::bench
