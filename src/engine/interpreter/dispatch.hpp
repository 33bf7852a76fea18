#pragma once

#include "engine/interpreter/context.hpp"

namespace armillion::engine {

/// The handlers of all rows and the interpreter's own.
const HandlerEntry* handler_table();

/// A table whose every handler returns to the loop: a handler that is given it runs as a single step.
const HandlerEntry* step_table();

/// A table whose every handler first looks whether the budget is used up, and returns to the loop if so: for the last
/// instructions before a limit.
const HandlerEntry* counting_table();

}  // namespace armillion::engine
