#include "armillion/ops/reductions.hpp"

#include <vector>

#include "ops/checks.hpp"
#include "ops/kernels/kernels.hpp"
#include "ops/pieces.hpp"

namespace armillion::ops::detail {
namespace {

/// Blocks of a piece for a thread pool.
constexpr std::size_t PIECE_BLOCKS = 16;

/// Adds the sums of blocks in their order. `sum_of(first, count)` is the sum of one block.
template <class T, class SumOf>
Total<T> add_blocks(std::size_t size, SumOf sum_of) {
  Total<T> total = 0;
  for (std::size_t first = 0; first < size; first += BLOCK) total += sum_of(first, std::min(BLOCK, size - first));
  return total;
}

template <class T, class SumOf>
Total<T> add_blocks(ThreadPool& pool, std::size_t size, SumOf sum_of) {
  std::vector<Total<T>> sums((size + BLOCK - 1) / BLOCK);
  run_in_pieces(pool, sums.size(), PIECE_BLOCKS, [&](std::size_t first, std::size_t count) {
    for (std::size_t block = first; block < first + count; ++block) {
      sums[block] = sum_of(block * BLOCK, std::min(BLOCK, size - block * BLOCK));
    }
  });
  Total<T> total = 0;
  for (const Total<T> sum : sums) total += sum;
  return total;
}

template <class T>
using Block = std::array<T, BLOCK>;

template <class T>
Total<T> sum_of(std::span<const T> x) {
  return kernels<T>().sum(x.data(), x.size());
}

template <class T>
Total<T> sum_of(ThreadPool& pool, std::span<const T> x) {
  const auto kernel = kernels<T>().sum;
  return add_blocks<T>(pool, x.size(),
                       [&](std::size_t first, std::size_t count) { return kernel(x.data() + first, count); });
}

template <class T>
Total<T> sum_of(Strided<const T> x) {
  const auto kernel = kernels<T>().sum;
  Block<T> buffer;
  return add_blocks<T>(x.size(), [&](std::size_t first, std::size_t count) {
    return kernel(read_elements(x, first, count, buffer), count);
  });
}

/// Of at least one element: pieces are reduced to one element each, and those to one.
template <class T, class Kernel>
T extreme_of(std::span<const T> x, Kernel kernel) {
  return kernel(x.data(), x.size());
}

template <class T, class Kernel>
T extreme_of(ThreadPool& pool, std::span<const T> x, Kernel kernel) {
  constexpr std::size_t PIECE = PIECE_BLOCKS * BLOCK;
  std::vector<T> found((x.size() + PIECE - 1) / PIECE);
  run_in_pieces(pool, x.size(), PIECE,
                [&](std::size_t first, std::size_t count) { found[first / PIECE] = kernel(x.data() + first, count); });
  return kernel(found.data(), found.size());
}

template <class T, class Kernel>
T extreme_of(Strided<const T> x, Kernel kernel) {
  StridedBuffer<T> buffer;
  T found = x[0];
  for_strided_blocks(x.size(), [&](std::size_t first, std::size_t count) {
    const std::array<T, 2> both{found, kernel(read_elements(x, first, count, buffer), count)};
    found = kernel(both.data(), both.size());
  });
  return found;
}

/// With a pool or without.
template <ReductionOperation OPERATION, class T, class Elements, class... Pool>
Reduced<OPERATION, T> reduce(Elements x, Pool&... pool) {
  using enum ReductionOperation;
  if constexpr (OPERATION == SUM) {
    return static_cast<Sum<T>>(sum_of<T>(pool..., x));
  } else if constexpr (OPERATION == MEAN) {
    require_elements("mean", x.size());
    return static_cast<Reduced<MEAN, T>>(static_cast<double>(sum_of<T>(pool..., x)) / static_cast<double>(x.size()));
  } else if constexpr (OPERATION == MIN) {
    require_elements("min", x.size());
    return extreme_of<T>(pool..., x, kernels<T>().min);
  } else {
    require_elements("max", x.size());
    return extreme_of<T>(pool..., x, kernels<T>().max);
  }
}

}  // namespace

template <ReductionOperation OPERATION, class T>
Reduced<OPERATION, T> ReductionForms<OPERATION, T>::operator()(std::span<const T> x) const {
  return reduce<OPERATION, T>(x);
}

template <ReductionOperation OPERATION, class T>
Reduced<OPERATION, T> ReductionForms<OPERATION, T>::operator()(ThreadPool& pool, std::span<const T> x) const {
  return reduce<OPERATION, T>(x, pool);
}

template <ReductionOperation OPERATION, class T>
Reduced<OPERATION, T> ReductionForms<OPERATION, T>::operator()(Strided<const T> x) const {
  return reduce<OPERATION, T>(x);
}

template <class T>
Sum<T> DotForms<T>::operator()(std::span<const T> a, std::span<const T> b) const {
  require_size("dot", a.size(), b.size());
  return static_cast<Sum<T>>(kernels<T>().dot(a.data(), b.data(), a.size()));
}

template <class T>
Sum<T> DotForms<T>::operator()(ThreadPool& pool, std::span<const T> a, std::span<const T> b) const {
  require_size("dot", a.size(), b.size());
  const auto kernel = kernels<T>().dot;
  return static_cast<Sum<T>>(add_blocks<T>(pool, a.size(), [&](std::size_t first, std::size_t count) {
    return kernel(a.data() + first, b.data() + first, count);
  }));
}

template <class T>
Sum<T> DotForms<T>::operator()(Strided<const T> a, Strided<const T> b) const {
  require_size("dot", a.size(), b.size());
  const auto kernel = kernels<T>().dot;
  std::array<Block<T>, 2> buffers;
  return static_cast<Sum<T>>(add_blocks<T>(a.size(), [&](std::size_t first, std::size_t count) {
    return kernel(read_elements(a, first, count, buffers[0]), read_elements(b, first, count, buffers[1]), count);
  }));
}

namespace {

/// The block with the first of the largest elements: where it begins, and the element.
template <class T>
struct Candidate {
  std::size_t first;
  std::size_t count;
  T value;
};

/// `block_at(first, count)` has a block's elements. Blocks behind one with a NaN do not count.
template <class T, class BlockAt>
std::size_t argmax_of(std::size_t size, BlockAt block_at) {
  require_elements("argmax", size);
  const KernelsFor<T>& of_type = kernels<T>();
  Candidate<T> best{0, 0, {}};
  for (std::size_t first = 0; first < size && best.value == best.value; first += BLOCK) {
    const std::size_t count = std::min(BLOCK, size - first);
    const T largest = of_type.max(block_at(first, count), count);
    if (first == 0 || !(largest <= best.value)) best = {first, count, largest};
  }
  return best.first + of_type.find(block_at(best.first, best.count), best.value, best.count);
}

}  // namespace

template <class T>
std::size_t ArgmaxForms<T>::operator()(std::span<const T> x) const {
  return argmax_of<T>(x.size(), [&](std::size_t first, std::size_t) { return x.data() + first; });
}

template <class T>
std::size_t ArgmaxForms<T>::operator()(Strided<const T> x) const {
  Block<T> buffer;
  return argmax_of<T>(x.size(),
                      [&](std::size_t first, std::size_t count) { return read_elements(x, first, count, buffer); });
}

// The forms that reductions.hpp has objects for.

using enum ReductionOperation;

template struct ReductionForms<SUM, float>;
template struct ReductionForms<SUM, double>;
template struct ReductionForms<SUM, std::int32_t>;
template struct ReductionForms<MEAN, float>;
template struct ReductionForms<MEAN, double>;
template struct ReductionForms<MEAN, std::int32_t>;
template struct ReductionForms<MIN, float>;
template struct ReductionForms<MIN, double>;
template struct ReductionForms<MIN, std::int32_t>;
template struct ReductionForms<MAX, float>;
template struct ReductionForms<MAX, double>;
template struct ReductionForms<MAX, std::int32_t>;
template struct DotForms<float>;
template struct DotForms<double>;
template struct DotForms<std::int32_t>;
template struct ArgmaxForms<float>;
template struct ArgmaxForms<double>;
template struct ArgmaxForms<std::int32_t>;

}  // namespace armillion::ops::detail
