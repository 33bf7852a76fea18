// Where the library is built without a BLAS, there is none to compare with.
#include "ops/peers.hpp"

namespace armillion::bench {

const Peer BLAS{.name = "BLAS"};

std::string blas_description() { return "none"; }

}  // namespace armillion::bench
