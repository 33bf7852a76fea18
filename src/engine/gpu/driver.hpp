#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The NVIDIA driver API, opened at run time: neither building nor running Armillion needs CUDA. The declarations are
// ours; names and values are those of the CUDA Driver API reference.
namespace armillion::engine::gpu::cuda {

enum class Result : int {
  SUCCESS = 0,
  OUT_OF_MEMORY = 2,
  DEVICE_UNAVAILABLE = 46,
  NO_DEVICE = 100,
  INVALID_IMAGE = 200,
  NO_BINARY_FOR_GPU = 209,
  ECC_UNCORRECTABLE = 214,
  NVLINK_UNCORRECTABLE = 220,
  JIT_COMPILER_NOT_FOUND = 221,
  UNSUPPORTED_PTX_VERSION = 222,
  CONTAINED = 226,
  NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_TIMEOUT = 702,
  CONTEXT_IS_DESTROYED = 709,
  ASSERT = 710,
  HARDWARE_STACK_ERROR = 714,
  LAUNCH_FAILED = 719,
};

enum class Attribute : int {
  MULTIPROCESSOR_COUNT = 16,
  COMPUTE_CAPABILITY_MAJOR = 75,
  COMPUTE_CAPABILITY_MINOR = 76,
  MAX_SHARED_MEMORY_PER_MULTIPROCESSOR = 81,
  VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED = 102,
};

enum class Limit : int { STACK_SIZE = 0 };

enum class Granularity : int { MINIMUM = 0 };

enum class JitOption : int { MAX_REGISTERS = 0, ERROR_LOG_BUFFER = 5, ERROR_LOG_BUFFER_SIZE_BYTES = 6 };
enum class JitInput : int { PTX = 1 };

inline constexpr unsigned STREAM_NON_BLOCKING = 1;
inline constexpr unsigned EVENT_DEFAULT = 0;
inline constexpr unsigned HOST_ALLOC_PORTABLE = 1;
inline constexpr unsigned HOST_ALLOC_DEVICE_MAP = 2;

struct MemoryLocation {
  enum class Type : int { DEVICE = 1 };
  Type type;
  int id;
};

struct AllocationProperties {
  enum class Type : int { PINNED = 1 };
  Type type;
  int requested_handle_types;
  MemoryLocation location;
  void* windows_metadata;
  unsigned char flags[8];
};
static_assert(sizeof(AllocationProperties) == 32);

struct AccessDescription {
  enum class Flags : int { READ_WRITE = 3 };
  MemoryLocation location;
  Flags flags;
};
static_assert(sizeof(AccessDescription) == 12);

using Device = int;
using DevicePointer = unsigned long long;
using AllocationHandle = unsigned long long;
using Context = struct OpaqueContext*;
using Stream = struct OpaqueStream*;
using Event = struct OpaqueEvent*;
using Module = struct OpaqueModule*;
using Function = struct OpaqueFunction*;
using LinkState = struct OpaqueLinkState*;

/// The opened driver: its functions are called as members, `driver.cuMemAlloc_v2(&address, bytes)`.
class Driver {
 public:
  /// This process's driver, opened by the first call. Error(UNAVAILABLE) where there is none that works; a later call
  /// tries again.
  static const Driver& get();

  /// Opens `library`, which stays open until the process ends.
  explicit Driver(const char* library);

  /// Throws where `result` is a failure: Error(OUT_OF_MEMORY) or Error(UNAVAILABLE), with the driver's text.
  /// `what` was being done: "waiting for a kernel".
  void check(Result result, std::string_view what) const {
    if (result != Result::SUCCESS) fail(result, what);
  }
  [[noreturn]] void fail(Result result, std::string_view what) const;

  /// The driver's name and explanation of a result: "CUDA_ERROR_OUT_OF_MEMORY, out of memory".
  std::string describe(Result result) const;

#define ARMILLION_DRIVER_FUNCTION(name, ...) Result (*name)(__VA_ARGS__) = nullptr;
#include "engine/gpu/driver_functions.inc"
#undef ARMILLION_DRIVER_FUNCTION
};

/// Whether no call on the context can succeed any more after this result.
bool is_device_lost(Result result);

/// What the driver says of one GPU.
struct GpuInfo {
  /// The driver's number of it: 0 and up.
  int index = 0;
  std::string name;
  std::uint64_t memory_bytes = 0;
  int multiprocessors = 0;
  int compute_major = 0;
  int compute_minor = 0;
  int shared_memory_per_multiprocessor_bytes = 0;
  /// The newest CUDA that the driver supports: 1000 * major + 10 * minor.
  int driver_version = 0;
  /// The driver's version in words: "580.65.06 (CUDA 13.0)"; without the first number where the system hides it.
  std::string driver;

  /// "9.0".
  std::string compute_capability() const;
};

/// The GPUs of this machine, in the driver's order; none where there is no working driver.
std::vector<GpuInfo> gpus();

/// Why `gpus` is empty, in words that say what is missing; empty where it is not.
std::string why_no_gpu();

}  // namespace armillion::engine::gpu::cuda
