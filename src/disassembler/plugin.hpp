#pragma once

#include <cstddef>
#include <cstdint>

// What the shared object with LLVM in it offers to the library: a C interface, found by name.

/// Makes a disassembler. Never null.
extern "C" void* armillion_disassembler_create();
extern "C" void armillion_disassembler_destroy(void* disassembler);
/// Writes the zero-terminated text of the instruction, cut where it is too long; false where it is none of LLVM's.
extern "C" bool armillion_disassembler_print(void* disassembler, std::uint32_t word, std::uint64_t address, char* text,
                                             std::size_t size);
