// A driver of one GPU that is not there, for tests on machines without any: the part of the NVIDIA driver API that
// Armillion calls, over host memory. It checks what the real one leaves undefined or finds late: each call needs a
// current context, each address has to lie in live memory. Kernels are looked up and launched, and do nothing.
//
// Environment, read at each call:
//   FAKE_CUDA_MEMORY_BYTES   the GPU's memory; 1 GiB where it is not set
//   FAKE_CUDA_FAIL           symbol:error,symbol:error...: these functions fail with these numbers
//   FAKE_CUDA_RANGES=0       the GPU has no virtual memory management
//   FAKE_CUDA_LOG            a file that gets a line with the symbol for each call

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#define FAKE_CUDA_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using Result = int;
using Address = unsigned long long;

constexpr Result SUCCESS = 0;
constexpr Result INVALID_VALUE = 1;
constexpr Result OUT_OF_MEMORY = 2;
constexpr Result NOT_INITIALIZED = 3;
constexpr Result INVALID_DEVICE = 101;
constexpr Result INVALID_IMAGE = 200;
constexpr Result INVALID_CONTEXT = 201;
constexpr Result INVALID_PTX = 218;
constexpr Result INVALID_HANDLE = 400;
constexpr Result NOT_FOUND = 500;

constexpr std::size_t GRANULARITY = 2 << 20;
constexpr int MULTIPROCESSORS = 4;
constexpr int WARPS_PER_MULTIPROCESSOR = 16;
// What compiled code begins with; the PTX follows, and its NUL ends it.
constexpr std::string_view BINARY_MAGIC = "fake binary\n";

// Memory that was made for an address range: counted until it is neither held by its handle nor mapped.
struct Allocation {
  std::size_t bytes;
  int references;
};

struct Mapping {
  std::size_t bytes;
  Address allocation;
  bool is_accessible;
};

struct Link {
  std::string ptx;
  std::string binary;
};

struct Kernel {
  std::string name;
};

struct Module {
  std::string code;
  std::map<std::string, Kernel> kernels;
};

struct Stream {};

struct Gpu {
  std::mutex mutex;
  bool is_initialized = false;
  int context_references = 0;
  std::size_t stack_bytes = 1024;
  std::size_t used_bytes = 0;
  // All by address.
  std::map<Address, std::size_t> memory;
  std::map<Address, std::size_t> host_memory;
  std::map<Address, std::size_t> ranges;
  std::map<Address, Mapping> mappings;
  std::map<Address, Allocation> allocations;
  std::map<const void*, std::unique_ptr<Module>> modules;
  std::map<const void*, std::unique_ptr<Link>> links;
  std::map<const void*, std::unique_ptr<Stream>> streams;
  Address next_handle = 1;
};

// Never destroyed: programs may call the driver until their end.
Gpu& gpu() {
  static Gpu& only = *new Gpu;
  return only;
}

thread_local std::vector<const void*> current_contexts;

std::size_t memory_bytes() {
  const char* text = std::getenv("FAKE_CUDA_MEMORY_BYTES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::size_t{1} << 30;
}

// The failure that the environment wants of a function.
Result wanted_failure(std::string_view symbol) {
  const char* text = std::getenv("FAKE_CUDA_FAIL");
  std::string_view rest = text != nullptr ? text : "";
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const std::size_t colon = item.find(':');
    if (item.substr(0, colon) == symbol && colon != std::string_view::npos) return std::atoi(item.data() + colon + 1);
  }
  return SUCCESS;
}

void log_call(const char* symbol) {
  const char* path = std::getenv("FAKE_CUDA_LOG");
  if (path == nullptr) return;
  if (std::FILE* file = std::fopen(path, "a")) {
    std::fprintf(file, "%s\n", symbol);
    std::fclose(file);
  }
}

enum class Needs { NOTHING, DRIVER, CONTEXT };

// How each function begins, with the lock held.
Result enter(const char* symbol, Needs needs) {
  log_call(symbol);
  if (const Result failure = wanted_failure(symbol); failure != SUCCESS) return failure;
  if (needs != Needs::NOTHING && !gpu().is_initialized) return NOT_INITIALIZED;
  if (needs == Needs::CONTEXT && current_contexts.empty()) return INVALID_CONTEXT;
  return SUCCESS;
}

#define ENTER(needs)                        \
  const std::scoped_lock lock(gpu().mutex); \
  if (const Result failure = enter(__func__, needs); failure != SUCCESS) return failure

template <class Map>
bool lies_in(const Map& blocks, Address address, std::size_t bytes) {
  auto block = blocks.upper_bound(address);
  if (block == blocks.begin()) return false;
  --block;
  return address - block->first <= block->second && bytes <= block->second - (address - block->first);
}

// Whether all of it is mapped and accessible; neighbouring mappings count as one.
bool is_mapped(Address address, std::size_t bytes) {
  const auto& mappings = gpu().mappings;
  auto mapping = mappings.upper_bound(address);
  if (mapping == mappings.begin()) return false;
  --mapping;
  Address next = mapping->first;
  for (; mapping != mappings.end() && mapping->first == next && mapping->second.is_accessible; ++mapping) {
    next += mapping->second.bytes;
    if (next >= address + bytes) return true;
  }
  return false;
}

bool is_device_memory(Address address, std::size_t bytes) {
  return lies_in(gpu().memory, address, bytes) || lies_in(gpu().host_memory, address, bytes) ||
         is_mapped(address, bytes);
}

bool take_memory(std::size_t bytes) {
  if (bytes > memory_bytes() || gpu().used_bytes > memory_bytes() - bytes) return false;
  gpu().used_bytes += bytes;
  return true;
}

void drop_reference(std::map<Address, Allocation>::iterator allocation) {
  if (--allocation->second.references > 0) return;
  gpu().used_bytes -= allocation->second.bytes;
  gpu().allocations.erase(allocation);
}

template <class Object>
bool is_live(const std::map<const void*, std::unique_ptr<Object>>& objects, const void* object) {
  return objects.contains(object);
}

bool is_multiple(std::size_t bytes) { return bytes > 0 && bytes % GRANULARITY == 0; }

void* as_pointer(Address address) { return reinterpret_cast<void*>(address); }
Address as_address(const void* pointer) { return reinterpret_cast<Address>(pointer); }

}  // namespace

// Process and devices.

FAKE_CUDA_EXPORT Result cuInit(unsigned) {
  ENTER(Needs::NOTHING);
  gpu().is_initialized = true;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuDriverGetVersion(int* version) {
  ENTER(Needs::NOTHING);
  *version = 13000;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuGetErrorName(Result result, const char** name) {
  switch (result) {
    case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return SUCCESS;
    case INVALID_PTX: *name = "CUDA_ERROR_INVALID_PTX"; return SUCCESS;
    case 100: *name = "CUDA_ERROR_NO_DEVICE"; return SUCCESS;
    case 719: *name = "CUDA_ERROR_LAUNCH_FAILED"; return SUCCESS;
    default: *name = nullptr; return INVALID_VALUE;
  }
}

FAKE_CUDA_EXPORT Result cuGetErrorString(Result result, const char** text) {
  switch (result) {
    case OUT_OF_MEMORY: *text = "out of memory"; return SUCCESS;
    case INVALID_PTX: *text = "no PTX"; return SUCCESS;
    case 100: *text = "no device"; return SUCCESS;
    case 719: *text = "launch failed"; return SUCCESS;
    default: *text = nullptr; return INVALID_VALUE;
  }
}

FAKE_CUDA_EXPORT Result cuDeviceGetCount(int* count) {
  ENTER(Needs::DRIVER);
  *count = 1;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuDeviceGet(int* device, int index) {
  ENTER(Needs::DRIVER);
  if (index != 0) return INVALID_DEVICE;
  *device = 0;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuDeviceGetName(char* name, int name_bytes, int device) {
  ENTER(Needs::DRIVER);
  if (device != 0) return INVALID_DEVICE;
  std::snprintf(name, static_cast<std::size_t>(name_bytes), "Fake GPU");
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
  ENTER(Needs::DRIVER);
  if (device != 0) return INVALID_DEVICE;
  *bytes = memory_bytes();
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuDeviceGetAttribute(int* value, int attribute, int device) {
  ENTER(Needs::DRIVER);
  if (device != 0) return INVALID_DEVICE;
  const char* ranges = std::getenv("FAKE_CUDA_RANGES");
  switch (attribute) {
    case 16: *value = MULTIPROCESSORS; return SUCCESS;
    case 75: *value = 9; return SUCCESS;
    case 76: *value = 0; return SUCCESS;
    case 81: *value = 228 << 10; return SUCCESS;
    case 102: *value = ranges != nullptr && std::string_view(ranges) == "0" ? 0 : 1; return SUCCESS;
    default: return INVALID_VALUE;
  }
}

// Contexts and streams.

FAKE_CUDA_EXPORT Result cuDevicePrimaryCtxRetain(const void** context, int device) {
  ENTER(Needs::DRIVER);
  if (device != 0) return INVALID_DEVICE;
  ++gpu().context_references;
  *context = &gpu();
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER(Needs::DRIVER);
  if (device != 0) return INVALID_DEVICE;
  if (gpu().context_references == 0) return INVALID_CONTEXT;
  --gpu().context_references;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuCtxPushCurrent_v2(const void* context) {
  ENTER(Needs::DRIVER);
  if (context != &gpu() || gpu().context_references == 0) return INVALID_CONTEXT;
  current_contexts.push_back(context);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuCtxPopCurrent_v2(const void** context) {
  ENTER(Needs::CONTEXT);
  *context = current_contexts.back();
  current_contexts.pop_back();
  return SUCCESS;
}

// The only limit that there is: a thread's stack.
FAKE_CUDA_EXPORT Result cuCtxGetLimit(std::size_t* value, int limit) {
  ENTER(Needs::CONTEXT);
  if (limit != 0) return INVALID_VALUE;
  *value = gpu().stack_bytes;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuCtxSetLimit(int limit, std::size_t value) {
  ENTER(Needs::CONTEXT);
  if (limit != 0) return INVALID_VALUE;
  gpu().stack_bytes = value;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuStreamCreate(const void** stream, unsigned) {
  ENTER(Needs::CONTEXT);
  auto made = std::make_unique<Stream>();
  *stream = made.get();
  gpu().streams[*stream] = std::move(made);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuStreamDestroy_v2(const void* stream) {
  ENTER(Needs::CONTEXT);
  return gpu().streams.erase(stream) == 1 ? SUCCESS : INVALID_HANDLE;
}

FAKE_CUDA_EXPORT Result cuStreamQuery(const void* stream) {
  ENTER(Needs::CONTEXT);
  return is_live(gpu().streams, stream) ? SUCCESS : INVALID_HANDLE;
}

FAKE_CUDA_EXPORT Result cuStreamSynchronize(const void* stream) {
  ENTER(Needs::CONTEXT);
  return is_live(gpu().streams, stream) ? SUCCESS : INVALID_HANDLE;
}

// Memory.

FAKE_CUDA_EXPORT Result cuMemGetInfo_v2(std::size_t* free_bytes, std::size_t* total_bytes) {
  ENTER(Needs::CONTEXT);
  *free_bytes = memory_bytes() - std::min(memory_bytes(), gpu().used_bytes);
  *total_bytes = memory_bytes();
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemAlloc_v2(Address* address, std::size_t bytes) {
  ENTER(Needs::CONTEXT);
  if (bytes == 0) return INVALID_VALUE;
  if (!take_memory(bytes)) return OUT_OF_MEMORY;
  void* block = std::malloc(bytes);
  std::memset(block, 0xCD, bytes);  // as good as anything, and never the zeros that somebody forgot to write
  *address = as_address(block);
  gpu().memory[*address] = bytes;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemFree_v2(Address address) {
  ENTER(Needs::CONTEXT);
  const auto block = gpu().memory.find(address);
  if (block == gpu().memory.end()) return INVALID_VALUE;
  gpu().used_bytes -= block->second;
  gpu().memory.erase(block);
  std::free(as_pointer(address));
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemHostAlloc(void** address, std::size_t bytes, unsigned flags) {
  ENTER(Needs::CONTEXT);
  if (bytes == 0 || (flags & 2) == 0) return INVALID_VALUE;
  *address = std::malloc(bytes);
  std::memset(*address, 0xCD, bytes);
  gpu().host_memory[as_address(*address)] = bytes;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemFreeHost(void* address) {
  ENTER(Needs::CONTEXT);
  if (gpu().host_memory.erase(as_address(address)) == 0) return INVALID_VALUE;
  std::free(address);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemHostGetDevicePointer_v2(Address* device_address, void* address, unsigned flags) {
  ENTER(Needs::CONTEXT);
  if (flags != 0 || !gpu().host_memory.contains(as_address(address))) return INVALID_VALUE;
  *device_address = as_address(address);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemcpyHtoDAsync_v2(Address destination, const void* source, std::size_t bytes,
                                             const void* stream) {
  ENTER(Needs::CONTEXT);
  if (!is_live(gpu().streams, stream)) return INVALID_HANDLE;
  if (!is_device_memory(destination, bytes)) return INVALID_VALUE;
  std::memcpy(as_pointer(destination), source, bytes);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemcpyDtoHAsync_v2(void* destination, Address source, std::size_t bytes, const void* stream) {
  ENTER(Needs::CONTEXT);
  if (!is_live(gpu().streams, stream)) return INVALID_HANDLE;
  if (!is_device_memory(source, bytes)) return INVALID_VALUE;
  std::memcpy(destination, as_pointer(source), bytes);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemsetD8Async(Address destination, unsigned char value, std::size_t bytes,
                                        const void* stream) {
  ENTER(Needs::CONTEXT);
  if (!is_live(gpu().streams, stream)) return INVALID_HANDLE;
  if (!is_device_memory(destination, bytes)) return INVALID_VALUE;
  std::memset(as_pointer(destination), value, bytes);
  return SUCCESS;
}

// Address ranges whose memory is added later.

struct FakeAllocationProperties {
  int type;
  int requested_handle_types;
  int location_type;
  int location_id;
  void* windows_metadata;
  unsigned char flags[8];
};

FAKE_CUDA_EXPORT Result cuMemGetAllocationGranularity(std::size_t* bytes, const FakeAllocationProperties* properties,
                                                      int) {
  ENTER(Needs::DRIVER);
  if (properties->type != 1 || properties->location_type != 1) return INVALID_VALUE;
  *bytes = GRANULARITY;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemAddressReserve(Address* address, std::size_t bytes, std::size_t, Address,
                                            unsigned long long flags) {
  ENTER(Needs::DRIVER);
  if (!is_multiple(bytes) || flags != 0) return INVALID_VALUE;
  void* range = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return OUT_OF_MEMORY;
  *address = as_address(range);
  gpu().ranges[*address] = bytes;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemAddressFree(Address address, std::size_t bytes) {
  ENTER(Needs::DRIVER);
  const auto range = gpu().ranges.find(address);
  if (range == gpu().ranges.end() || range->second != bytes) return INVALID_VALUE;
  const auto mapping = gpu().mappings.lower_bound(address);
  if (mapping != gpu().mappings.end() && mapping->first < address + bytes) return INVALID_VALUE;
  munmap(as_pointer(address), bytes);
  gpu().ranges.erase(range);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemCreate(Address* handle, std::size_t bytes, const FakeAllocationProperties* properties,
                                    unsigned long long flags) {
  ENTER(Needs::DRIVER);
  if (!is_multiple(bytes) || flags != 0) return INVALID_VALUE;
  if (properties->type != 1 || properties->location_type != 1 || properties->location_id != 0) return INVALID_VALUE;
  if (!take_memory(bytes)) return OUT_OF_MEMORY;
  *handle = gpu().next_handle++;
  gpu().allocations[*handle] = {bytes, 1};
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemRelease(Address handle) {
  ENTER(Needs::DRIVER);
  const auto allocation = gpu().allocations.find(handle);
  if (allocation == gpu().allocations.end()) return INVALID_VALUE;
  drop_reference(allocation);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemMap(Address address, std::size_t bytes, std::size_t offset, Address handle,
                                 unsigned long long flags) {
  ENTER(Needs::DRIVER);
  const auto allocation = gpu().allocations.find(handle);
  if (allocation == gpu().allocations.end() || allocation->second.bytes != bytes) return INVALID_VALUE;
  if (offset != 0 || flags != 0 || !lies_in(gpu().ranges, address, bytes)) return INVALID_VALUE;
  const auto next = gpu().mappings.lower_bound(address);
  if (next != gpu().mappings.end() && next->first < address + bytes) return INVALID_VALUE;
  ++allocation->second.references;
  gpu().mappings[address] = {bytes, handle, false};
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuMemUnmap(Address address, std::size_t bytes) {
  ENTER(Needs::DRIVER);
  std::size_t unmapped_bytes = 0;
  while (unmapped_bytes < bytes) {
    const auto mapping = gpu().mappings.find(address + unmapped_bytes);
    if (mapping == gpu().mappings.end()) return INVALID_VALUE;
    unmapped_bytes += mapping->second.bytes;
    drop_reference(gpu().allocations.find(mapping->second.allocation));
    gpu().mappings.erase(mapping);
  }
  mmap(as_pointer(address), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return SUCCESS;
}

struct FakeAccessDescription {
  int location_type;
  int location_id;
  int flags;
};

FAKE_CUDA_EXPORT Result cuMemSetAccess(Address address, std::size_t bytes, const FakeAccessDescription* access,
                                       std::size_t count) {
  ENTER(Needs::DRIVER);
  const auto mapping = gpu().mappings.find(address);
  if (mapping == gpu().mappings.end() || mapping->second.bytes != bytes) return INVALID_VALUE;
  if (count != 1 || access->location_type != 1 || access->location_id != 0 || access->flags != 3) return INVALID_VALUE;
  mprotect(as_pointer(address), bytes, PROT_READ | PROT_WRITE);
  mapping->second.is_accessible = true;
  return SUCCESS;
}

// Code.

FAKE_CUDA_EXPORT Result cuLinkCreate_v2(unsigned option_count, int* options, void** values, const void** state) {
  ENTER(Needs::CONTEXT);
  for (unsigned i = 0; i < option_count; ++i) {
    // 5 is the buffer of the error log.
    if (options[i] == 5) std::strcpy(static_cast<char*>(values[i]), "");
  }
  auto link = std::make_unique<Link>();
  *state = link.get();
  gpu().links[*state] = std::move(link);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuLinkAddData_v2(const void* state, int type, void* data, std::size_t bytes, const char*,
                                         unsigned, int*, void**) {
  ENTER(Needs::CONTEXT);
  const auto link = gpu().links.find(state);
  if (link == gpu().links.end()) return INVALID_HANDLE;
  const auto* text = static_cast<const char*>(data);
  if (type != 1 || bytes == 0 || text[bytes - 1] != '\0') return INVALID_VALUE;
  link->second->ptx += text;
  return std::string_view(text).contains(".version") ? SUCCESS : INVALID_PTX;
}

FAKE_CUDA_EXPORT Result cuLinkComplete(const void* state, void** binary, std::size_t* bytes) {
  ENTER(Needs::CONTEXT);
  const auto link = gpu().links.find(state);
  if (link == gpu().links.end()) return INVALID_HANDLE;
  if (!link->second->ptx.contains(".entry")) return INVALID_PTX;
  std::string& made = link->second->binary;
  made = std::string(BINARY_MAGIC) + link->second->ptx;
  *binary = made.data();
  *bytes = made.size() + 1;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuLinkDestroy(const void* state) {
  ENTER(Needs::CONTEXT);
  return gpu().links.erase(state) == 1 ? SUCCESS : INVALID_HANDLE;
}

FAKE_CUDA_EXPORT Result cuModuleLoadData(const void** module, const void* image) {
  ENTER(Needs::CONTEXT);
  if (std::strncmp(static_cast<const char*>(image), BINARY_MAGIC.data(), BINARY_MAGIC.size()) != 0) {
    return INVALID_IMAGE;
  }
  auto made = std::make_unique<Module>();
  made->code = static_cast<const char*>(image);
  *module = made.get();
  gpu().modules[*module] = std::move(made);
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuModuleUnload(const void* module) {
  ENTER(Needs::CONTEXT);
  return gpu().modules.erase(module) == 1 ? SUCCESS : INVALID_HANDLE;
}

FAKE_CUDA_EXPORT Result cuModuleGetFunction(const void** function, const void* module, const char* name) {
  ENTER(Needs::CONTEXT);
  const auto found = gpu().modules.find(module);
  if (found == gpu().modules.end()) return INVALID_HANDLE;
  if (!found->second->code.contains(std::string(".entry ") + name + "(")) return NOT_FOUND;
  Kernel& kernel = found->second->kernels[name];
  kernel.name = name;
  *function = &kernel;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function,
                                                                    int block_threads, std::size_t) {
  ENTER(Needs::CONTEXT);
  if (function == nullptr || block_threads != 32) return INVALID_VALUE;
  *blocks = WARPS_PER_MULTIPROCESSOR;
  return SUCCESS;
}

FAKE_CUDA_EXPORT Result cuLaunchKernel(const void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                                       unsigned block_x, unsigned block_y, unsigned block_z, unsigned,
                                       const void* stream, void** parameters, void** extra) {
  ENTER(Needs::CONTEXT);
  if (!is_live(gpu().streams, stream)) return INVALID_HANDLE;
  const bool is_sound = function != nullptr && grid_x > 0 && grid_y == 1 && grid_z == 1 && block_x > 0 &&
                        block_x <= 1024 && block_y == 1 && block_z == 1 && extra == nullptr;
  if (!is_sound) return INVALID_VALUE;
  Address argument = 0;
  std::memcpy(&argument, parameters[0], sizeof argument);
  return is_device_memory(argument, 1) ? SUCCESS : INVALID_VALUE;
}
