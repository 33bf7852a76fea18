// Where the library is built without a BLAS.
#include "ops/blas.hpp"

namespace armillion::ops {

bool blas_is_there() { return false; }
bool blas_takes_several_threads() { return true; }

bool multiply_by_blas(const MatrixProduct<float>&) { return false; }
bool multiply_by_blas(const MatrixProduct<double>&) { return false; }
bool multiply_by_blas(const VectorProduct<float>&) { return false; }
bool multiply_by_blas(const VectorProduct<double>&) { return false; }

}  // namespace armillion::ops
