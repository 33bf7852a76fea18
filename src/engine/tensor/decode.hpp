#pragma once

#include <cstdint>
#include <vector>

#include "engine/tensor/batch_op.hpp"

namespace armillion::engine::tensor {

/// What `word` is to a batch.
BatchOp make_batch_op(std::uint32_t word);

/// `make_batch_op` with a memory: what a word is does not change, wherever and however often it stands.
class BatchDecoder {
 public:
  BatchDecoder() : entries_(ENTRIES) {}

  const BatchOp& decode(std::uint32_t word) {
    Entry& entry = entries_[word * 0x9e37'79b1u >> (32 - ENTRY_BITS)];
    if (entry.word != word) [[unlikely]]
      entry = {word, make_batch_op(word)};
    return entry.op;
  }

 private:
  static constexpr int ENTRY_BITS = 14;
  static constexpr std::size_t ENTRIES = std::size_t{1} << ENTRY_BITS;
  // Word 0 is not an instruction, and not batchable as a default-made BatchOp is not.
  struct Entry {
    std::uint32_t word = 0;
    BatchOp op;
  };
  std::vector<Entry> entries_;
};

}  // namespace armillion::engine::tensor
