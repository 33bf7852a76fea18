#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "armillion/device.hpp"
#include "armillion/disassembler.hpp"
#include "armillion/isa.hpp"
#include "armillion/process.hpp"
#include "bindings.hpp"
#include "buffers.hpp"

namespace armillion::python {

namespace {

std::vector<std::string> disassemble(nb::handle program, std::uint64_t address) {
  const ProgramBytes bytes(program);
  if (bytes.bytes().size() % 4 != 0) {
    throw Error(ErrorCode::INVALID_ARGUMENT,
                "instructions have 4 bytes each; " + std::to_string(bytes.bytes().size()) + " bytes were given");
  }
  // Making one registers LLVM's targets; kept for the next call. Calls come one at a time, with the GIL.
  static const Disassembler DISASSEMBLER;
  std::vector<std::string> lines;
  for (std::size_t offset = 0; offset < bytes.bytes().size(); offset += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.bytes().data() + offset, sizeof word);
    lines.push_back(DISASSEMBLER.disassemble(word, address + offset));
  }
  return lines;
}

}  // namespace

void bind_information(nb::module_& module) {
  nb::class_<DeviceInfo>(module, "DeviceInfo", "Something that machines can run on.")
      .def_ro("name", &DeviceInfo::name, "What it is chosen by: \"cpu\", or \"cuda:0\" and up.")
      .def_ro("description", &DeviceInfo::description, "The processor's own name.")
      .def_ro("memory_bytes", &DeviceInfo::memory_bytes, "Its whole memory.")
      .def_ro("units", &DeviceInfo::units, "A CPU's threads, a GPU's multiprocessors.")
      .def_ro("compute_capability", &DeviceInfo::compute_capability, "A GPU's; empty for the CPU.")
      .def_ro("driver", &DeviceInfo::driver, "A GPU's; empty for the CPU.")
      .def("__repr__", [](const DeviceInfo& device) {
        return "DeviceInfo(" + device.name + ", " + device.description + ", " + std::to_string(device.units) +
               " units)";
      });
  module.def("devices", &devices, nb::call_guard<nb::gil_scoped_release>(),
             "The CPU, then the GPUs that can be used. Looks anew at each call.");
  module.def("why_no_gpu", &why_no_gpu, nb::call_guard<nb::gil_scoped_release>(),
             "Why devices() has no GPU; empty where it has one.");

  nb::class_<InstructionInfo>(module, "InstructionInfo", "One row of the instruction table.")
      .def_ro("name", &InstructionInfo::name)
      .def_ro("feature", &InstructionInfo::feature, "For instance \"FEAT_LSE\".")
      .def_ro("pattern", &InstructionInfo::pattern, "32 characters, bit 31 first.")
      .def("__repr__", [](const InstructionInfo& row) { return "InstructionInfo(" + row.name + ")"; });
  module.def("instruction_table", &instruction_table, "Every instruction that machines execute.");
  module.def("instruction_name", &instruction_name, nb::arg("word"),
             "The table's row for a word; empty where it is no instruction.");
  module.def("disassemble", &disassemble, nb::arg("program"), nb::arg("address") = 0,
             nb::sig("def disassemble(program: BytesLike | Iterable["
                     "typing.SupportsIndex], address: int = 0) -> list[str]"),
             "Each instruction of a program as assembly text; branches have absolute targets.");

  nb::class_<SystemCallInfo>(module, "SystemCallInfo", "One system call of Linux on AArch64.")
      .def_ro("number", &SystemCallInfo::number)
      .def_ro("name", &SystemCallInfo::name)
      .def_prop_ro("is_supported",
                   [](const SystemCallInfo& call) { return call.support == SystemCallInfo::Support::SUPPORTED; })
      .def("__repr__", [](const SystemCallInfo& call) {
        return "SystemCallInfo(" + std::to_string(call.number) + ", " + std::string(call.name) + ")";
      });
  module.def("system_calls", &system_calls, "All system calls that Linux has, by number.");
}

}  // namespace armillion::python
