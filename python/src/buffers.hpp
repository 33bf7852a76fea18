#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "armillion/error.hpp"

namespace armillion::python {

/// The bytes of an object with Python's buffer protocol (bytes, bytearray, memoryview, arrays), without a copy.
class Buffer {
 public:
  enum class Use : std::uint8_t { READ, WRITE };

  /// TypeError or BufferError where the object has no such buffer, or none in one piece.
  Buffer(nanobind::handle object, Use use) {
    const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (use == Use::WRITE ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object.ptr(), &view_, flags) != 0) nanobind::raise_python_error();
  }
  ~Buffer() { PyBuffer_Release(&view_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::span<std::byte> bytes() const {
    return {static_cast<std::byte*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }
  std::size_t item_bytes() const { return static_cast<std::size_t>(view_.itemsize); }

 private:
  Py_buffer view_{};
};

/// The bytes of a program: of a buffer, or of a sequence of 32-bit words.
class ProgramBytes {
 public:
  explicit ProgramBytes(nanobind::handle program) {
    if (PyObject_CheckBuffer(program.ptr())) {
      const Buffer buffer(program, Buffer::Use::READ);
      if (buffer.item_bytes() != 1 && buffer.item_bytes() != 4) {
        throw Error(ErrorCode::INVALID_ARGUMENT,
                    "a program is an array of bytes or of 32-bit words, not of elements of " +
                        std::to_string(buffer.item_bytes()) + " bytes");
      }
      bytes_.assign(buffer.bytes().begin(), buffer.bytes().end());
      return;
    }
    for (const nanobind::handle item : program) add_word(item);
  }

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void add_word(nanobind::handle item) {
    const nanobind::object number = nanobind::steal(PyNumber_Index(item.ptr()));
    if (!number.is_valid()) nanobind::raise_python_error();
    const unsigned long long word = PyLong_AsUnsignedLongLong(number.ptr());
    if (PyErr_Occurred() || word > 0xffff'ffff) {
      PyErr_Clear();
      PyErr_Format(PyExc_OverflowError, "%R is not an instruction word of 32 bits", number.ptr());
      nanobind::raise_python_error();
    }
    for (int shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<std::byte>(word >> shift & 0xff));
  }

  std::vector<std::byte> bytes_;
};

}  // namespace armillion::python
