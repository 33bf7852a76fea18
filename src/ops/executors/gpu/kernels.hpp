#pragma once

// All kernels. A kernel is a function of the block of threads that executes it and of its arguments. It is written
// once, for a GPU (kernels.cpp) and for the host, which runs one thread after the other (host_device.cpp): whatever the
// threads of a block do between two synchronisations stands in a `for_each_thread`. A block is
//
//   std::uint64_t index() const;                    its number, and how many there are
//   std::uint64_t count() const;
//   void for_each_thread(Body body) const;          calls body(thread) for its threads
//   void synchronize() const;                       all threads have done what stands before
//   ARMILLION_SHARED T* shared<T>() const;          memory that its threads share
//   PerThread<T>                                    a value of each thread: `value[thread]`
#include "ops/executors/gpu/arrangement_kernels.hpp"
#include "ops/executors/gpu/elementwise_kernels.hpp"
#include "ops/executors/gpu/product_kernels.hpp"
#include "ops/executors/gpu/reduction_kernels.hpp"
#include "ops/executors/gpu/row_kernels.hpp"
