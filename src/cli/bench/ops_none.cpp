// Where the command is built without the vector kernels.
#include "armillion/error.hpp"
#include "cli/bench/benchmarks.hpp"

namespace armillion::bench {

Result measure_ops(const BenchOptions&) {
  throw Error(ErrorCode::UNAVAILABLE, "this armillion was built without the vector kernels (ARMILLION_BUILD_OPS)");
}

}  // namespace armillion::bench
