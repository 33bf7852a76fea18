#include "engine/gpu/device_code.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

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
// clang-format on

}  // namespace

std::vector<std::string> device_code_ptx() { return {decompress_ptx(KERNELS), decompress_ptx(LANE_TABLES)}; }

std::string_view device_code_version() {
  static const std::string VERSION = [] {
    const XXH128_hash_t kernels = XXH3_128bits(KERNELS, sizeof KERNELS);
    const XXH128_hash_t tables = XXH3_128bits(LANE_TABLES, sizeof LANE_TABLES);
    return Hash128{kernels.low64 ^ tables.high64, kernels.high64 + tables.low64}.to_string();
  }();
  return VERSION;
}

}  // namespace armillion::engine::gpu
