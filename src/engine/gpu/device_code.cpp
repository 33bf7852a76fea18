#include "engine/gpu/device_code.hpp"

#include <zlib.h>

#include <span>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "armillion/error.hpp"
#include "armillion/hash.hpp"

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

std::string decompressed(std::span<const unsigned char> bytes) {
  z_stream stream{};
  // 16: with a header of gzip.
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
    throw Error(ErrorCode::OUT_OF_MEMORY, "the host has no memory to unpack the device code");
  }
  std::string text;
  stream.next_in = const_cast<unsigned char*>(bytes.data());  // zlib only reads it
  stream.avail_in = static_cast<unsigned>(bytes.size());
  int status = Z_OK;
  while (status == Z_OK) {
    char piece[65536];
    stream.next_out = reinterpret_cast<unsigned char*>(piece);
    stream.avail_out = sizeof piece;
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(piece, sizeof piece - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) throw Error(ErrorCode::UNAVAILABLE, "the device code in this build is damaged");
  return text;
}

std::string version_of(std::span<const unsigned char> first, std::span<const unsigned char> second) {
  const XXH128_hash_t a = XXH3_128bits(first.data(), first.size());
  const XXH128_hash_t b = XXH3_128bits(second.data(), second.size());
  return Hash128{a.low64 ^ b.high64, a.high64 + b.low64}.to_string();
}

}  // namespace

std::vector<std::string> device_code_ptx() { return {decompressed(KERNELS), decompressed(LANE_TABLES)}; }

std::string_view device_code_version() {
  static const std::string VERSION = version_of(KERNELS, LANE_TABLES);
  return VERSION;
}

std::vector<std::string> tensor_code_ptx() { return {decompressed(TENSOR_KERNEL), decompressed(TENSOR_FUNCTIONS)}; }

std::string_view tensor_code_version() {
  static const std::string VERSION = version_of(TENSOR_KERNEL, TENSOR_FUNCTIONS);
  return VERSION;
}

}  // namespace armillion::engine::gpu
