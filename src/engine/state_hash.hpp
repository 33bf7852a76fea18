#pragma once

#include "armillion/hash.hpp"
#include "armillion/state.hpp"

namespace armillion::engine {

/// The hash of a machine with this state and memory (`guest::AddressSpace::hash`).
Hash128 state_hash(const State& state, Hash128 memory);

}  // namespace armillion::engine
