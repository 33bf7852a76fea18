#pragma once

#include <cstddef>
#include <string>

namespace armillion::bench {

/// What does the work that is compared, on arrays of `size` floats. What a peer does not have is null.
struct Peer {
  const char* name;
  void (*add)(const float* a, const float* b, float* result, std::size_t size) = nullptr;
  void (*relu)(const float* x, float* result, std::size_t size) = nullptr;
  void (*exp)(const float* x, float* result, std::size_t size) = nullptr;
  void (*log)(const float* x, float* result, std::size_t size) = nullptr;
  void (*sigmoid)(const float* x, float* result, std::size_t size) = nullptr;
  void (*tanh)(const float* x, float* result, std::size_t size) = nullptr;
  void (*gelu)(const float* x, float* result, std::size_t size) = nullptr;
  void (*softmax)(const float* x, float* result, std::size_t size) = nullptr;
  float (*sum)(const float* x, std::size_t size) = nullptr;
  float (*max)(const float* x, std::size_t size) = nullptr;
  float (*dot)(const float* a, const float* b, std::size_t size) = nullptr;
  /// Square matrices in row-major order, and vectors.
  void (*gemm)(const float* a, const float* b, float* c, std::size_t size) = nullptr;
  void (*gemv)(const float* a, const float* x, float* y, std::size_t size) = nullptr;
};

/// Loops as one writes them, compiled with the same options as Eigen.
extern const Peer PLAIN_LOOPS;
extern const Peer EIGEN;
extern const Peer BLAS;

/// Eigen's version, and what it and the plain loops are compiled by and for.
std::string compiled_peers_description();
/// The BLAS and the CPU that it has its kernels for.
std::string blas_description();

}  // namespace armillion::bench
