#pragma once

#include "ops/executors/gpu/device.hpp"

namespace armillion::ops::gpu {

/// Memory of a device for what calls leave there between two kernels. It grows as calls need it.
class Scratch {
 public:
  explicit Scratch(Device& device) : device_(device) {}
  ~Scratch() {
    if (size_bytes_ > 0) device_.release(address_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// So many bytes, which hold anything; earlier ones are gone.
  std::uint64_t take(std::size_t size_bytes) {
    if (size_bytes > size_bytes_) {
      const std::uint64_t larger = device_.allocate(size_bytes);
      if (size_bytes_ > 0) device_.release(address_);
      address_ = larger;
      size_bytes_ = size_bytes;
    }
    return address_;
  }

 private:
  Device& device_;
  std::uint64_t address_ = 0;
  std::size_t size_bytes_ = 0;
};

}  // namespace armillion::ops::gpu
