#pragma once

#include <array>

namespace armillion::cli {

/// Colours that people with colour blindness tell apart, too (Okabe and Ito, "Color Universal Design"), and two more
/// for what comes after those.
inline constexpr std::array PALETTE{"#0072b2", "#d55e00", "#cc79a7", "#e69f00",
                                    "#009e73", "#56b4e9", "#8c510a", "#b2182b"};
/// Of what shares one colour.
inline constexpr const char* GREY = "#888888";

}  // namespace armillion::cli
