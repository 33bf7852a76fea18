#include "ops/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <string_view>

// OpenBLAS has these and other libraries do not; which of them is there may be decided as late as when a program
// starts.
extern "C" {
[[gnu::weak]] int openblas_get_parallel();
[[gnu::weak]] char* openblas_get_config();
[[gnu::weak]] int openblas_get_num_threads();
[[gnu::weak]] void openblas_set_num_threads(int threads);
}

namespace armillion::ops {
namespace {

/// Whether the BLAS is one that may use more threads than the caller's.
bool has_threads() { return openblas_get_parallel != nullptr && openblas_get_parallel() != 0; }

/// Keeps OpenBLAS on the calling thread while there are any of these, and then lets it have as many threads as before.
class OneThread {
 public:
  OneThread() {
    if (!has_threads()) return;
    const std::scoped_lock lock(mutex);
    if (users++ > 0) return;
    threads_before = openblas_get_num_threads();
    openblas_set_num_threads(1);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() {
    if (!has_threads()) return;
    const std::scoped_lock lock(mutex);
    if (--users == 0) openblas_set_num_threads(threads_before);
  }

 private:
  static inline std::mutex mutex;
  static inline int users = 0;
  static inline int threads_before = 1;
};

/// Held while OpenBLAS runs, where it is a build that one thread alone may use at a time.
class Turn {
 public:
  Turn() : lock_(mutex, std::defer_lock) {
    if (!blas_takes_several_threads()) lock_.lock();
  }

 private:
  static inline std::mutex mutex;
  std::unique_lock<std::mutex> lock_;
};

template <class... Sizes>
bool can_count(Sizes... sizes) {
  return std::max({sizes...}) <= static_cast<std::size_t>(std::numeric_limits<int>::max());
}

int count(std::size_t size) { return static_cast<int>(size); }

template <class T>
bool multiply(const MatrixProduct<T>& p) {
  if (!can_count(p.rows, p.columns, p.depth, p.a_stride, p.b_stride, p.c_stride)) return false;
  const auto gemm = [&](auto function) {
    const Turn turn;
    const OneThread one_thread;
    function(CblasRowMajor, CblasNoTrans, CblasNoTrans, count(p.rows), count(p.columns), count(p.depth), p.alpha, p.a,
             count(p.a_stride), p.b, count(p.b_stride), p.beta, p.c, count(p.c_stride));
  };
  if constexpr (std::is_same_v<T, float>) {
    gemm(cblas_sgemm);
  } else {
    gemm(cblas_dgemm);
  }
  return true;
}

template <class T>
bool multiply(const VectorProduct<T>& p) {
  if (!can_count(p.rows, p.columns, p.a_stride)) return false;
  if (p.beta == 0) std::fill_n(p.y, p.rows, T{0});  // some versions multiply what is there, which may be a NaN
  const auto gemv = [&](auto function) {
    const Turn turn;
    const OneThread one_thread;
    function(CblasRowMajor, CblasNoTrans, count(p.rows), count(p.columns), p.alpha, p.a, count(p.a_stride), p.x, 1,
             p.beta, p.y, 1);
  };
  if constexpr (std::is_same_v<T, float>) {
    gemv(cblas_sgemv);
  } else {
    gemv(cblas_dgemv);
  }
  return true;
}

}  // namespace

bool blas_is_there() { return true; }

bool blas_takes_several_threads() {
  // OpenBLAS without threads has no locks either, unless it was built to have some.
  static const bool TAKES = openblas_get_parallel == nullptr || openblas_get_parallel() != 0 ||
                            (openblas_get_config != nullptr &&
                             std::string_view(openblas_get_config()).find("USE_LOCKING") != std::string_view::npos);
  return TAKES;
}

bool multiply_by_blas(const MatrixProduct<float>& product) { return multiply(product); }
bool multiply_by_blas(const MatrixProduct<double>& product) { return multiply(product); }
bool multiply_by_blas(const VectorProduct<float>& product) { return multiply(product); }
bool multiply_by_blas(const VectorProduct<double>& product) { return multiply(product); }

}  // namespace armillion::ops
