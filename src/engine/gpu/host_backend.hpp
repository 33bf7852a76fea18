#pragma once

#include <memory>

#include "engine/gpu/backend.hpp"

namespace armillion::engine::gpu {

/// The host in place of a GPU: the same code for every lane, run one lane after the other on as many threads as asked
/// for. It is there so that what runs on a GPU can be tested without one. `team_threads` work on a batch of the tensor
/// engine, in place of a GPU's block.
std::unique_ptr<Backend> make_host_backend(unsigned threads, unsigned team_threads = 1);

}  // namespace armillion::engine::gpu
