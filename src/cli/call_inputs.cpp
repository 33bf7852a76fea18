#include "cli/call_inputs.hpp"

#include <fmt/format.h>

#include <string_view>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

constexpr std::string_view BLANKS = " \t\v\f\r";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t start = line.find_first_not_of(BLANKS); start != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(BLANKS, start), line.size());
    words.push_back(line.substr(start, end - start));
    start = line.find_first_not_of(BLANKS, end);
  }
  return words;
}

std::string count_of(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::vector<CallArgument> CallBatch::arguments(const CallSignature& signature) const {
  std::vector<CallArgument> arguments;
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    const CallArgument::Kind kind = kind_of(signature.parameters[i]);
    arguments.push_back(first_ ? CallArgument::counting_from(kind, *first_) : CallArgument(kind, values_[i]));
  }
  return arguments;
}

CallInputs::CallInputs(const InputSource& source, const std::optional<CallSignature>& signature,
                       std::uint64_t count_without_source) {
  switch (source.kind) {
    case InputSource::Kind::NONE:
      signature_ = signature.value_or(integer_signature(1));
      if (!signature_.parameters.empty()) {
        throw Error(ErrorCode::INVALID_ARGUMENT,
                    "a function of type " + signature_.to_string() +
                        " needs --inputs; one without parameters, for instance --signature 'u64()', does not");
      }
      count_ = count_without_source;
      break;
    case InputSource::Kind::RANGE:
      signature_ = signature.value_or(integer_signature(1));
      check_range(source.range);
      count_ = source.range.count();
      next_integer_ = static_cast<std::uint64_t>(source.range.first);
      break;
    case InputSource::Kind::FILE:
      if (signature) signature_ = *signature;
      lines_.emplace(source.path);
      check_lines(signature.has_value());
      break;
    case InputSource::Kind::FOLDER:
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  source.path + " is a folder: the inputs of calls are a range FIRST:END or a file's lines");
  }
}

void CallInputs::check_range(const IntegerRange& range) const {
  if (signature_.parameters.size() != 1) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("a range is the only argument of a call, and {} takes {}; a file's lines may have several",
                            signature_.to_string(), count_of(signature_.parameters.size(), "argument")));
  }
  const unsigned bits = bits_of(signature_.parameters.front());
  if (range.first < -(WideInteger{1} << (bits - 1)) || range.end > WideInteger{1} << bits) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                fmt::format("the range goes beyond the {} bits of {}", bits, name_of(signature_.parameters.front())));
  }
}

void CallInputs::check_lines(bool has_signature) {
  while (lines_->next()) {
    if (count_ == 0 && !has_signature) {
      const std::size_t parameters = words_of(lines_->line()).size();
      if (parameters == 0) lines_->fail("there are no values");
      if (parameters > MOST_PARAMETERS_OF_A_KIND) {
        lines_->fail(fmt::format("there are {}, and only {} are passed in registers", count_of(parameters, "value"),
                                 MOST_PARAMETERS_OF_A_KIND));
      }
      signature_ = integer_signature(parameters);
    }
    static_cast<void>(parse_line());
    ++count_;
  }
  if (count_ == 0) throw Error(ErrorCode::INVALID_ARGUMENT, lines_->path() + " has no lines");
  lines_->rewind();
}

std::vector<std::uint64_t> CallInputs::parse_line() const {
  const std::vector<std::string_view> words = words_of(lines_->line());
  const std::vector<ValueType>& parameters = signature_.parameters;
  if (words.size() != parameters.size()) {
    lines_->fail(fmt::format("there {} {}, and {} takes {}", words.size() == 1 ? "is" : "are",
                             count_of(words.size(), "value"), signature_.to_string(), parameters.size()));
  }
  std::vector<std::uint64_t> values;
  try {
    for (std::size_t i = 0; i < words.size(); ++i) values.push_back(parse_value(words[i], parameters[i]));
  } catch (const Error& error) {
    lines_->fail(error.what());
  }
  return values;
}

CallBatch CallInputs::next(std::uint64_t lanes) {
  if (next_integer_) {
    const std::uint64_t first = *next_integer_;
    *next_integer_ += lanes;
    return CallBatch::counting_from(first);
  }
  std::vector<std::vector<std::uint64_t>> values(signature_.parameters.size());
  for (std::vector<std::uint64_t>& of_parameter : values) of_parameter.reserve(lanes);
  for (std::uint64_t lane = 0; lines_ && lane < lanes; ++lane) {
    if (!lines_->next()) {
      throw Error(ErrorCode::FILE_UNREADABLE, lines_->path() + " became shorter while it was read");
    }
    const std::vector<std::uint64_t> line = parse_line();
    for (std::size_t i = 0; i < line.size(); ++i) values[i].push_back(line[i]);
  }
  return CallBatch::of_values(std::move(values));
}

}  // namespace armillion::cli
