#include "armillion/version.hpp"
#include "bindings.hpp"

NB_MODULE(_core, module) {
  using namespace armillion::python;
  module.doc() = "Armillion's C++ library. What is public of it is in the package armillion.";
  module.attr("version") = armillion::VERSION;
  translate_errors();
  bind_values(module);
  bind_state(module);
  bind_machine(module);
  bind_process(module);
  bind_fleet(module);
  bind_information(module);
  bind_ops(module);
  bind_executors(module);
  bind_ops_buffers(module);
}
