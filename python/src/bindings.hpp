#pragma once

#include <nanobind/nanobind.h>

// The parts of the extension module `armillion._core`, a file to a concept. Python's own layer, ../armillion, stands on
// it; what a class is called and documented as is decided there where it has one.

namespace armillion::python {

namespace nb = nanobind;

/// Makes an `armillion::Error` the exception of armillion.errors that has its code.
void translate_errors();
/// Enumerations, results, permissions and what else is only a value.
void bind_values(nb::module_& module);
/// A machine's whole state, as arrays.
void bind_state(nb::module_& module);
void bind_machine(nb::module_& module);
void bind_process(nb::module_& module);
void bind_fleet(nb::module_& module);
/// Devices, the instruction table, system calls, the disassembler.
void bind_information(nb::module_& module);
/// The vector kernels, whose names begin with `ops_`.
void bind_ops(nb::module_& module);
/// Executors, and the elements of their buffers.
void bind_executors(nb::module_& module);
/// The vector kernels' functions of buffers, whose names begin with `buffer_`.
void bind_ops_buffers(nb::module_& module);

}  // namespace armillion::python
