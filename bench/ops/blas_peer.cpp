#include <cblas.h>

#include <string>

#include "ops/peers.hpp"

extern "C" {
[[gnu::weak]] char* openblas_get_config();
[[gnu::weak]] char* openblas_get_corename();
}

namespace armillion::bench {
namespace {

int count(std::size_t size) { return static_cast<int>(size); }

float dot(const float* a, const float* b, std::size_t size) { return cblas_sdot(count(size), a, 1, b, 1); }

void gemm(const float* a, const float* b, float* c, std::size_t size) {
  const int n = count(size);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
}

void gemv(const float* a, const float* x, float* y, std::size_t size) {
  const int n = count(size);
  cblas_sgemv(CblasRowMajor, CblasNoTrans, n, n, 1, a, n, x, 1, 0, y, 1);
}

}  // namespace

const Peer BLAS{.name = "BLAS", .dot = dot, .gemm = gemm, .gemv = gemv};

std::string blas_description() {
  if (openblas_get_config == nullptr || openblas_get_corename == nullptr) return "not OpenBLAS";
  return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename();
}

}  // namespace armillion::bench
