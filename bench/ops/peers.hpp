#pragma once

#include <cstddef>
#include <string>

namespace armillion::bench {

/// What the vector kernels are compared with: the same work by others, on arrays of `size` floats.
struct Peer {
  const char* name;
  void (*add)(const float* a, const float* b, float* result, std::size_t size);
  void (*relu)(const float* x, float* result, std::size_t size);
  void (*exp)(const float* x, float* result, std::size_t size);
  void (*log)(const float* x, float* result, std::size_t size);
  void (*sigmoid)(const float* x, float* result, std::size_t size);
  void (*tanh)(const float* x, float* result, std::size_t size);
  void (*gelu)(const float* x, float* result, std::size_t size);
  void (*softmax)(const float* x, float* result, std::size_t size);
  float (*sum)(const float* x, std::size_t size);
  float (*max)(const float* x, std::size_t size);
  float (*dot)(const float* a, const float* b, std::size_t size);
  /// Square matrices in row-major order, and vectors.
  void (*gemm)(const float* a, const float* b, float* c, std::size_t size);
  void (*gemv)(const float* a, const float* x, float* y, std::size_t size);
};

/// Loops as one writes them, compiled with the same options as Eigen.
extern const Peer PLAIN_LOOPS;
extern const Peer EIGEN;
/// What a BLAS has of it; the rest is null.
extern const Peer BLAS;

/// Eigen's version, and what it and the plain loops are compiled by and for.
std::string compiled_peers_description();
/// The BLAS and the CPU that it has its kernels for.
std::string blas_description();

}  // namespace armillion::bench
