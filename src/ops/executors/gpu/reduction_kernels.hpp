#pragma once

#include "ops/executors/gpu/elementwise_kernels.hpp"

namespace armillion::ops::gpu {

/// Elements that a team loads at once, each of them one thread's partial result.
template <class T>
constexpr std::uint32_t TEAM_ELEMENTS = TEAM_THREADS * VECTOR_ELEMENTS<T>;

/// What partial sums are kept in: floating-point numbers in their own type, whose order is fixed; integers exactly.
template <class T>
using Partial = std::conditional_t<std::is_integral_v<T>, std::int64_t, T>;
/// What a block's sum is handed over as.
template <class T>
using BlockTotal = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;

constexpr std::uint64_t blocks_in_row(std::uint64_t columns) { return (columns + BLOCK_ELEMENTS - 1) / BLOCK_ELEMENTS; }

/// results[block] = `Total`(reduction of the block). `fold` says how elements are added to partial results, which begin
/// as `neutral`; `combine(a, b)` adds two partial results. Both orders are those of sums.
template <class T, class P, class Total, class Block, class Fold, class Combine>
ARMILLION_INLINE void reduce_blocks(const Block& block, const ReductionArguments& arguments, P neutral,
                                    const Fold& fold, const Combine& combine) {
  constexpr std::uint32_t LANES = VECTOR_ELEMENTS<T>;
  constexpr std::uint32_t GROUPS = BLOCK_ELEMENTS / TEAM_ELEMENTS<T>;
  const std::uint64_t of_row = blocks_in_row(arguments.columns);
  const std::uint64_t blocks = arguments.rows * of_row;
  auto* const partials = block.template shared<P>();
  for (std::uint64_t first = block.index() * TEAMS; first < blocks; first += block.count() * TEAMS) {
    block.for_each_thread([&](std::uint32_t thread) {
      const std::uint64_t number = first + thread / TEAM_THREADS;
      P partial[LANES];
#pragma unroll
      for (std::uint32_t lane = 0; lane < LANES; ++lane) partial[lane] = neutral;
      if (number < blocks) {
        const std::uint64_t row = number / of_row;
        const std::uint64_t begin = number % of_row * BLOCK_ELEMENTS;
        const std::uint64_t mine = begin + thread % TEAM_THREADS * LANES;
        Fold of_row_fold = fold;
        of_row_fold.go_to(row);
        const std::uint64_t rest = arguments.columns - begin;
        const std::uint64_t end = begin + (rest < BLOCK_ELEMENTS ? rest : BLOCK_ELEMENTS);
        std::uint64_t i = mine;
        if (fold.is_aligned(row)) {
          if (rest >= BLOCK_ELEMENTS) {
#pragma unroll 8
            for (std::uint32_t group = 0; group < GROUPS; ++group) {
              of_row_fold.add_vector(partial, (mine + group * TEAM_ELEMENTS<T>) / LANES);
            }
            i = end;
          }
#pragma unroll 4
          for (; i + LANES <= end; i += TEAM_ELEMENTS<T>) of_row_fold.add_vector(partial, i / LANES);
        }
        // What vectors leave, or all of a row that begins where none can be loaded.
        for (; i < end; i += TEAM_ELEMENTS<T>) {
#pragma unroll
          for (std::uint32_t lane = 0; lane < LANES; ++lane) {
            if (i + lane < end) partial[lane] = of_row_fold.add_element(partial[lane], i + lane);
          }
        }
      }
#pragma unroll
      for (std::uint32_t lane = 0; lane < LANES; ++lane) partials[thread * LANES + lane] = partial[lane];
    });
    for (std::uint32_t half = TEAM_ELEMENTS<T> / 2; half > 0; half /= 2) {
      block.synchronize();
      block.for_each_thread([&](std::uint32_t thread) {
        auto* const team = partials + thread / TEAM_THREADS * TEAM_ELEMENTS<T>;
        for (std::uint32_t i = thread % TEAM_THREADS; i < half; i += TEAM_THREADS) {
          team[i] = combine(team[i], team[i + half]);
        }
      });
    }
    block.synchronize();
    block.for_each_thread([&](std::uint32_t thread) {
      if (thread < TEAMS && first + thread < blocks) {
        global<Total>(arguments.results)[first + thread] = static_cast<Total>(partials[thread * TEAM_ELEMENTS<T>]);
      }
    });
    block.synchronize();
  }
}

/// Whether a row begins where vectors may be loaded.
template <class T>
ARMILLION_INLINE bool begins_at_vector(std::uint64_t row, std::uint64_t row_stride) {
  return row * row_stride % VECTOR_ELEMENTS<T> == 0;
}

/// Folds elements of one array: partial = function(partial, x).
template <class T, class P, class Function>
struct FoldOne {
  ARMILLION_GLOBAL const T* array;
  std::uint64_t row_stride;
  Function function;

  ARMILLION_INLINE bool is_aligned(std::uint64_t row) const { return begins_at_vector<T>(row, row_stride); }
  ARMILLION_INLINE void go_to(std::uint64_t row) { array += row * row_stride; }
  ARMILLION_INLINE void add_vector(P* partial, std::uint64_t index) const {
    const Vector<T> x = reinterpret_cast<ARMILLION_GLOBAL const Vector<T>*>(array)[index];
#pragma unroll
    for (std::uint32_t lane = 0; lane < VECTOR_ELEMENTS<T>; ++lane) partial[lane] = function(partial[lane], x[lane]);
  }
  ARMILLION_INLINE P add_element(P partial, std::uint64_t index) const { return function(partial, array[index]); }
};

template <class T, class P, class Function>
ARMILLION_INLINE FoldOne<T, P, Function> fold_one(const ReductionArguments& arguments, Function function) {
  return {global<const T>(arguments.arrays[0]), arguments.row_strides[0], function};
}

/// Folds elements of two arrays: partial = function(partial, x, y).
template <class T, class P, class Function>
struct FoldTwo {
  ARMILLION_GLOBAL const T* arrays[2];
  std::uint64_t row_strides[2];
  Function function;

  ARMILLION_INLINE bool is_aligned(std::uint64_t row) const {
    return begins_at_vector<T>(row, row_strides[0]) && begins_at_vector<T>(row, row_strides[1]);
  }
  ARMILLION_INLINE void go_to(std::uint64_t row) {
    arrays[0] += row * row_strides[0];
    arrays[1] += row * row_strides[1];
  }
  ARMILLION_INLINE void add_vector(P* partial, std::uint64_t index) const {
    const Vector<T> x = reinterpret_cast<ARMILLION_GLOBAL const Vector<T>*>(arrays[0])[index];
    const Vector<T> y = reinterpret_cast<ARMILLION_GLOBAL const Vector<T>*>(arrays[1])[index];
#pragma unroll
    for (std::uint32_t lane = 0; lane < VECTOR_ELEMENTS<T>; ++lane) {
      partial[lane] = function(partial[lane], x[lane], y[lane]);
    }
  }
  ARMILLION_INLINE P add_element(P partial, std::uint64_t index) const {
    return function(partial, arrays[0][index], arrays[1][index]);
  }
};

template <class T>
ARMILLION_INLINE Partial<T> sum_of_two(Partial<T> a, Partial<T> b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  } else {
    return a + b;
  }
}

template <class T, class Block>
ARMILLION_INLINE void block_sums(const Block& block, const ReductionArguments& arguments) {
  using P = Partial<T>;
  const auto function = [](P partial, T x) { return sum_of_two<T>(partial, x); };
  reduce_blocks<T, P, BlockTotal<T>>(block, arguments, P{0}, fold_one<T, P>(arguments, function),
                                     [](P a, P b) { return sum_of_two<T>(a, b); });
}

template <class T, class Block>
ARMILLION_INLINE void block_dots(const Block& block, const ReductionArguments& arguments) {
  using P = Partial<T>;
  const auto function = [](P partial, T x, T y) {
    if constexpr (std::is_integral_v<T>) return sum_of_two<T>(partial, std::int64_t{x} * y);
    if constexpr (std::is_floating_point_v<T>) return multiply_add(x, y, partial);
  };
  reduce_blocks<T, P, BlockTotal<T>>(
      block, arguments, P{0},
      FoldTwo<T, P, decltype(function)>{{global<const T>(arguments.arrays[0]), global<const T>(arguments.arrays[1])},
                                        {arguments.row_strides[0], arguments.row_strides[1]},
                                        function},
      [](P a, P b) { return sum_of_two<T>(a, b); });
}

/// What every element replaces in a minimum or maximum, or equals.
template <class T, bool IS_MINIMUM>
constexpr T neutral_extreme() {
  using Limits = std::numeric_limits<T>;
  constexpr T HIGHEST = Limits::has_infinity ? Limits::infinity() : Limits::max();
  constexpr T LOWEST = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  return IS_MINIMUM ? HIGHEST : LOWEST;
}

template <class T, bool IS_MINIMUM, class Block>
ARMILLION_INLINE void block_extremes(const Block& block, const ReductionArguments& arguments) {
  const auto function = [](T a, T b) { return IS_MINIMUM ? smaller(a, b) : larger(a, b); };
  reduce_blocks<T, T, T>(block, arguments, neutral_extreme<T, IS_MINIMUM>(), fold_one<T, T>(arguments, function),
                         function);
}

template <class T, class Block>
ARMILLION_INLINE void block_minima(const Block& block, const ReductionArguments& arguments) {
  block_extremes<T, true>(block, arguments);
}

template <class T, class Block>
ARMILLION_INLINE void block_maxima(const Block& block, const ReductionArguments& arguments) {
  block_extremes<T, false>(block, arguments);
}

template <class T, class Block>
ARMILLION_INLINE void find(const Block& block, const FindArguments& arguments) {
  const T value = std::bit_cast<T>(static_cast<BitsOf<T>>(arguments.value));
  for_each_chunk<T>(block, arguments.size, [&](std::uint64_t begin, std::uint64_t count) {
    block.for_each_thread([&](std::uint32_t thread) {
      for (std::uint64_t i = begin + thread; i < begin + count; i += ELEMENTWISE_THREADS) {
        const T x = global<const T>(arguments.array)[i];
        if (x == value || is_nan(x)) {
          engine::gpu::target::fetch_min(global<std::uint64_t>(arguments.found), i);
          break;
        }
      }
    });
  });
}

}  // namespace armillion::ops::gpu
