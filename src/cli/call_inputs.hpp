#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "armillion/fleet.hpp"
#include "cli/call_signature.hpp"
#include "cli/input_source.hpp"
#include "cli/line_reader.hpp"

namespace armillion::cli {

/// The arguments of one call in every lane.
class CallBatch {
 public:
  /// Lane k's only argument is `first + k`.
  static CallBatch counting_from(std::uint64_t first) {
    CallBatch batch;
    batch.first_ = first;
    return batch;
  }
  /// The values of each parameter, one for each lane.
  static CallBatch of_values(std::vector<std::vector<std::uint64_t>> values) {
    CallBatch batch;
    batch.values_ = std::move(values);
    return batch;
  }

  /// Valid as long as this batch is.
  std::vector<CallArgument> arguments(const CallSignature& signature) const;
  std::uint64_t value(std::uint64_t lane, std::size_t parameter) const {
    return first_ ? *first_ + lane : values_[parameter][lane];
  }

 private:
  std::optional<std::uint64_t> first_;
  std::vector<std::vector<std::uint64_t>> values_;
};

/// The inputs of calls, batch by batch: a range's integers or a file's lines. However many they are, only a batch is in
/// memory.
class CallInputs {
 public:
  /// Where there is no signature, functions take and return 64-bit integers: one from a range, as many as the first
  /// line has from a file. Where there is no source, there are `count_without_source` calls of a function without
  /// parameters. All inputs are checked: Error(INVALID_ARGUMENT) for a range that does not fit the signature, or for a
  /// line, which it names.
  CallInputs(const InputSource& source, const std::optional<CallSignature>& signature,
             std::uint64_t count_without_source);

  const CallSignature& signature() const { return signature_; }
  std::uint64_t count() const { return count_; }
  /// The next `lanes` inputs. There must be as many.
  CallBatch next(std::uint64_t lanes);

 private:
  void check_range(const IntegerRange& range) const;
  // Counts the lines and checks each.
  void check_lines(bool has_signature);
  std::vector<std::uint64_t> parse_line() const;

  CallSignature signature_;
  std::uint64_t count_ = 0;
  // Of the next input of a range.
  std::optional<std::uint64_t> next_integer_;
  std::optional<LineReader> lines_;
};

}  // namespace armillion::cli
