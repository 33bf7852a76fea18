#include "guest/linux/random.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include <sys/random.h>

namespace armillion::guest::kernel {

// Seeds with SplitMix64 (Steele, Lea and Flood, 2014), as the authors of xoshiro recommend.
RandomGenerator::RandomGenerator(RandomSource source, std::uint64_t seed) : source_(source) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    word = mixed ^ mixed >> 31;
  }
}

// xoshiro256** (Blackman and Vigna, 2018).
std::uint64_t RandomGenerator::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void RandomGenerator::fill(std::span<std::byte> destination) {
  while (source_ == RandomSource::HOST && !destination.empty()) {
    const ssize_t count = ::getrandom(destination.data(), destination.size(), 0);
    if (count < 0 && errno != EINTR) break;  // no getrandom here: go on with the generator
    if (count > 0) destination = destination.subspan(static_cast<std::size_t>(count));
  }
  while (!destination.empty()) {
    const std::uint64_t word = next();
    const std::size_t count = std::min(destination.size(), sizeof word);
    std::memcpy(destination.data(), &word, count);
    destination = destination.subspan(count);
  }
}

}  // namespace armillion::guest::kernel
