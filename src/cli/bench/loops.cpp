#include "cli/bench/loops.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "cli/bench/instruction_words.hpp"

namespace armillion::bench {

namespace {

using namespace words;

// The last instructions of a loop of `length` others: X1 counts down.
void append_count_down(Words& program, std::int32_t length) {
  program.push_back(sub_immediate(1, 1, 1));
  program.push_back(branch_if_not_zero(1, -length - 1));
}

// A xorshift generator: operations on registers, each of the result before.
Words integers() {
  Words program{eor_shifted_left(0, 0, 0, 13), eor_shifted_right(0, 0, 0, 7), eor_shifted_left(0, 0, 0, 17)};
  append_count_down(program, 3);
  return program;
}

std::uint64_t expected_integers(std::uint64_t x, std::uint64_t iterations) {
  for (; iterations > 0; --iterations) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

// A load and a store at places that go by what was loaded.
Words memory() {
  Words program{
      move(2, LOOP_MEMORY_ADDRESS >> 16, 1),  // the memory
      move(5, 0x5bd1),                        // an odd factor
      and_bits(3, 0, 3, 9),                   // the loop: 512 words of 8 bytes
      load_at(4, 2, 3),                       //
      multiply_add(0, 0, 5, 4),               //
      add_immediate(0, 0, 0x29),              //
      store_at(0, 2, 3),
  };
  append_count_down(program, 5);
  return program;
}

std::uint64_t expected_memory(std::uint64_t x, std::uint64_t iterations) {
  std::array<std::uint64_t, LOOP_MEMORY_BYTES / 8> memory{};
  for (; iterations > 0; --iterations) {
    std::uint64_t& word = memory[x >> 3 & (memory.size() - 1)];
    x = x * 0x5bd1 + word + 0x29;
    word = x;
  }
  return x;
}

// The logistic map x = 3.75 x (1 - x), which is chaotic: the last bit of each operation counts.
Words floating_point() {
  Words program{
      and_bits(3, 0, 0, 10),      // start from (X0 mod 1024 + 1) / 2048
      add_immediate(3, 3, 1),     //
      float_from_unsigned(0, 3),  //
      move(3, 0x3f40, 3),         // 2^-11
      float_from_bits(1, 3),      //
      float_multiply(0, 0, 1),    //
      move(3, 0x3ff0, 3),         // 1
      float_from_bits(2, 3),      //
      move(3, 0x400e, 3),         // 3.75
      float_from_bits(3, 3),      //
      float_sub(1, 2, 0),         // the loop
      float_multiply(0, 0, 1),    //
      float_multiply(0, 0, 3),
  };
  append_count_down(program, 3);
  program.push_back(bits_of_float(0, 0));
  return program;
}

std::uint64_t expected_floating_point(std::uint64_t start, std::uint64_t iterations) {
  double x = static_cast<double>(start % 1024 + 1) * 0x1p-11;
  for (; iterations > 0; --iterations) {
    const double rest = 1 - x;
    x = x * rest;
    x = x * 3.75;
  }
  return std::bit_cast<std::uint64_t>(x);
}

// Four linear congruential generators of 32 bits.
Words vectors() {
  Words program{
      vector_of(0, 0),           //
      move(3, 0x660d),           // 1664525 and 1013904223 (Knuth, "The Art of Computer Programming", 3.3.4)
      move_keep(3, 0x19, 1),     //
      vector_of(1, 3),           //
      move(3, 0xf35f),           //
      move_keep(3, 0x3c6e, 1),   //
      vector_of(2, 3),           //
      vector_eor(3, 3, 3),       //
      vector_multiply(0, 0, 1),  // the loop
      vector_add(0, 0, 2),       //
      vector_eor(3, 3, 0),
  };
  append_count_down(program, 3);
  program.push_back(bits_of_float(0, 3));
  return program;
}

// All lanes hold the same; the result is two of them.
std::uint64_t expected_vectors(std::uint64_t start, std::uint64_t iterations) {
  auto x = static_cast<std::uint32_t>(start);
  std::uint32_t mixed = 0;
  for (; iterations > 0; --iterations) {
    x = x * 1664525 + 1013904223;
    mixed ^= x;
  }
  return std::uint64_t{mixed} << 32 | mixed;
}

// How many steps Collatz's rule takes to come to 1, of X0 + 1 and the numbers after it, all together.
Words branches() {
  return {
      move(4, 0),                    // steps
      add_immediate(0, 0, 1),        // the next number
      add_immediate(3, 0, 0),        //
      branch_if_bit_clear(3, 0, 3),  // even: to the halving
      add_shifted(3, 3, 3, 1),       // 3 n + 1, which is even
      add_immediate(3, 3, 1),        //
      shift_right(3, 3, 1),          //
      add_immediate(4, 4, 1),        //
      sub_immediate(5, 3, 1),        //
      branch_if_not_zero(5, -6),     // until 1
      sub_immediate(1, 1, 1),        //
      branch_if_not_zero(1, -10),    //
      add_immediate(0, 4, 0),
  };
}

std::uint64_t expected_branches(std::uint64_t start, std::uint64_t iterations) {
  std::uint64_t steps = 0;
  for (; iterations > 0; --iterations) {
    std::uint64_t number = ++start;
    do {
      if (number % 2 != 0) number = 3 * number + 1;
      number /= 2;
      ++steps;
    } while (number != 1);
  }
  return steps;
}

void append_constant(Words& program, Word d, std::uint64_t value) {
  program.push_back(move(d, static_cast<Word>(value & 0xffff)));
  for (Word half = 1; half < 4; ++half) {
    program.push_back(move_keep(d, static_cast<Word>(value >> 16 * half & 0xffff), half));
  }
}

// As in <elf.h>, whose constants are macros.
struct ElfHeader {
  std::array<std::uint8_t, 16> identification{0x7f, 'E', 'L', 'F', 2, 1, 1};  // 64 bits, little-endian, version 1
  std::uint16_t type = 2;                                                     // ET_EXEC
  std::uint16_t machine = 183;                                                // EM_AARCH64
  std::uint32_t version = 1;
  std::uint64_t entry = 0;
  std::uint64_t program_headers_offset = 64;
  std::uint64_t section_headers_offset = 0;
  std::uint32_t flags = 0;
  std::uint16_t header_bytes = 64;
  std::uint16_t program_header_bytes = 56;
  std::uint16_t program_headers = 2;
  std::uint16_t section_header_bytes = 64;
  std::uint16_t section_headers = 0;
  std::uint16_t section_names = 0;
};
static_assert(sizeof(ElfHeader) == 64);

struct ElfSegment {
  std::uint32_t type = 1;  // PT_LOAD
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  std::uint64_t physical_address = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t alignment = 4096;
};
static_assert(sizeof(ElfSegment) == 56);

constexpr std::uint32_t READ_EXECUTE = 5;
constexpr std::uint32_t READ_WRITE = 6;
constexpr std::uint64_t IMAGE_ADDRESS = 0x40'0000;
constexpr Word SYS_WRITE = 64;
constexpr Word SYS_EXIT = 93;

template <class T>
void append_bytes(std::vector<std::byte>& file, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  file.insert(file.end(), bytes.begin(), bytes.end());
}

}  // namespace

const std::vector<Loop>& loops() {
  static const std::vector<Loop> LOOPS{
      {"integers", integers(), expected_integers},
      {"memory", memory(), expected_memory},
      {"floating point", floating_point(), expected_floating_point},
      {"vectors", vectors(), expected_vectors},
      {"branches", branches(), expected_branches},
  };
  return LOOPS;
}

Machine machine_with(const Loop& loop, const MachineOptions& options) {
  Words program = loop.words;
  program.push_back(HALT);
  Machine machine(options);
  machine.load_program(program);
  machine.set_x(0, 1);
  return machine;
}

std::vector<std::byte> linux_program_of(const Loop& loop, std::uint64_t start, std::uint64_t iterations) {
  Words program;
  append_constant(program, 0, start);
  append_constant(program, 1, iterations);
  program.insert(program.end(), loop.words.begin(), loop.words.end());
  // write(1, &x0, 8); exit(0)
  for (const Word word : {sub_immediate(SP, SP, 16), store(0, SP), move(0, 1), add_immediate(1, SP, 0), move(2, 8),
                          move(8, SYS_WRITE), SUPERVISOR_CALL, move(0, 0), move(8, SYS_EXIT), SUPERVISOR_CALL}) {
    program.push_back(word);
  }

  constexpr std::uint64_t HEADERS_BYTES = sizeof(ElfHeader) + 2 * sizeof(ElfSegment);
  const std::uint64_t file_bytes = HEADERS_BYTES + program.size() * sizeof(Word);
  ElfHeader header;
  header.entry = IMAGE_ADDRESS + HEADERS_BYTES;
  const std::array segments{
      ElfSegment{.flags = READ_EXECUTE, .address = IMAGE_ADDRESS, .file_bytes = file_bytes, .memory_bytes = file_bytes},
      ElfSegment{.flags = READ_WRITE, .address = LOOP_MEMORY_ADDRESS, .memory_bytes = LOOP_MEMORY_BYTES},
  };
  std::vector<std::byte> file;
  append_bytes(file, std::span<const ElfHeader>(&header, 1));
  append_bytes(file, std::span<const ElfSegment>(segments));
  append_bytes(file, std::span<const Word>(program));
  return file;
}

}  // namespace armillion::bench
