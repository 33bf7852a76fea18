#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace armillion::engine::gpu {

/// Compiled device code on disk, so that a GPU's compiler runs once and not in every process. Any number of processes
/// may use a folder at the same time. Whatever goes wrong with it only means compiling again: no function throws for
/// it.
class BinaryCache {
 public:
  /// `$ARMILLION_CACHE_DIR`, else `$XDG_CACHE_HOME/armillion`, else `$HOME/.cache/armillion`; empty, which keeps
  /// nothing, where none of them is set.
  static std::filesystem::path default_folder();

  /// The folder is made by the first `store`.
  explicit BinaryCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Names what `source` compiles to: it differs where the source, the target or the compiler does.
  static std::string key(std::span<const char> source, std::string_view target, std::string_view compiler);

  /// What was stored under `key`, complete and unchanged; nothing where there is no such file or it is damaged.
  std::optional<std::vector<std::byte>> find(const std::string& key) const;

  /// Whether the binary could be kept. Replaces what was there.
  bool store(const std::string& key, std::span<const std::byte> binary) const;

 private:
  std::filesystem::path path_of(const std::string& key) const { return folder_ / (key + ".bin"); }

  std::filesystem::path folder_;
};

}  // namespace armillion::engine::gpu
