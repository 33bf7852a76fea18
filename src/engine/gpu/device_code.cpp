#include "engine/gpu/device_code.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <span>

#include "armillion/hash.hpp"
#include "engine/gpu/compressed_ptx.hpp"

namespace armillion::engine::gpu {

namespace {

// Compressed by gzip. The formatter would take the files' names apart.
// clang-format off
constexpr unsigned char KERNELS[] = {
#embed <kernels.ptx.gz>
};
constexpr unsigned char LANE_TABLES[] = {
#embed <lane_tables.ptx.gz>
};
constexpr unsigned char TENSOR_KERNEL[] = {
#embed <tensor_batch_kernel.ptx.gz>
};
constexpr unsigned char TENSOR_FUNCTIONS[] = {
#embed <tensor_lane_functions.ptx.gz>
};
// clang-format on

std::string version_of(std::span<const unsigned char> first, std::span<const unsigned char> second) {
  const XXH128_hash_t a = XXH3_128bits(first.data(), first.size());
  const XXH128_hash_t b = XXH3_128bits(second.data(), second.size());
  return Hash128{a.low64 ^ b.high64, a.high64 + b.low64}.to_string();
}

}  // namespace

std::vector<std::string> device_code_ptx() { return {decompress_ptx(KERNELS), decompress_ptx(LANE_TABLES)}; }

std::string_view device_code_version() {
  static const std::string VERSION = version_of(KERNELS, LANE_TABLES);
  return VERSION;
}

std::vector<std::string> tensor_code_ptx() { return {decompress_ptx(TENSOR_KERNEL), decompress_ptx(TENSOR_FUNCTIONS)}; }

std::string_view tensor_code_version() {
  static const std::string VERSION = version_of(TENSOR_KERNEL, TENSOR_FUNCTIONS);
  return VERSION;
}

}  // namespace armillion::engine::gpu
