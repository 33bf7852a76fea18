#include "cli/chart/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/markup_text.hpp"

namespace armillion::cli {

namespace {

constexpr const char* BACKGROUND = "#ffffff";
constexpr const char* FONTS = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

std::string title_element(std::string_view title) {
  return title.empty() ? "" : fmt::format("<title>{}</title>", to_markup(title));
}

std::string stroke_attributes(const Stroke& stroke) {
  std::string text = fmt::format("stroke=\"{}\" stroke-width=\"{:g}\"", stroke.colour, stroke.width);
  if (!stroke.dashes.empty()) text += fmt::format(" stroke-dasharray=\"{}\"", stroke.dashes);
  return text;
}

const char* name_of(TextStyle::Anchor anchor) {
  switch (anchor) {
    case TextStyle::Anchor::START: return "start";
    case TextStyle::Anchor::MIDDLE: return "middle";
    case TextStyle::Anchor::END: break;
  }
  return "end";
}

// The sign as a path around the middle.
const char* path_of(Marker marker) {
  switch (marker) {
    case Marker::CIRCLE: return "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z";
    case Marker::SQUARE: return "m-3.6 -3.6h7.2v7.2h-7.2z";
    case Marker::DIAMOND: return "m0 -5l5 5l-5 5l-5 -5z";
    case Marker::TRIANGLE: return "m0 -4.8l4.6 8h-9.2z";
    case Marker::TRIANGLE_DOWN: return "m0 4.8l4.6 -8h-9.2z";
    case Marker::CROSS: break;
  }
  return "m-4 -2l2 -2l2 2l2 -2l2 2l-2 2l2 2l-2 2l-2 -2l-2 2l-2 -2l2 -2z";
}

}  // namespace

Svg::Svg(double width, double height, std::string_view description)
    : text_(fmt::format(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" viewBox=\"0 0 {0:g} {1:g}\" "
          "role=\"img\" font-family=\"{2}\">\n<title>{3}</title>\n"
          "<rect width=\"100%\" height=\"100%\" fill=\"{4}\"/>\n",
          width, height, FONTS, to_markup(description), BACKGROUND)) {}

void Svg::line(Place from, Place to, const Stroke& stroke) {
  fmt::format_to(std::back_inserter(text_), "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n",
                 from.x, from.y, to.x, to.y, stroke_attributes(stroke));
}

void Svg::polyline(std::span<const Place> points, const Stroke& stroke, std::string_view title) {
  std::string list;
  for (const Place& point : points) {
    fmt::format_to(std::back_inserter(list), "{}{:.1f},{:.1f}", list.empty() ? "" : " ", point.x, point.y);
  }
  fmt::format_to(std::back_inserter(text_),
                 "<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}>{}</polyline>\n", list,
                 stroke_attributes(stroke), title_element(title));
}

void Svg::rectangle(Place corner, double width, double height, std::string_view colour, std::string_view title) {
  fmt::format_to(std::back_inserter(text_),
                 "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\">{}</rect>\n", corner.x,
                 corner.y, width, height, colour, title_element(title));
}

void Svg::marker(Marker marker, Fill fill, Place middle, std::string_view colour, std::string_view title) {
  fmt::format_to(std::back_inserter(text_),
                 "<path d=\"M{:.1f} {:.1f}{}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\">{}</path>\n", middle.x,
                 middle.y, path_of(marker), fill == Fill::FILLED ? colour : BACKGROUND, colour, title_element(title));
}

void Svg::text(Place place, std::string_view text, const TextStyle& style) {
  std::string attributes;
  if (style.is_bold) attributes += " font-weight=\"600\"";
  if (style.rotation != 0) {
    attributes += fmt::format(" transform=\"rotate({:g} {:.1f} {:.1f})\"", style.rotation, place.x, place.y);
  }
  fmt::format_to(std::back_inserter(text_),
                 "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:g}\" text-anchor=\"{}\" fill=\"{}\"{}>{}</text>\n",
                 place.x, place.y, style.size, name_of(style.anchor), style.colour, attributes, to_markup(text));
}

std::string Svg::file() const { return text_ + "</svg>\n"; }

double text_width(std::string_view text, double size) {
  // Bytes that begin a character of UTF-8.
  const auto characters =
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  return 0.58 * size * static_cast<double>(characters);
}

}  // namespace armillion::cli
