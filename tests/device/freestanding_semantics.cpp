// Every semantic function as a function of its own: compiled to LLVM bitcode by a test, without a C library, to prove
// that the semantics are free of the host. To PTX the library compiles them with its device code; doing so here as well
// would take half a minute.
#include "device/flat_machine.hpp"
#include "isa/semantics/all.hpp"

#define A64_SECTION "isa/a64.inc"
#include "isa/operations.hpp"

using armillion::isa::Binding;
using armillion::isa::MicroOp;
using armillion::test::FlatMachine;
namespace operations = armillion::isa::operations;

// The first and the last of a row's variants.
#define A64(NAME_, ...)                                                    \
  extern "C" void first_##NAME_(FlatMachine* machine, const MicroOp* op) { \
    Binding<operations::NAME_>::execute<0>(*machine, *op);                 \
  }                                                                        \
  extern "C" void last_##NAME_(FlatMachine* machine, const MicroOp* op) {  \
    using Bound = Binding<operations::NAME_>;                              \
    Bound::execute<Bound::VARIANT_COUNT - 1>(*machine, *op);               \
  }
#include "isa/a64.inc"
#undef A64
