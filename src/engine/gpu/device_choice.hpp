#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/gpu/backend.hpp"

namespace armillion::engine::gpu {

/// Opens what `name` chooses: "cuda" for the first GPU that can be used, "cuda:0" and up for one of them (see
/// `devices`), "host-lanes" for the GPU's code on the host. nullptr for "cpu", which needs no lanes. Error(UNAVAILABLE)
/// where there is no such GPU, saying why; Error(INVALID_ARGUMENT) for any other name, saying what there is.
std::unique_ptr<Backend> open_device(std::string_view name);

/// The driver's number of the GPU that `name` chooses, as above; nothing where it chooses none. Error(UNAVAILABLE)
/// where "cuda" finds no GPU that can be used.
std::optional<int> gpu_index(std::string_view name);

}  // namespace armillion::engine::gpu
