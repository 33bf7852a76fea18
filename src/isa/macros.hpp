#pragma once

// The one macro that every function of `isa` carries: a target may redefine it, for instance to add device attributes.
#ifndef ARMILLION_INLINE
#define ARMILLION_INLINE [[gnu::always_inline]] inline
#endif

// For the rare paths that must not grow the common ones.
#ifndef ARMILLION_COLD
#define ARMILLION_COLD [[gnu::noinline, gnu::cold]]
#endif
