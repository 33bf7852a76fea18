#pragma once

#include "ops/executors/backend.hpp"

namespace armillion::ops::detail {

/// Memory of an executor for the time of a call: zeros.
class Temporary {
 public:
  Temporary(ExecutorBackend& backend, std::size_t size_bytes)
      : backend_(backend), size_bytes_(size_bytes), address_(backend.allocate(size_bytes)) {}
  ~Temporary() { backend_.release(address_, size_bytes_); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  std::uint64_t address() const { return address_; }

 private:
  ExecutorBackend& backend_;
  std::size_t size_bytes_;
  std::uint64_t address_;
};

}  // namespace armillion::ops::detail
