#include "armillion/error.hpp"

#include <exception>

#include "bindings.hpp"

namespace armillion::python {

namespace {

const char* exception_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::INVALID_ARGUMENT: return "InvalidArgumentError";
    case ErrorCode::FILE_UNREADABLE: return "FileUnreadableError";
    case ErrorCode::BAD_PROGRAM: return "BadProgramError";
    case ErrorCode::BAD_ADDRESS: return "BadAddressError";
    case ErrorCode::OUT_OF_MEMORY: return "OutOfMemoryError";
    case ErrorCode::UNAVAILABLE: return "UnavailableError";
  }
  return "Error";
}

}  // namespace

void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& exception, void*) {
    try {
      std::rethrow_exception(exception);
    } catch (const Error& error) {
      const nb::object type = nb::module_::import_("armillion.errors").attr(exception_name(error.code()));
      PyErr_SetString(type.ptr(), error.what());
    }
  });
}

}  // namespace armillion::python
