#pragma once

#include "isa/semantics/all.hpp"

// The operations of all rows, for whoever does not take the table section by section.
#define A64_SECTION A64_TABLE
#include "isa/operations.hpp"
#undef A64_SECTION
