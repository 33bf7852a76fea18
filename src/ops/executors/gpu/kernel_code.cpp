#include "ops/executors/gpu/kernel_code.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>
#include <vector>

#include "armillion/hash.hpp"
#include "engine/gpu/compressed_ptx.hpp"

namespace armillion::ops::gpu {
namespace {

// Compressed by gzip. The formatter would take the file's name apart.
// clang-format off
constexpr unsigned char KERNELS[] = {
#embed <ops_kernels.ptx.gz>
};
// clang-format on

/// As many as let two blocks of the largest kernels, of 256 threads, be on a multiprocessor.
constexpr std::uint32_t MAX_REGISTERS = 128;

}  // namespace

engine::gpu::DeviceProgram kernels_program() {
  static const std::string VERSION = [] {
    const XXH128_hash_t hash = XXH3_128bits(KERNELS, sizeof KERNELS);
    return Hash128{hash.low64, hash.high64}.to_string();
  }();
  return {.version = VERSION,
          .ptx = [] { return std::vector{engine::gpu::decompress_ptx(KERNELS)}; },
          .max_registers = MAX_REGISTERS,
          .stack_bytes = 0};
}

}  // namespace armillion::ops::gpu
