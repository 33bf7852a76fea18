#pragma once

#include <memory>
#include <utility>

#include <unistd.h>

namespace armillion::guest::kernel {

/// Owns a file descriptor of the host.
class HostDescriptor {
 public:
  explicit HostDescriptor(int number) : number_(number) {}
  HostDescriptor(HostDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  HostDescriptor& operator=(HostDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~HostDescriptor() {
    if (number_ >= 0) ::close(number_);
  }

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

using SharedDescriptor = std::shared_ptr<const HostDescriptor>;

}  // namespace armillion::guest::kernel
