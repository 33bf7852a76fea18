#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "armillion/tensor.hpp"
#include "engine/gpu/backend.hpp"
#include "engine/interpreter/interpreter.hpp"
#include "engine/tensor/decode.hpp"
#include "engine/tensor/device/layout.hpp"
#include "guest/address_space.hpp"

namespace armillion::engine::tensor {

/// Executes a machine in batches on a device: one block of threads works through batches until the run ends, or an
/// instruction comes that a batch cannot hold, which the host's interpreter executes. Between runs the host's memory
/// and state are the truth, as in `gpu::DeviceMachine`; all that is mapped stands in the device's memory while it runs.
class TensorDevice {
 public:
  /// `interpreter` and `memory` are the machine's and outlive this; a batch has 1 to `LARGEST_BATCH` instructions.
  TensorDevice(std::unique_ptr<gpu::Backend> backend, Interpreter& interpreter, guest::AddressSpace& memory,
               std::uint32_t batch);

  std::string name() const { return backend_->name(); }

  /// As `Interpreter::run`. Where there are hooks, watchpoints or breakpoints, the interpreter does all of it.
  /// Error(UNAVAILABLE) and Error(OUT_OF_MEMORY) as `gpu::DeviceMachine::run`.
  Interpreter::Outcome run(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                           const Interpreter::Poll& poll);

  TensorStatistics statistics() const;

 private:
  struct RegionCopy {
    std::uint64_t start;
    std::uint64_t end;
    Permissions permissions;
    friend bool operator==(const RegionCopy&, const RegionCopy&) = default;
  };

  void allocate_arrays();
  void upload();
  void load();
  void upload_page(std::uint64_t address, const std::byte* bytes);
  void download();
  void launch(std::uint64_t limit, const Interpreter::Poll& poll);
  Interpreter::Outcome step(std::uint64_t limit, std::uint64_t& retired, Interpreter::Start start,
                            const Interpreter::Poll& poll);
  void decode_page(std::uint64_t page_address);
  void insert(std::uint32_t word);
  void upload_decoded();

  std::unique_ptr<gpu::Backend> backend_;
  Interpreter& interpreter_;
  guest::AddressSpace& memory_;
  BatchDecoder decoder_;

  // On the device.
  std::unique_ptr<gpu::DeviceMemory> arrays_;
  std::unique_ptr<gpu::DeviceMemory> guest_bytes_;
  std::unique_ptr<gpu::DeviceMemory> dirty_;
  std::unique_ptr<gpu::DeviceMemory> regions_memory_;
  std::unique_ptr<gpu::DeviceMemory> decoded_memory_;
  std::unique_ptr<gpu::DeviceMemory> run_memory_;
  std::unique_ptr<gpu::MappedMemory> call_;
  DeviceRun run_{};

  /// What the device has.
  guest::MemorySnapshot synced_;
  std::vector<RegionCopy> regions_;
  std::vector<DecodedWord> decoded_;
  std::size_t decoded_count_ = 0;
  bool decoded_changed_ = false;
  /// What the host wanted while the device ran.
  StopReason called_ = StopReason::RUNNING;
  std::uint64_t instructions_in_batches_ = 0;
  std::uint64_t instructions_single_ = 0;
};

}  // namespace armillion::engine::tensor
