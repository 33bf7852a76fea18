#include "armillion/state.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>

#include "bindings.hpp"
#include "integers.hpp"

namespace armillion::python {

namespace {

using GeneralRegisters = nb::ndarray<nb::numpy, std::uint64_t, nb::shape<31>, nb::c_contig>;
using VectorRegisters = nb::ndarray<nb::numpy, std::uint64_t, nb::shape<32, 2>, nb::c_contig>;

// Arrays over the state's own memory, which `self` keeps alive.
GeneralRegisters general_registers(nb::handle self) { return GeneralRegisters(nb::cast<State&>(self).x, {31}, self); }

VectorRegisters vector_registers(nb::handle self) {
  return VectorRegisters(&nb::cast<State&>(self).vectors[0].low, {32, 2}, self);
}

template <std::uint64_t State::* MEMBER>
void add_register(nb::class_<State>& type, const char* name, const char* documentation) {
  type.def_prop_rw(
      name, [](const State& state) { return state.*MEMBER; },
      [](State& state, const RegisterValue& value) { state.*MEMBER = value.bits(); }, documentation);
}

}  // namespace

void bind_state(nb::module_& module) {
  nb::class_<State> type(module, "State",
                         "Everything that user-level code can see of a processor. A copy: assign it to a machine's "
                         "`state`, or to a lane's, to have it there.");
  type.def(nb::init<>(), "All zeros.");
  type.def_prop_ro("x", &general_registers, "X0 to X30, a view of this state: shape (31,), uint64.");
  type.def_prop_ro("v", &vector_registers,
                   "V0 to V31, a view of this state: shape (32, 2), uint64, bits 63 to 0 first.");
  add_register<&State::sp>(type, "sp", "The stack pointer.");
  add_register<&State::pc>(type, "pc", "The program counter.");
  add_register<&State::tpidr_el0>(type, "tpidr_el0", "The thread pointer.");
  type.def_prop_rw("nzcv", &State::nzcv, &State::set_nzcv, "The condition flags in bits 31 to 28.");
  type.def_rw("fpcr", &State::fpcr, "The floating-point control register.");
  type.def_rw("fpsr", &State::fpsr, "The floating-point status register.");
  type.def("copy", [](const State& state) { return state; }, "Another state with the same values.");
  type.def("__eq__",
           [](const State& a, nb::handle b) { return nb::isinstance<State>(b) && a == nb::cast<const State&>(b); });
  type.attr("__hash__") = nb::none();
}

}  // namespace armillion::python
