#pragma once

#include <cstdint>

#include "engine/tensor/device/commit.hpp"
#include "engine/tensor/device/execute.hpp"
#include "engine/tensor/device/gather.hpp"
#include "engine/tensor/device/rename.hpp"

namespace armillion::engine::tensor {

/// A batch that was cut is followed by one that is twice as long as what was left of it, but not shorter than this.
inline constexpr std::uint32_t LEAST_DEVICE_WINDOW = 64;
/// How many batches, or thousands of lanes, are executed between two looks at the host's word: a look crosses the bus.
inline constexpr std::uint32_t BATCHES_PER_LOOK = 64;

/// See below. Inlined for each place where the sets of writers may be, so that their accesses are of that memory.
ARMILLION_INLINE void run_batches(DeviceRun* run, BatchShared* shared, Team team, WriterSets writers) {
  const StoredBytes stored(run->granules, &shared->stored);
  const DeviceMemory memory(run, stored);
  if (team.is_first()) {
    *run->lanes.memory = memory;
    shared->stored.epoch = run->stored_epoch;
    shared->unlooked = 0;
    shared->is_over = 0;
  }
  Gather gather(run, shared, team, memory);
  Rename rename(run, shared, team, writers);
  Execute execute(run, shared, team);
  Commit commit(run, shared, team, memory, gather, writers);
  team.barrier();
  while (true) {
    const std::uint64_t left = run->limit - run->retired;
    const std::uint32_t window = run->window;
    const std::uint32_t most = left < window ? static_cast<std::uint32_t>(left) : window;
    gather.gather(most);
    const std::uint32_t count = shared->count;
    std::uint32_t done = 0;
    std::uint32_t waves = 0;
    if (count > 0) {
      stored.renew(run->batch, team);
      rename.rename();
      waves = execute.execute();
      done = commit.commit();
    }
    team.barrier();
    if (team.is_first()) {
      shared->unlooked += 1 + count / 1024;
      const bool looks = shared->unlooked >= BATCHES_PER_LOOK;
      if (looks) shared->unlooked = 0;
      run->gathered += count;
      if (done > 0) {
        run->retired += done - shared->skipped;
        run->branches_both_ways += shared->both_ways;
        ++run->batches;
        run->waves += waves;
      }
      const std::uint32_t wanted = done == count ? window * 2 : done * 2;
      run->window = wanted < LEAST_DEVICE_WINDOW ? LEAST_DEVICE_WINDOW : wanted;
      if (run->window > run->batch) run->window = run->batch;
      if (done == 0) {
        run->stop = count > 0 ? DeviceStop::SINGLE : shared->stop_reason;
        shared->is_over = 1;
      } else if (run->retired == run->limit || (looks && load_relaxed(run->call) != 0)) {
        run->stop = DeviceStop::DONE;
        shared->is_over = 1;
      }
      run->stored_epoch = shared->stored.epoch;
    }
    team.barrier();
    if (shared->is_over != 0) return;
  }
}

/// Executes batches until the limit, the host's call, or an instruction that the host must execute: the whole run, on
/// one team of threads.
ARMILLION_INLINE void run_batches(DeviceRun* run, BatchShared* shared, Team team) {
  if (run->writer_words == nullptr) {
    run_batches(run, shared, team, WriterSets(shared->writer_words, shared->writer_summaries));
  } else {
    run_batches(run, shared, team, WriterSets(run->writer_words, shared->writer_summaries));
  }
}

}  // namespace armillion::engine::tensor
