#pragma once

// The one macro that every function of `isa` carries: a target may redefine it, for instance to add device attributes.
#ifndef ARMILLION_INLINE
#define ARMILLION_INLINE [[gnu::always_inline]] inline
#endif

// For the rare paths that must not grow the common ones.
#ifndef ARMILLION_COLD
#define ARMILLION_COLD [[gnu::noinline, gnu::cold]]
#endif

// The same for functions that return nothing or one word: where the target has the convention, such a function saves
// the registers that it uses itself, so that its caller's common path needs no stack frame. (LLVM 19 loses a second
// word that is returned this way.)
#ifndef ARMILLION_COLD_PRESERVING
#if !defined(__NVPTX__) && (defined(__x86_64__) || defined(__aarch64__))
#define ARMILLION_COLD_PRESERVING [[gnu::noinline, gnu::cold, clang::preserve_most]]
#else
#define ARMILLION_COLD_PRESERVING ARMILLION_COLD
#endif
#endif
