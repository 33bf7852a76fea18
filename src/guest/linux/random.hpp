#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "armillion/process.hpp"

namespace armillion::guest::kernel {

/// The guest's source of randomness. Its state is part of a snapshot.
class RandomGenerator {
 public:
  RandomGenerator(RandomSource source, std::uint64_t seed);

  void fill(std::span<std::byte> destination);

 private:
  std::uint64_t next();

  RandomSource source_;
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace armillion::guest::kernel
