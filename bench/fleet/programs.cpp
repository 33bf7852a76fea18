#include "fleet/programs.hpp"

#include <fmt/format.h>

#include "armillion/error.hpp"
#include "armillion/process.hpp"
#include "fleet_programs/fleet_programs.h"

namespace armillion::bench {

namespace {

constexpr unsigned char GUEST_PROGRAM[] = {
#embed "fleet_programs.elf"
};
constexpr unsigned char LINUX_PROGRAM[] = {
#embed "fleet_programs_for_linux"
};

std::uint64_t address_of(const Process& process, std::string_view name) {
  const Symbol* symbol = process.symbols().find(name);
  if (symbol == nullptr) {
    throw Error(ErrorCode::BAD_PROGRAM, fmt::format("the fleets' program has no function {}", name));
  }
  return symbol->address;
}

}  // namespace

GuestPrograms::GuestPrograms()
    : programs_{{"byte_hash_with_stores", byte_hash_with_stores},
                {"byte_hash_without_stores", byte_hash_without_stores},
                {"sha256", sha256},
                {"crc32_table", crc32_table},
                {"heap_sort", heap_sort},
                {"expression_parser", expression_parser},
                {"n_body", n_body},
                {"exponential", exponential},
                {"collatz", collatz}},
      page_writer_{"write_pages", write_pages},
      start_({.memory_bytes = 0}) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(GUEST_PROGRAM));
  ProcessOptions options;
  options.program = "fleet_programs";
  options.program_bytes = {bytes.begin(), bytes.end()};
  Process loader(options);
  for (FleetProgram& program : programs_) program.address = address_of(loader, program.name);
  page_writer_.address = address_of(loader, page_writer_.name);
  // The process only loads the program: its lanes are bare machines.
  start_.restore(loader.machine().snapshot());
}

const FleetProgram& GuestPrograms::program(std::string_view name) const {
  std::string names;
  for (const FleetProgram& program : programs_) {
    if (program.name == name) return program;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", program.name);
  }
  throw Error(ErrorCode::INVALID_ARGUMENT, fmt::format("there is no program {}; there are {}", name, names));
}

std::span<const std::byte> linux_program() { return std::as_bytes(std::span(LINUX_PROGRAM)); }

}  // namespace armillion::bench
