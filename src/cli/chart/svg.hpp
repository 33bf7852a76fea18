#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace armillion::cli {

/// Where something is in a picture: pixels from its upper left corner.
struct Place {
  double x = 0;
  double y = 0;
};

struct Stroke {
  std::string_view colour;
  double width = 1;
  /// Lengths of dashes and of gaps between them, in pixels: "6 4"; empty for a whole line.
  std::string_view dashes;
};

struct TextStyle {
  enum class Anchor : std::uint8_t { START, MIDDLE, END };

  double size = 13;
  Anchor anchor = Anchor::START;
  std::string_view colour = "#222222";
  bool is_bold = false;
  /// In degrees, clockwise.
  double rotation = 0;
};

/// Signs for the points of a line.
enum class Marker : std::uint8_t { CIRCLE, SQUARE, DIAMOND, TRIANGLE, TRIANGLE_DOWN, CROSS };
inline constexpr int MARKER_COUNT = 6;

enum class Fill : std::uint8_t { FILLED, HOLLOW };

/// Writes a picture as an SVG file (Scalable Vector Graphics 1.1) that needs nothing else: no style sheets, scripts or
/// fonts. It has a background of its own, so that it looks the same in dark viewers. All texts are escaped.
class Svg {
 public:
  /// `description` is what is read aloud in place of the picture.
  Svg(double width, double height, std::string_view description);

  void line(Place from, Place to, const Stroke& stroke);
  /// A line through points. `title` is shown by viewers that are pointed at it.
  void polyline(std::span<const Place> points, const Stroke& stroke, std::string_view title);
  void rectangle(Place corner, double width, double height, std::string_view colour, std::string_view title = {});
  void marker(Marker marker, Fill fill, Place middle, std::string_view colour, std::string_view title = {});
  /// The place is that of the base line.
  void text(Place place, std::string_view text, const TextStyle& style = {});

  /// The whole file.
  std::string file() const;

 private:
  std::string text_;
};

/// About how many pixels a text is wide in the fonts that pictures ask for; a little too much rather than too little.
double text_width(std::string_view text, double size);

}  // namespace armillion::cli
