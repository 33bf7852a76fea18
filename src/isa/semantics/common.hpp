#pragma once

#include <cstdint>
#include <type_traits>

#include "isa/flags.hpp"
#include "isa/machine_concept.hpp"
#include "isa/macros.hpp"
#include "isa/operands.hpp"
#include "isa/vector.hpp"
