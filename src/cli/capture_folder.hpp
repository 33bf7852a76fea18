#pragma once

#include <cstdint>
#include <string>

#include "armillion/fleet.hpp"

namespace armillion::cli {

/// A folder for what the lanes of a fleet of processes write to their standard output and error.
class CaptureFolder {
 public:
  /// Makes the folder where it is missing. Error(FILE_UNREADABLE) where it cannot be.
  explicit CaptureFolder(const std::string& path);

  /// Writes "NUMBER.out" and "NUMBER.err", each where the lane has written something. Error(FILE_UNREADABLE).
  void write(std::uint64_t number, const Fleet& fleet, std::uint64_t lane) const;

 private:
  std::string path_;
};

}  // namespace armillion::cli
