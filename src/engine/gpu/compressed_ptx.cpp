#include "engine/gpu/compressed_ptx.hpp"

#include <zlib.h>

#include "armillion/error.hpp"

namespace armillion::engine::gpu {

std::string decompress_ptx(std::span<const unsigned char> bytes) {
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

}  // namespace armillion::engine::gpu
