#pragma once

#include <cstdint>
#include <vector>

#include "armillion/machine.hpp"
#include "armillion/symbols.hpp"

namespace armillion::cli {

/// Where a machine is and where it came from: the PC, then the addresses of the calls that led there, from the
/// innermost to the outermost. Callers are found by the chain of frame records that X29 begins (AAPCS64,
/// section 6.4.6), which compilers keep by default, for functions that call others. A function without a record of its
/// own, a leaf or one that has just been entered, is told by X30, which then points into another function than the PC
/// does; for that there must be symbols. At most 256 addresses; the chain ends where it makes no sense.
std::vector<std::uint64_t> call_stack(const Machine& machine, const SymbolTable& symbols);

}  // namespace armillion::cli
