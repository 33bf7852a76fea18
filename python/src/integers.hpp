#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>

namespace armillion::python {

/// A 64-bit register's value as Python code gives it: an int or what has `__index__`, from -2^63 to 2^64 - 1. Negative
/// numbers are two's complements.
class RegisterValue {
 public:
  RegisterValue() = default;
  explicit RegisterValue(nanobind::handle value) : value_(nanobind::borrow(value)) {}

  /// OverflowError where it does not fit.
  std::uint64_t bits() const {
    const nanobind::object number = nanobind::steal(PyNumber_Index(value_.ptr()));
    if (!number.is_valid()) nanobind::raise_python_error();
    const unsigned long long bits = PyLong_AsUnsignedLongLong(number.ptr());
    if (!PyErr_Occurred()) return bits;
    PyErr_Clear();
    const long long signed_bits = PyLong_AsLongLong(number.ptr());
    if (!PyErr_Occurred() && signed_bits < 0) return static_cast<std::uint64_t>(signed_bits);
    PyErr_Clear();
    PyErr_Format(PyExc_OverflowError, "%R does not fit into 64 bits", number.ptr());
    nanobind::raise_python_error();
  }

 private:
  nanobind::object value_;
};

}  // namespace armillion::python

template <>
struct nanobind::detail::type_caster<armillion::python::RegisterValue> {
  NB_TYPE_CASTER(armillion::python::RegisterValue, const_name("typing.SupportsIndex"))

  bool from_python(handle source, std::uint32_t, cleanup_list*) noexcept {
    if (!PyIndex_Check(source.ptr())) return false;
    value = armillion::python::RegisterValue(source);
    return true;
  }
};
