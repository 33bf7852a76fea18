#include "armillion/ops/executor.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "executor_holder.hpp"
#include "ops_arrays.hpp"

// Executors and their buffers' elements. armillion.ops has the classes that users see, which know shapes.

namespace armillion::python {

namespace {

constexpr const char* ELEMENT_TYPES = "float32, float64, int32, uint32, uint8 or bool";

// Masks may be given as bools, which are bytes that are 0 or 1.
template <class Work>
void by_element_type(nb::dlpack::dtype type, const Work& work) {
  if (type == nb::dtype<bool>()) type = nb::dtype<std::uint8_t>();
  by_type<float, double, std::int32_t, std::uint8_t, std::uint32_t>(type, ELEMENT_TYPES, work);
}

template <class T>
const char* name_of() {
  if constexpr (std::is_same_v<T, float>) return "float32";
  if constexpr (std::is_same_v<T, double>) return "float64";
  if constexpr (std::is_same_v<T, std::int32_t>) return "int32";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "uint8";
  if constexpr (std::is_same_v<T, std::uint32_t>) return "uint32";
}

template <class Make>
ExecutorHolder make_executor(const Make& make) {
  const nb::gil_scoped_release released;
  return {std::make_shared<SharedExecutor>(make())};
}

// Elements of an array of the host, contiguous, in the executor's memory.
std::unique_ptr<BufferHolder> copy_to(const ExecutorHolder& executor, const ConstArray& array) {
  std::unique_ptr<BufferHolder> result;
  by_element_type(array.dtype(), [&]<class T>(T*) {
    const std::span<const T> elements = elements_of<T>(array);
    AnyBuffer buffer =
        executor.shared->run(array.size(), [&] { return AnyBuffer(ops::Buffer<T>(executor.shared->get(), elements)); });
    result = std::make_unique<BufferHolder>(executor.shared, std::move(buffer));
  });
  return result;
}

std::unique_ptr<BufferHolder> make_zeros(const ExecutorHolder& executor, const ConstArray& like, std::size_t size) {
  std::unique_ptr<BufferHolder> result;
  by_element_type(like.dtype(), [&]<class T>(T*) {
    AnyBuffer buffer =
        executor.shared->run(size, [&] { return AnyBuffer(ops::Buffer<T>(executor.shared->get(), size)); });
    result = std::make_unique<BufferHolder>(executor.shared, std::move(buffer));
  });
  return result;
}

struct Borrowed {
  std::unique_ptr<BufferHolder> elements;
  std::vector<std::size_t> shape;
  std::string type;
};

// The elements of a tensor where they are; nothing where they are not in one piece, or not to be written to.
template <class Array>
std::optional<Borrowed> borrow_as(const ExecutorHolder& executor, nb::handle tensor) {
  const auto array = std::make_shared<Array>();
  if (!nb::try_cast(tensor, *array) || !is_contiguous(*array)) return std::nullopt;
  Borrowed result;
  for (std::size_t i = 0; i < array->ndim(); ++i) result.shape.push_back(array->shape(i));
  by_element_type(array->dtype(), [&]<class T>(T*) {
    // Nobody writes to what is borrowed to be read.
    auto* const elements = static_cast<T*>(const_cast<void*>(static_cast<const void*>(array->data())));
    AnyBuffer buffer(ops::Buffer<T>::borrow(executor.shared->get(), elements, array->size(), array));
    result.elements = std::make_unique<BufferHolder>(executor.shared, std::move(buffer));
    result.type = array->dtype() == nb::dtype<bool>() ? "bool" : name_of<T>();
  });
  return result;
}

nb::object borrow(const ExecutorHolder& executor, nb::handle tensor, bool to_write) {
  std::optional<Borrowed> borrowed =
      to_write ? borrow_as<nb::ndarray<>>(executor, tensor) : borrow_as<nb::ndarray<nb::ro>>(executor, tensor);
  if (!borrowed) return nb::none();
  return nb::make_tuple(std::move(borrowed->elements), borrowed->shape, borrowed->type);
}

void upload(BufferHolder& holder, const ConstArray& array) {
  by_element_type(array.dtype(), [&]<class T>(T*) {
    auto& buffer = holder.of<T>();
    const std::span<const T> elements = elements_of<T>(array);
    holder.executor().run(elements.size(), [&] { buffer.upload(elements); });
  });
}

void download(BufferHolder& holder, const AnyArray& array) {
  by_element_type(array.dtype(), [&]<class T>(T*) {
    auto& buffer = holder.of<T>();
    const std::span<T> elements = elements_of<T>(array);
    holder.executor().run(elements.size(), [&] { buffer.download(elements); });
  });
}

// The elements as an object that others take, by DLPack or, in this process's memory, as a buffer of Python's. It keeps
// them.
nb::object lend(nb::handle self, const std::vector<std::size_t>& shape, bool is_bool) {
  auto& holder = nb::cast<BufferHolder&>(self);
  const ops::ExecutorMemory& memory = holder.executor().memory();
  const bool is_on_gpu = memory.kind == ops::ExecutorMemory::Kind::GPU;
  return std::visit(
      [&]<class T>(ops::Buffer<T>& buffer) {
        const nb::dlpack::dtype type = is_bool ? nb::dtype<bool>() : nb::dtype<T>();
        const nb::ndarray<nb::array_api> array(buffer.data(), shape.size(), shape.data(), self, nullptr, type,
                                               is_on_gpu ? nb::device::cuda::value : nb::device::cpu::value,
                                               is_on_gpu ? memory.gpu : 0);
        return nb::cast(array);
      },
      holder.any());
}

void bind_executor(nb::module_& module) {
  using Kind = ops::ExecutorMemory::Kind;
  nb::class_<ops::ExecutorTimes>(module, "ExecutorTimes", "The time that a GPU took, by its own clock.")
      .def_ro("kernel_seconds", &ops::ExecutorTimes::kernel_seconds)
      .def_ro("transfer_seconds", &ops::ExecutorTimes::transfer_seconds,
              "Copies between its memory and the host's, those of results of reductions included.")
      .def("__repr__", [](const ops::ExecutorTimes& times) {
        return "ExecutorTimes(kernel_seconds=" + std::to_string(times.kernel_seconds) +
               ", transfer_seconds=" + std::to_string(times.transfer_seconds) + ")";
      });
  nb::enum_<Kind>(module, "MemoryKind", "Where an executor has its buffers.")
      .value("HOST", Kind::HOST, "This process's memory.")
      .value("GPU", Kind::GPU, "A GPU's memory.")
      .value("MACHINE", Kind::MACHINE, "An emulated machine's, which has no address for anybody else.");
  nb::class_<ExecutorHolder>(module, "Executor")
      .def_static("host", [] { return make_executor([] { return ops::Executor::host(); }); })
      .def_static(
          "machine",
          [](const std::string& device, const std::string& engine) {
            return make_executor([&] { return ops::Executor::machine(device, engine); });
          },
          nb::arg("device"), nb::arg("engine"))
      .def_static(
          "cuda", [](const std::string& device) { return make_executor([&] { return ops::Executor::cuda(device); }); },
          nb::arg("device"))
      .def_prop_ro("name", [](const ExecutorHolder& holder) { return holder.shared->get().name(); })
      .def_prop_ro("memory_kind", [](const ExecutorHolder& holder) { return holder.shared->memory().kind; })
      .def_prop_ro("gpu", [](const ExecutorHolder& holder) { return holder.shared->memory().gpu; })
      .def_prop_ro(
          "stream",
          [](const ExecutorHolder& holder) { return reinterpret_cast<std::uintptr_t>(holder.shared->memory().stream); })
      .def_prop_ro("retired_instructions",
                   [](const ExecutorHolder& holder) {
                     return holder.shared->run(0, [&] { return holder.shared->get().retired_instructions(); });
                   })
      .def("start_timing",
           [](const ExecutorHolder& holder) {
             ops::Executor executor = holder.shared->get();
             holder.shared->run(0, [&] { executor.start_timing(); });
           })
      .def_prop_ro("times", [](const ExecutorHolder& holder) {
        ops::Executor executor = holder.shared->get();
        return holder.shared->run(0, [&] { return executor.times(); });
      });
}

}  // namespace

void bind_executors(nb::module_& module) {
  bind_executor(module);
  nb::class_<BufferHolder>(module, "BufferElements", nb::is_weak_referenceable())
      .def_static("copy", &copy_to, nb::arg("executor"), nb::arg("array"),
                  nb::sig("def copy(executor: Executor, array: typing.Any) -> BufferElements"))
      .def_static("zeros", &make_zeros, nb::arg("executor"), nb::arg("like"), nb::arg("size"),
                  nb::sig("def zeros(executor: Executor, like: typing.Any, size: int) -> BufferElements"))
      .def_static("borrow", &borrow, nb::arg("executor"), nb::arg("tensor"), nb::arg("to_write"),
                  nb::sig("def borrow(executor: Executor, tensor: object, to_write: bool)"
                          " -> tuple[BufferElements, list[int], str] | None"))
      .def_prop_ro("size", &BufferHolder::size)
      .def("upload", &upload, nb::arg("array"), nb::sig("def upload(self, array: typing.Any) -> None"))
      .def("download", &download, nb::arg("array"), nb::sig("def download(self, array: typing.Any) -> None"))
      .def("lend", &lend, nb::arg("shape"), nb::arg("is_bool"),
           nb::sig("def lend(self, shape: Sequence[int], is_bool: bool) -> typing.Any"));
}

}  // namespace armillion::python
