#pragma once

#include <cstdint>

namespace armillion {

/// What a guest may do with a page. A set of bits.
enum class Permissions : std::uint8_t {
  NONE = 0,
  READ = 1,
  WRITE = 2,
  EXECUTE = 4,
  READ_WRITE = 3,
  READ_EXECUTE = 5,
  WRITE_EXECUTE = 6,
  ALL = 7,
};

/// The permissions of either set.
constexpr Permissions operator|(Permissions a, Permissions b) {
  return static_cast<Permissions>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
/// The permissions of both sets.
constexpr Permissions operator&(Permissions a, Permissions b) {
  return static_cast<Permissions>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}
/// Whether `set` holds every permission of `wanted`.
constexpr bool allows(Permissions set, Permissions wanted) { return (set & wanted) == wanted; }

}  // namespace armillion
