#include "cli/tracer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "armillion/error.hpp"

namespace armillion::cli {

namespace {

[[noreturn]] void throw_unwritable(const std::string& path) {
  throw Error(ErrorCode::FILE_UNREADABLE, "the trace cannot be written to " + path + ": " + std::strerror(errno));
}

int leave_open(std::FILE* file) { return std::fflush(file); }

std::unique_ptr<std::FILE, int (*)(std::FILE*)> open_output(const std::string& path) {
  if (path == "-") return {stderr, &leave_open};
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw_unwritable(path);
  return {file, &std::fclose};
}

// Appends " name=value" for everything that differs.
void append_changes(std::string& line, const State& before, const State& after) {
  auto out = std::back_inserter(line);
  for (int i = 0; i < 31; ++i) {
    if (before.x[i] != after.x[i]) fmt::format_to(out, " x{}={:#x}", i, after.x[i]);
  }
  if (before.sp != after.sp) fmt::format_to(out, " sp={:#x}", after.sp);
  if (before.nzcv() != after.nzcv()) {
    fmt::format_to(out, " nzcv={}{}{}{}", after.n ? 'N' : '-', after.z ? 'Z' : '-', after.c ? 'C' : '-',
                   after.v ? 'V' : '-');
  }
  for (int i = 0; i < 32; ++i) {
    if (before.vectors[i] != after.vectors[i]) {
      fmt::format_to(out, " v{}=0x{:016x}{:016x}", i, after.vectors[i].high, after.vectors[i].low);
    }
  }
  if (before.fpcr != after.fpcr) fmt::format_to(out, " fpcr={:#x}", after.fpcr);
  if (before.fpsr != after.fpsr) fmt::format_to(out, " fpsr={:#x}", after.fpsr);
  if (before.tpidr_el0 != after.tpidr_el0) fmt::format_to(out, " tpidr_el0={:#x}", after.tpidr_el0);
}

}  // namespace

Tracer::Tracer(Machine& machine, const std::string& path) : machine_(machine), path_(path), file_(open_output(path)) {
  machine_.set_instruction_hook([this](std::uint64_t pc) { on_instruction(pc); });
}

Tracer::~Tracer() {
  try {
    machine_.set_instruction_hook({});
  } catch (...) {
    std::fputs("armillion: out of memory\n", stderr);
  }
}

void Tracer::finish() {
  machine_.set_instruction_hook({});
  finish_line();
  if (std::fflush(file_.get()) != 0) throw_unwritable(path_);
}

void Tracer::on_instruction(std::uint64_t pc) {
  finish_line();
  const auto word = machine_.read<std::uint32_t>(pc);
  line_ = fmt::format("{:#014x}  {:08x}  {:<40}", pc, word, disassembler_.disassemble(word, pc));
  before_ = machine_.state();
}

// What the instruction changed is known when the next one starts.
void Tracer::finish_line() {
  if (line_.empty()) return;
  append_changes(line_, before_, machine_.state());
  line_.erase(line_.find_last_not_of(' ') + 1);
  line_ += '\n';
  if (std::fwrite(line_.data(), 1, line_.size(), file_.get()) != line_.size()) throw_unwritable(path_);
  line_.clear();
}

}  // namespace armillion::cli
