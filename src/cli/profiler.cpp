#include "cli/profiler.hpp"

#include <cxxabi.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include "cli/call_stack.hpp"
#include "cli/json_text.hpp"

namespace armillion::cli {

namespace {

/// A function's name as its source has it, where the symbol is one of C++. Without their prefix other names could be
/// read as types: "i" is "int".
std::string demangled(const std::string& symbol) {
  if (!symbol.starts_with("_Z")) return symbol;
  const std::unique_ptr<char, void (*)(void*)> name{abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, nullptr),
                                                    &std::free};
  return name != nullptr ? name.get() : symbol;
}

}  // namespace

Profiler::Profiler(const Machine& machine, std::string name, const std::string& path, std::uint64_t period)
    : machine_(&machine),
      name_(std::move(name)),
      is_speedscope_(path.ends_with(".json")),
      file_(path),
      period_(period),
      until_sample_(period) {}

Profiler::Profiler(const Process& process, std::string name, const std::string& path, std::uint64_t period)
    : Profiler(process.machine(), std::move(name), path, period) {
  process_ = &process;
  main_thread_ = process.current_thread();
}

void Profiler::take_sample() {
  const SymbolTable& symbols = process_ != nullptr ? process_->symbols() : no_symbols_;
  Stack stack = {frame_number(name_)};
  if (process_ != nullptr && process_->current_thread() != main_thread_) {
    stack.push_back(frame_number(fmt::format("thread {}", process_->current_thread())));
  }
  const std::vector<std::uint64_t> addresses = call_stack(*machine_, symbols);
  for (auto address = addresses.rbegin(); address != addresses.rend(); ++address) {
    stack.push_back(frame_number(frame_name(*address)));
  }
  const auto [known, is_new] = stack_numbers_.try_emplace(stack, stacks_.size());
  if (is_new) stacks_.push_back(std::move(stack));
  samples_.push_back(known->second);
}

std::string Profiler::frame_name(std::uint64_t address) const {
  if (process_ == nullptr) return fmt::format("{:#x}", address);
  const auto location = process_->symbols().find(address);
  return location ? demangled(location->symbol->name) : "[unknown]";
}

std::uint32_t Profiler::frame_number(const std::string& name) {
  const auto [known, is_new] = frame_numbers_.try_emplace(name, static_cast<std::uint32_t>(frames_.size()));
  if (is_new) frames_.push_back(name);
  return known->second;
}

// https://github.com/brendangregg/FlameGraph: a line for each stack.
std::string Profiler::collapsed() const {
  std::vector<std::uint64_t> counts(stacks_.size());
  for (const std::size_t stack : samples_) ++counts[stack];
  std::string text;
  for (const auto& [stack, number] : stack_numbers_) {
    for (std::size_t i = 0; i < stack.size(); ++i) {
      if (i > 0) text += ';';
      // What separates frames and the count must not be part of a name.
      for (const char c : frames_[stack[i]]) text += c == ';' || c == '\n' ? ':' : c;
    }
    text += fmt::format(" {}\n", counts[number] * period_);
  }
  return text;
}

// https://www.speedscope.app/file-format-schema.json: a profile of the kind "sampled". Samples with the same stack that
// follow each other are one.
std::string Profiler::speedscope() const {
  std::string samples;
  std::string weights;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < samples_.size();) {
    std::size_t end = i + 1;
    while (end < samples_.size() && samples_[end] == samples_[i]) ++end;
    const std::uint64_t weight = (end - i) * period_;
    const char* const separator = i > 0 ? "," : "";
    fmt::format_to(std::back_inserter(samples), "{}[{}]", separator, fmt::join(stacks_[samples_[i]], ","));
    fmt::format_to(std::back_inserter(weights), "{}{}", separator, weight);
    total += weight;
    i = end;
  }
  std::string frames;
  for (const std::string& frame : frames_) {
    fmt::format_to(std::back_inserter(frames), "{}{{\"name\":{}}}", frames.empty() ? "" : ",", to_json_string(frame));
  }
  return fmt::format(
      "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"armillion\",\"name\":{0},\n"
      "\"shared\":{{\"frames\":[{1}]}},\n"
      "\"profiles\":[{{\"type\":\"sampled\",\"name\":{0},\"unit\":\"none\",\"startValue\":0,\"endValue\":{2},\n"
      "\"samples\":[{3}],\n"
      "\"weights\":[{4}]}}]}}\n",
      to_json_string(name_), frames, total, samples, weights);
}

void Profiler::write() { file_.write(is_speedscope_ ? speedscope() : collapsed()); }

}  // namespace armillion::cli
