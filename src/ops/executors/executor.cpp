#include "armillion/ops/executor.hpp"

#include <limits>

#include "ops/checks.hpp"
#include "ops/executors/backend.hpp"

namespace armillion::ops {

Executor Executor::host() { return Executor(make_host_backend()); }

Executor Executor::machine(const std::string& device) { return Executor(make_machine_backend(device)); }

Executor Executor::cuda(const std::string& device) { return Executor(make_cuda_backend(device)); }

std::string Executor::name() const { return backend_->name(); }

std::uint64_t Executor::retired_instructions() const { return backend_->retired_instructions(); }

void Executor::wait() const { backend_->wait(); }

void Executor::start_timing() { backend_->start_timing(); }

ExecutorTimes Executor::times() const { return backend_->times(); }

namespace {

/// No array is larger than the differences between pointers.
template <class T>
std::size_t bytes_of(std::size_t size) {
  if (size > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T)) {
    throw Error(ErrorCode::OUT_OF_MEMORY, "a buffer of " + std::to_string(size) + " elements fits no memory");
  }
  return size * sizeof(T);
}

}  // namespace

template <class T>
Buffer<T>::Buffer(const Executor& executor, std::size_t size)
    : backend_(executor.backend_), address_(backend_->allocate(bytes_of<T>(size))), size_(size) {}

template <class T>
Buffer<T>::Buffer(const Executor& executor, std::span<const T> elements) : Buffer(executor, elements.size()) {
  upload(elements);
}

template <class T>
Buffer<T>::~Buffer() {
  if (backend_ != nullptr) backend_->release(address_, size_ * sizeof(T));
}

template <class T>
void Buffer<T>::upload(std::span<const T> elements) {
  require_size("upload", size_, elements.size());
  if (size_ > 0) backend_->upload(std::as_bytes(elements), address_);
}

template <class T>
void Buffer<T>::download(std::span<T> elements) const {
  require_size("download", size_, elements.size());
  if (size_ > 0) backend_->download(address_, std::as_writable_bytes(elements));
}

template class Buffer<float>;
template class Buffer<double>;
template class Buffer<std::int32_t>;
template class Buffer<std::uint8_t>;
template class Buffer<std::uint32_t>;

}  // namespace armillion::ops
