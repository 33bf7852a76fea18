#pragma once

/// Vector kernels over arrays of the host: elementwise arithmetic, activations, reductions, linear algebra, losses.
///
/// Calls take `std::span` or anything that converts to one (vectors, arrays), check their arguments before they write
/// anything, run on the calling thread with the widest vectors that the CPU has, and allocate nothing unless they say
/// so. docs/ops.md is the quick reference. What holds for every function unless it says otherwise:
///
/// - *Errors.* Lengths that do not fit and arrays that overlap where they must not are Error(INVALID_ARGUMENT), thrown
///   before anything is written. Arrays of no elements are fine.
/// - *In place.* A result may be the same elements as an argument, or have none in common with it.
/// - *NaN.* A NaN in gives a NaN out; which one is not said.
/// - *The same result.* For one target (see `target`) an element's result depends on nothing but its operands: not on
/// the
///   array's size, the element's position, alignment, or a thread pool.
#include "armillion/ops/arrangement.hpp"
#include "armillion/ops/elementwise.hpp"
#include "armillion/ops/linear_algebra.hpp"
#include "armillion/ops/losses.hpp"
#include "armillion/ops/reductions.hpp"
#include "armillion/ops/softmax.hpp"
#include "armillion/ops/target.hpp"
#include "armillion/ops/thread_pool.hpp"
#include "armillion/ops/views.hpp"
