#include "armillion/ops/executor.hpp"

#include <bit>
#include <limits>

#include "ops/checks.hpp"
#include "ops/executors/backend.hpp"

namespace armillion::ops {

Executor Executor::host() { return Executor(make_host_backend()); }

Executor Executor::machine(const std::string& device, const std::string& engine) {
  return Executor(make_machine_backend(device, engine));
}

Executor Executor::cuda(const std::string& device) { return Executor(make_cuda_backend(device)); }

std::string Executor::name() const { return backend_->name(); }

ExecutorMemory Executor::memory() const { return backend_->memory(); }

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

/// What kernels on a GPU load at once.
constexpr std::uint64_t GPU_ALIGNMENT = 16;

void require_addresses(const detail::ExecutorBackend& backend) {
  if (backend.memory().kind != ExecutorMemory::Kind::MACHINE) return;
  throw Error(ErrorCode::INVALID_ARGUMENT,
              "the executor '" + backend.name() + "' shares no memory: its buffers are in an emulated machine");
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
Buffer<T> Buffer<T>::borrow(const Executor& executor, T* elements, std::size_t size,
                            std::shared_ptr<const void> owner) {
  require_addresses(*executor.backend_);
  static_cast<void>(bytes_of<T>(size));
  const auto address = std::bit_cast<std::uint64_t>(elements);
  const bool is_on_gpu = executor.memory().kind == ExecutorMemory::Kind::GPU;
  const std::uint64_t alignment = is_on_gpu ? GPU_ALIGNMENT : alignof(T);
  if (address % alignment != 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT, "borrowed elements must begin at a multiple of " +
                                                 std::to_string(alignment) + " bytes on the executor '" +
                                                 executor.name() + "'; they may be copied");
  }
  return Buffer(executor.backend_, address, size, std::move(owner));
}

template <class T>
Buffer<T>::~Buffer() {
  if (backend_ != nullptr && !is_borrowed_) backend_->release(address_, size_ * sizeof(T));
}

template <class T>
T* Buffer<T>::data() {
  if (backend_ == nullptr) throw Error(ErrorCode::INVALID_ARGUMENT, "data: a buffer has been moved from");
  require_addresses(*backend_);
  return std::bit_cast<T*>(address_);
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
