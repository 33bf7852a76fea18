#pragma once

#include <sys/types.h>

#include <string>

#include "guest/protocol.h"

namespace armillion::conformance {

/// Runs batches of tests on the guest runner under `qemu-aarch64`, in a process of its own.
class QemuOracle {
 public:
  /// Starts the emulator; std::runtime_error where that does not work.
  explicit QemuOracle(const std::string& runner_path);
  ~QemuOracle();
  QemuOracle(const QemuOracle&) = delete;
  QemuOracle& operator=(const QemuOracle&) = delete;

  /// The major version of the `qemu-aarch64` that is run; std::runtime_error where it does not say.
  static int major_version();

  /// The batch that the guest sees: fill it in, then call `run`.
  Batch& batch() { return *batch_; }

  /// Runs the batch; its tests hold the states afterwards when this returns. False where the emulator died or did not
  /// answer within a minute: this oracle is of no more use then.
  bool run();

 private:
  Batch* batch_ = nullptr;
  pid_t process_ = -1;
  int doorbell_ = -1;
  int answer_ = -1;
};

}  // namespace armillion::conformance
