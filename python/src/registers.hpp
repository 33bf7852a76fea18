#pragma once

#include <nanobind/nanobind.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "armillion/machine.hpp"
#include "integers.hpp"
#include "machine_holder.hpp"

namespace armillion::python {

// The register files of a machine as sequences: how many there are, what Python sees one as, and how it is accessed.

struct GeneralFile {
  static constexpr std::size_t SIZE = 31;
  static constexpr const char* NAME = "GeneralRegisters";
  static constexpr const char* TYPE = "int";
  static constexpr const char* GIVEN_TYPE = "typing.SupportsIndex";
  using Given = RegisterValue;
  static nb::object get(const Machine& machine, unsigned number) { return nb::int_(machine.x(number)); }
  static void set(Machine& machine, unsigned number, const Given& value) { machine.set_x(number, value.bits()); }
};

struct VectorFile {
  static constexpr std::size_t SIZE = 32;
  static constexpr const char* NAME = "VectorRegisters";
  static constexpr const char* TYPE = "int";
  static constexpr const char* GIVEN_TYPE = "int";
  using Given = nb::int_;
  static nb::object get(const Machine& machine, unsigned number) {
    const VectorRegister value = machine.vector(number);
    return (nb::int_(value.high) << nb::int_(64)) | nb::int_(value.low);
  }
  static void set(Machine& machine, unsigned number, const Given& value) {
    const nb::object high = value >> nb::int_(64);
    const nb::object low = value & nb::int_(~std::uint64_t{0});
    machine.set_vector(number, {.low = RegisterValue(low).bits(), .high = RegisterValue(high).bits()});
  }
};

struct DoubleFile {
  static constexpr std::size_t SIZE = 32;
  static constexpr const char* NAME = "DoubleRegisters";
  static constexpr const char* TYPE = "float";
  static constexpr const char* GIVEN_TYPE = "float";
  using Given = double;
  static nb::object get(const Machine& machine, unsigned number) {
    return nb::float_(std::bit_cast<double>(machine.vector(number).low));
  }
  static void set(Machine& machine, unsigned number, double value) {
    machine.set_vector(number, {.low = std::bit_cast<std::uint64_t>(value)});
  }
};

struct SingleFile {
  static constexpr std::size_t SIZE = 32;
  static constexpr const char* NAME = "SingleRegisters";
  static constexpr const char* TYPE = "float";
  static constexpr const char* GIVEN_TYPE = "float";
  using Given = float;
  static nb::object get(const Machine& machine, unsigned number) {
    return nb::float_(std::bit_cast<float>(static_cast<std::uint32_t>(machine.vector(number).low)));
  }
  static void set(Machine& machine, unsigned number, float value) {
    machine.set_vector(number, {.low = std::bit_cast<std::uint32_t>(value)});
  }
};

/// The registers of one machine, which it keeps alive.
template <class File>
class RegisterFile {
 public:
  explicit RegisterFile(nb::object machine) : machine_(std::move(machine)) {}

  nb::object get(nb::ssize_t index) const { return File::get(holder().idle(), number_of(index)); }
  nb::list get_slice(const nb::slice& slice) const {
    const Machine& machine = holder().idle();
    const auto [start, stop, step, count] = slice.compute(File::SIZE);
    nb::list values;
    for (std::size_t i = 0; i < count; ++i) {
      values.append(File::get(machine, static_cast<unsigned>(start + static_cast<nb::ssize_t>(i) * step)));
    }
    return values;
  }
  void set(nb::ssize_t index, const typename File::Given& value) {
    File::set(holder().idle(), number_of(index), value);
  }
  /// For Python's collector of cycles: a machine may lead back here by a hook.
  nb::object& machine() { return machine_; }

  void set_slice(const nb::slice& slice, nb::handle values) {
    Machine& machine = holder().idle();
    const auto [start, stop, step, count] = slice.compute(File::SIZE);
    std::vector<typename File::Given> given;
    for (const nb::handle value : values) given.push_back(nb::cast<typename File::Given>(value));
    if (given.size() != count) {
      throw Error(ErrorCode::INVALID_ARGUMENT,
                  std::to_string(given.size()) + " values were given for " + std::to_string(count) + " registers");
    }
    for (std::size_t i = 0; i < count; ++i) {
      File::set(machine, static_cast<unsigned>(start + static_cast<nb::ssize_t>(i) * step), given[i]);
    }
  }

 private:
  MachineHolder& holder() const { return nb::cast<MachineHolder&>(machine_); }
  static unsigned number_of(nb::ssize_t index) {
    const nb::ssize_t size = File::SIZE;
    if (index < -size || index >= size) throw nb::index_error("there is no such register");
    return static_cast<unsigned>(index < 0 ? index + size : index);
  }

  nb::object machine_;
};

inline std::string signature(const std::string& name, const std::string& parameters, const std::string& result) {
  return "def " + name + "(self" + (parameters.empty() ? "" : ", " + parameters) + ") -> " + result;
}

template <class File>
void bind_register_file(nb::module_& module) {
  using Registers = RegisterFile<File>;
  static PyType_Slot slots[] = {
      {Py_tp_traverse, reinterpret_cast<void*>(+[](PyObject* self, visitproc visit, void* arg) {
         Py_VISIT(Py_TYPE(self));
         if (!nb::inst_ready(self)) return 0;
         Py_VISIT(nb::inst_ptr<Registers>(self)->machine().ptr());
         return 0;
       })},
      {Py_tp_clear, reinterpret_cast<void*>(+[](PyObject* self) {
         nb::inst_ptr<Registers>(self)->machine().reset();
         return 0;
       })},
      {0, nullptr}};
  nb::class_<Registers>(module, File::NAME, nb::type_slots(slots),
                        "Registers of a machine, as a sequence that can be assigned to.")
      .def("__len__", [](const Registers&) { return File::SIZE; })
      .def("__getitem__", &Registers::get,
           nb::sig(signature("__getitem__", "index: typing.SupportsIndex", File::TYPE).c_str()))
      .def("__getitem__", &Registers::get_slice,
           nb::sig(signature("__getitem__", "index: slice", "list[" + std::string(File::TYPE) + "]").c_str()))
      .def("__setitem__", &Registers::set,
           nb::sig(
               signature("__setitem__", "index: typing.SupportsIndex, value: " + std::string(File::GIVEN_TYPE), "None")
                   .c_str()))
      .def("__setitem__", &Registers::set_slice,
           nb::sig(
               signature("__setitem__", "index: slice, values: Iterable[" + std::string(File::GIVEN_TYPE) + "]", "None")
                   .c_str()))
      .def(
          "__iter__",
          [](const Registers& registers) {
            return nb::iter(registers.get_slice(nb::slice(static_cast<nb::ssize_t>(File::SIZE))));
          },
          nb::sig(signature("__iter__", "", "Iterator[" + std::string(File::TYPE) + "]").c_str()))
      .def("__repr__", [](const Registers& registers) {
        return nb::repr(registers.get_slice(nb::slice(static_cast<nb::ssize_t>(File::SIZE))));
      });
}

}  // namespace armillion::python
