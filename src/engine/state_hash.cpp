#include "engine/state_hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace armillion::engine {

Hash128 state_hash(const State& state, Hash128 memory) {
  struct {
    State state;
    Hash128 memory;
  } const parts{state, memory};
  const XXH128_hash_t hash = XXH3_128bits(&parts, sizeof parts);
  return {hash.low64, hash.high64};
}

}  // namespace armillion::engine
