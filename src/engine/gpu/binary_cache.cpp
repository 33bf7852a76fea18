#include "engine/gpu/binary_cache.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace armillion::engine::gpu {

namespace {

// What a file begins with; the binary follows. Another layout would have another magic.
struct Header {
  std::array<char, 8> magic;
  std::uint64_t binary_bytes;
  std::uint64_t checksum_low;
  std::uint64_t checksum_high;
};
static_assert(sizeof(Header) == 32);

constexpr std::array<char, 8> MAGIC{'A', 'R', 'M', 'L', 'B', 'I', 'N', '1'};

Header header_of(std::span<const std::byte> binary) {
  const XXH128_hash_t checksum = XXH3_128bits(binary.data(), binary.size());
  return {MAGIC, binary.size(), checksum.low64, checksum.high64};
}

bool write_all(int file, const void* data, std::size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(file, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    next += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

std::filesystem::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::filesystem::path BinaryCache::default_folder() {
  if (const auto own = variable("ARMILLION_CACHE_DIR"); !own.empty()) return own;
  // The XDG Base Directory Specification wants relative paths ignored.
  if (const auto caches = variable("XDG_CACHE_HOME"); caches.is_absolute()) return caches / "armillion";
  if (const auto home = variable("HOME"); home.is_absolute()) return home / ".cache" / "armillion";
  return {};
}

std::string BinaryCache::key(std::span<const char> source, std::string_view target, std::string_view compiler) {
  const XXH128_hash_t source_hash = XXH3_128bits(source.data(), source.size());
  const std::string whole =
      fmt::format("{:016x}{:016x}\n{}\n{}", source_hash.high64, source_hash.low64, target, compiler);
  const XXH128_hash_t hash = XXH3_128bits(whole.data(), whole.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::optional<std::vector<std::byte>> BinaryCache::find(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  std::ifstream file(path_of(key), std::ios::binary);
  std::error_code error;
  const std::uintmax_t file_bytes = std::filesystem::file_size(path_of(key), error);
  Header header{};
  if (error || !file.read(reinterpret_cast<char*>(&header), sizeof header)) return std::nullopt;
  // The length is believed only where it is the file's: a damaged one could ask for any amount of memory.
  if (header.magic != MAGIC || header.binary_bytes != file_bytes - sizeof header) return std::nullopt;
  std::vector<std::byte> binary(header.binary_bytes);
  if (!file.read(reinterpret_cast<char*>(binary.data()), static_cast<std::streamsize>(binary.size()))) {
    return std::nullopt;
  }
  const Header expected = header_of(binary);
  if (header.checksum_low != expected.checksum_low || header.checksum_high != expected.checksum_high) {
    return std::nullopt;
  }
  return binary;
}

bool BinaryCache::store(const std::string& key, std::span<const std::byte> binary) const {
  if (folder_.empty()) return false;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  // Written beside and renamed, so that readers see the old file, the whole new one or none.
  std::string temporary = (folder_ / (key + ".XXXXXX")).string();
  const int file = ::mkstemp(temporary.data());
  if (file < 0) return false;
  const Header header = header_of(binary);
  bool is_written = write_all(file, &header, sizeof header) && write_all(file, binary.data(), binary.size());
  is_written = ::close(file) == 0 && is_written;
  if (is_written) std::filesystem::rename(temporary, path_of(key), error);
  if (is_written && !error) return true;
  std::filesystem::remove(temporary, error);
  return false;
}

}  // namespace armillion::engine::gpu
