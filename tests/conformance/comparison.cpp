#include "comparison.hpp"

#include <signal.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "oracle_limits.hpp"
#include "test_generator.hpp"
#include "text.hpp"

namespace armillion::conformance {

namespace {

constexpr std::uint64_t PAGE_MASK = ~std::uint64_t{4095};

std::string hex(std::uint64_t value) { return text("%#lx", value); }
std::string hex(std::uint64_t high, std::uint64_t low) { return text("%016lx_%016lx", high, low); }

std::string name_of_signal(int signal) {
  switch (signal) {
    case 0: return "completed";
    case SIGILL: return "SIGILL";
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGTRAP: return "SIGTRAP";
    default: return text("signal %d", signal);
  }
}

/// The signal that Linux sends for what happened.
int signal_of(const DirectMachine& machine) {
  switch (machine.outcome()) {
    case Outcome::MEMORY_FAULT: return machine.fault().kind == FaultKind::ALIGNMENT ? SIGBUS : SIGSEGV;
    case Outcome::UNDEFINED:
    case Outcome::HALT: return SIGILL;
    case Outcome::BREAKPOINT: return SIGTRAP;
    default: return 0;
  }
}

std::string describe_end(const DirectMachine& machine) {
  if (machine.outcome() != Outcome::MEMORY_FAULT) return name_of_signal(signal_of(machine));
  const char* kind = machine.fault().kind == FaultKind::PERMISSION  ? "permission"
                     : machine.fault().kind == FaultKind::ALIGNMENT ? "alignment"
                                                                    : "unmapped";
  return text("%s (%s at %#lx)", name_of_signal(signal_of(machine)).c_str(), kind, machine.fault().address);
}

std::string describe_end(const Test& after) {
  if (after.signal == 0) return name_of_signal(0);
  return text("%s (code %d at %#lx)", name_of_signal(after.signal).c_str(), after.signal_code, after.fault_address);
}

bool is_canonical(std::uint64_t address) { return address >> 47 == 0; }

class Comparison {
 public:
  Comparison(std::uint32_t word, const DirectMachine& machine, const Test& before, const Test& after)
      : word_(word), machine_(machine), before_(before), after_(after) {}

  std::vector<Difference> run(DirectMachine& machine) {
    compare_end();
    compare_registers();
    if (!is_partly_done()) {
      compare_vectors();
      compare_block(machine);
    }
    return std::move(differences_);
  }

 private:
  template <class T>
  void check(const std::string& what, const T& expected, const T& actual) {
    if (expected != actual) differences_.push_back({what, hex(expected), hex(actual)});
  }

  // Whether the instruction may have faulted in the middle: where a load or store has several parts, the architecture
  // lets registers and memory that it has reached by then keep their new values; our semantics leave all as it was.
  bool is_partly_done() const {
    const bool is_pair = (word_ & 0x3a000000) == 0x28000000;
    const bool is_structure = (word_ & 0x3e000000) == 0x0c000000;
    return machine_.outcome() == Outcome::MEMORY_FAULT && machine_.fault().kind != FaultKind::ALIGNMENT &&
           (is_pair || is_structure || machine_.access_size() > 8);
  }

  void compare_end() {
    const bool branched = machine_.outcome() == Outcome::BRANCHED;
    const int expected = signal_of(machine_);
    // Behind a branch, and where one was not taken, anything may end the test; where it did is the PC.
    const bool went_on = branched || (expected == 0 && after_.signal == SIGTRAP);
    bool ok = went_on || expected == after_.signal;
    if (ok && machine_.outcome() == Outcome::MEMORY_FAULT && expected == SIGSEGV) {
      const MemoryFault& fault = machine_.fault();
      if (is_canonical(fault.address)) {
        const int code = fault.kind == FaultKind::PERMISSION ? SEGV_ACCERR : SEGV_MAPERR;
        ok = code == after_.signal_code && (fault.address & PAGE_MASK) == (after_.fault_address & PAGE_MASK);
      }
    }
    if (!ok) differences_.push_back({"end", describe_end(after_), describe_end(machine_)});
  }

  void compare_registers() {
    const State ours = machine_.state();
    const GuestState& theirs = after_.state;
    check("PC", theirs.pc, ours.pc);
    for (int i = 0; i < 31; ++i) check(text("X%d", i), theirs.x[i], ours.x[i]);
    check("SP", theirs.sp, ours.sp);
    check("TPIDR_EL0", theirs.tpidr_el0, ours.tpidr_el0);
    check("NZCV", std::uint64_t{theirs.nzcv}, std::uint64_t{ours.nzcv()});
    check("FPCR", std::uint64_t{theirs.fpcr & FPCR_BITS}, std::uint64_t{ours.fpcr});
    check("FPSR", std::uint64_t{theirs.fpsr & FPSR_BITS}, std::uint64_t{ours.fpsr});
    if (ours.zero != 0) differences_.push_back({"ZR", "0x0", hex(ours.zero)});
  }

  void compare_vectors() {
    const State ours = machine_.state();
    for (int i = 0; i < 32; ++i) {
      const auto& theirs = after_.state.vectors[i];
      const VectorRegister& vector = ours.vectors[i];
      if (theirs[0] != vector.low || theirs[1] != vector.high) {
        differences_.push_back({text("V%d", i), hex(theirs[1], theirs[0]), hex(vector.high, vector.low)});
      }
    }
  }

  void compare_block(DirectMachine& machine) {
    for (std::uint64_t i = 0; i < BLOCK_BYTES; i += 8) {
      std::uint64_t theirs = 0;
      std::uint64_t ours = 0;
      for (std::uint64_t j = 0; j < 8; ++j) {
        const std::uint64_t offset = before_.block_address + i + j - WINDOW_ADDRESS;
        if (offset >= WINDOW_WRITABLE_BYTES) continue;
        theirs |= std::uint64_t{after_.block[i + j]} << (8 * j);
        ours |= static_cast<std::uint64_t>(machine.memory()[offset]) << (8 * j);
      }
      check(text("memory at %#lx", before_.block_address + i), theirs, ours);
    }
  }

  std::uint32_t word_;
  const DirectMachine& machine_;
  const Test& before_;
  const Test& after_;
  std::vector<Difference> differences_;
};

}  // namespace

std::vector<Difference> compare(const RowUnderTest& row, std::uint32_t word, const Test& before, const Test& after) {
  thread_local DirectMachine machine{State{}};
  run_directly(row, word, before, machine);
  return Comparison(word, machine, before, after).run(machine);
}

std::string describe_inputs(const RowUnderTest& row, std::uint32_t word, const Test& before) {
  const GuestState& state = before.state;
  std::string lines;
  bool reads_vectors = false;
  for (const OperandUnderTest& operand : row.operands) {
    const std::uint32_t number = field_value(row, word, operand.letter);
    lines += text("    %c", operand.letter);
    if (operand.kind == OperandKind::IMMEDIATE) {
      lines += text(" = %#x\n", number);
    } else if (operand.kind == OperandKind::VECTOR_REGISTER) {
      reads_vectors = true;
      lines += text(": V%u = %s\n", number, hex(state.vectors[number][1], state.vectors[number][0]).c_str());
    } else if (number < 31) {
      lines += text(": X%u = %#lx\n", number, state.x[number]);
    } else if (operand.kind == OperandKind::GENERAL_REGISTER_OR_SP) {
      lines += text(": SP = %#lx\n", state.sp);
    } else {
      lines += ": ZR\n";
    }
  }
  lines += text("    NZCV = %#x, PC = %#lx", state.nzcv, address_of_word(before.word_index));
  if (reads_vectors) {
    lines += text(", FPSR = %#x, FPCR = %#x (RMode %u%s%s%s%s)", state.fpsr, state.fpcr, state.fpcr >> 22 & 3,
                  state.fpcr >> 24 & 1 ? " FZ" : "", state.fpcr >> 25 & 1 ? " DN" : "",
                  state.fpcr >> 26 & 1 ? " AHP" : "", state.fpcr >> 19 & 1 ? " FZ16" : "");
  }
  lines += "\n";
  if (before.exclusive_size != 0) {
    lines += text("    exclusive monitor: %u bytes at %#lx\n", before.exclusive_size, before.exclusive_address);
  }
  DirectMachine machine{State{}};
  run_directly(row, word, before, machine);
  if (machine.access_size() != 0) {
    const std::uint64_t address = machine.access_address();
    lines += text("    accesses %u bytes at %#lx, where there is", machine.access_size(), address);
    for (std::uint64_t i = 0; i < machine.access_size(); ++i) {
      const std::uint64_t offset = (address + i - before.block_address) & ~std::uint64_t{0} >> 8;
      lines += i % 8 == 0 ? " " : "";
      lines += offset < BLOCK_BYTES ? text("%02x", before.block[offset]) : "??";
    }
    lines += "\n";
  }
  return lines;
}

std::string disassemble(std::uint32_t word) {
  const std::string command =
      text("echo 0x%02x 0x%02x 0x%02x 0x%02x | llvm-mc-19 --disassemble --triple=aarch64 --mattr=+all 2>/dev/null",
           word & 255, word >> 8 & 255, word >> 16 & 255, word >> 24);
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
  if (!output) return {};
  std::string result;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), line.size(), output.get()) != nullptr) {
    if (std::strncmp(line.data(), "\t.text", 6) == 0) continue;
    for (const char c : std::string_view(line.data())) result += c == '\t' || c == '\n' ? ' ' : c;
  }
  return result;
}

}  // namespace armillion::conformance
