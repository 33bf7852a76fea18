#include "armillion/ops.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>

#include "bindings.hpp"
#include "ops_arrays.hpp"

// The kernels for arrays of a type that is known at run time. armillion.ops has checked shapes and types against each
// other, has made the results, and says what all of this means.

namespace armillion::python {

namespace {

constexpr const char* FLOATS = "float32 or float64";
constexpr const char* NUMBERS = "float32, float64 or int32";

// Binds a function of arrays, whose types Python's own layer states: here they are anything.
template <class Function>
void define(nb::module_& module, const char* name, const char* parameters, const char* result,
            const Function& function) {
  const std::string signature = std::string("def ") + name + "(" + parameters + ", /) -> " + result;
  module.def(name, function, nb::sig(signature.c_str()));
}

// Operations are objects of the headers, which last as long as the program.

template <class... Types, class Operation>
void bind_unary(nb::module_& module, const char* name, const char* allowed, const Operation& operation) {
  define(module, name, "x: typing.Any, result: typing.Any", "None",
         [&operation, allowed](const ConstArray& x, const AnyArray& result) {
           by_type<Types...>(x.dtype(), allowed, [&]<class T>(T*) {
             const MaybeReleaseGil released(x.size());
             if (is_contiguous(x) && is_contiguous(result)) {
               operation(elements_of<T>(x), elements_of<T>(result));
             } else {
               operation(strided_of<const T>(x), strided_of<T>(result));
             }
           });
         });
}

// An operand that may be a number: what is no array.
std::optional<ConstArray> array_or_number(nb::handle operand) {
  if (PyFloat_Check(operand.ptr()) || PyLong_Check(operand.ptr())) return std::nullopt;
  return nb::cast<ConstArray>(operand);
}

template <class... Types, class Operation>
void bind_binary(nb::module_& module, const char* name, const char* allowed, const Operation& operation) {
  define(module, name, "a: typing.Any, b: typing.Any, result: typing.Any", "None",
         [&operation, allowed](nb::handle first, nb::handle second, const AnyArray& result) {
           const std::optional<ConstArray> a = array_or_number(first);
           const std::optional<ConstArray> b = array_or_number(second);
           by_type<Types...>(result.dtype(), allowed, [&]<class T>(T*) {
             if (a && b) {
               const MaybeReleaseGil released(result.size());
               if (is_contiguous(*a) && is_contiguous(*b) && is_contiguous(result)) {
                 operation(elements_of<T>(*a), elements_of<T>(*b), elements_of<T>(result));
               } else {
                 operation(strided_of<const T>(*a), strided_of<const T>(*b), strided_of<T>(result));
               }
             } else if (a) {
               const T number = nb::cast<T>(second);
               const MaybeReleaseGil released(result.size());
               operation(elements_of<T>(*a), number, elements_of<T>(result));
             } else if (b) {
               const T number = nb::cast<T>(first);
               const MaybeReleaseGil released(result.size());
               operation(number, elements_of<T>(*b), elements_of<T>(result));
             } else {
               throw Error(ErrorCode::INVALID_ARGUMENT, "one of the operands must be an array");
             }
           });
         });
}

template <class Operation>
void bind_comparison(nb::module_& module, const char* name, const Operation& operation) {
  define(module, name, "a: typing.Any, b: typing.Any, mask: typing.Any", "None",
         [&operation](const ConstArray& a, nb::handle second, const AnyArray& mask) {
           const std::optional<ConstArray> b = array_or_number(second);
           by_type<float, double, std::int32_t>(a.dtype(), NUMBERS, [&]<class T>(T*) {
             if (b) {
               const MaybeReleaseGil released(a.size());
               operation(elements_of<T>(a), elements_of<T>(*b), elements_of<std::uint8_t>(mask));
             } else {
               const T number = nb::cast<T>(second);
               const MaybeReleaseGil released(a.size());
               operation(elements_of<T>(a), number, elements_of<std::uint8_t>(mask));
             }
           });
         });
}

template <class Operation>
void bind_reduction(nb::module_& module, const char* name, const Operation& operation) {
  define(module, name, "x: typing.Any", "typing.Any", [&operation](const ConstArray& x) {
    nb::object result;
    by_type<float, double, std::int32_t>(x.dtype(), NUMBERS, [&]<class T>(T*) {
      const auto value = [&] {
        const MaybeReleaseGil released(x.size());
        return is_contiguous(x) ? operation(elements_of<T>(x)) : operation(strided_of<const T>(x));
      }();
      result = nb::cast(value);
    });
    return result;
  });
}

void bind_elementwise(nb::module_& module) {
  bind_binary<float, double, std::int32_t>(module, "ops_add", NUMBERS, ops::add);
  bind_binary<float, double, std::int32_t>(module, "ops_sub", NUMBERS, ops::sub);
  bind_binary<float, double, std::int32_t>(module, "ops_mul", NUMBERS, ops::mul);
  bind_binary<float, double>(module, "ops_div", FLOATS, ops::div);
  bind_binary<float, double, std::int32_t>(module, "ops_minimum", NUMBERS, ops::minimum);
  bind_binary<float, double, std::int32_t>(module, "ops_maximum", NUMBERS, ops::maximum);
  bind_unary<float, double, std::int32_t>(module, "ops_abs", NUMBERS, ops::abs);
  bind_unary<float, double, std::int32_t>(module, "ops_neg", NUMBERS, ops::neg);
  bind_unary<float, double, std::int32_t>(module, "ops_relu", NUMBERS, ops::relu);
  bind_unary<float, double>(module, "ops_exp", FLOATS, ops::exp);
  bind_unary<float, double>(module, "ops_log", FLOATS, ops::log);
  bind_unary<float, double>(module, "ops_sigmoid", FLOATS, ops::sigmoid);
  bind_unary<float, double>(module, "ops_tanh", FLOATS, ops::tanh);
  bind_unary<float, double>(module, "ops_gelu", FLOATS, ops::gelu);
  define(module, "ops_fma", "a: typing.Any, b: typing.Any, c: typing.Any, result: typing.Any", "None",
         [](const ConstArray& a, nb::handle factor, const ConstArray& c, const AnyArray& result) {
           const std::optional<ConstArray> b = array_or_number(factor);
           by_type<float, double>(a.dtype(), FLOATS, [&]<class T>(T*) {
             const T number = b ? T{} : nb::cast<T>(factor);
             const MaybeReleaseGil released(a.size());
             if (b) {
               ops::fma(elements_of<T>(a), elements_of<T>(*b), elements_of<T>(c), elements_of<T>(result));
             } else {
               ops::fma(elements_of<T>(a), number, elements_of<T>(c), elements_of<T>(result));
             }
           });
         });
  define(module, "ops_clip", "x: typing.Any, low: typing.Any, high: typing.Any, result: typing.Any", "None",
         [](const ConstArray& x, nb::handle low, nb::handle high, const AnyArray& result) {
           by_type<float, double, std::int32_t>(x.dtype(), NUMBERS, [&]<class T>(T*) {
             const T least = nb::cast<T>(low);
             const T most = nb::cast<T>(high);
             const MaybeReleaseGil released(x.size());
             ops::clip(elements_of<T>(x), least, most, elements_of<T>(result));
           });
         });
}

void bind_arrangement(nb::module_& module) {
  bind_comparison(module, "ops_equal", ops::equal);
  bind_comparison(module, "ops_not_equal", ops::not_equal);
  bind_comparison(module, "ops_less", ops::less);
  bind_comparison(module, "ops_less_equal", ops::less_equal);
  bind_comparison(module, "ops_greater", ops::greater);
  bind_comparison(module, "ops_greater_equal", ops::greater_equal);
  define(module, "ops_prefix_sum", "x: typing.Any, result: typing.Any", "None",
         [](const ConstArray& x, const AnyArray& result) {
           by_type<float, double, std::int32_t>(x.dtype(), NUMBERS, [&]<class T>(T*) {
             const MaybeReleaseGil released(x.size());
             ops::prefix_sum(elements_of<T>(x), elements_of<T>(result));
           });
         });
  define(module, "ops_where", "mask: typing.Any, a: typing.Any, b: typing.Any, result: typing.Any", "None",
         [](const ConstArray& mask, const ConstArray& a, const ConstArray& b, const AnyArray& result) {
           by_type<float, double, std::int32_t>(a.dtype(), NUMBERS, [&]<class T>(T*) {
             const MaybeReleaseGil released(a.size());
             ops::where(elements_of<std::uint8_t>(mask), elements_of<T>(a), elements_of<T>(b), elements_of<T>(result));
           });
         });
  define(module, "ops_gather", "source: typing.Any, indices: typing.Any, result: typing.Any", "None",
         [](const ConstArray& source, const ConstArray& indices, const AnyArray& result) {
           by_type<float, double, std::int32_t>(source.dtype(), NUMBERS, [&]<class T>(T*) {
             const MaybeReleaseGil released(indices.size());
             ops::gather(elements_of<T>(source), elements_of<std::uint32_t>(indices), elements_of<T>(result));
           });
         });
  define(module, "ops_scatter", "source: typing.Any, indices: typing.Any, result: typing.Any", "None",
         [](const ConstArray& source, const ConstArray& indices, const AnyArray& result) {
           by_type<float, double, std::int32_t>(source.dtype(), NUMBERS, [&]<class T>(T*) {
             const MaybeReleaseGil released(indices.size());
             ops::scatter(elements_of<T>(source), elements_of<std::uint32_t>(indices), elements_of<T>(result));
           });
         });
}

void bind_reductions(nb::module_& module) {
  bind_reduction(module, "ops_sum", ops::sum);
  bind_reduction(module, "ops_mean", ops::mean);
  bind_reduction(module, "ops_min", ops::min);
  bind_reduction(module, "ops_max", ops::max);
  bind_reduction(module, "ops_argmax", ops::argmax);
  define(module, "ops_dot", "a: typing.Any, b: typing.Any", "typing.Any", [](const ConstArray& a, const ConstArray& b) {
    nb::object result;
    by_type<float, double, std::int32_t>(a.dtype(), NUMBERS, [&]<class T>(T*) {
      const auto value = [&] {
        const MaybeReleaseGil released(a.size());
        if (is_contiguous(a) && is_contiguous(b)) return ops::dot(elements_of<T>(a), elements_of<T>(b));
        return ops::dot(strided_of<const T>(a), strided_of<const T>(b));
      }();
      result = nb::cast(value);
    });
    return result;
  });
}

void bind_linear_algebra(nb::module_& module) {
  define(module, "ops_gemm", "a: typing.Any, b: typing.Any, c: typing.Any, alpha: typing.Any, beta: typing.Any", "None",
         [](const ConstArray& a, const ConstArray& b, const AnyArray& c, double alpha, double beta) {
           by_type<float, double>(a.dtype(), FLOATS, [&]<class T>(T*) {
             const MaybeReleaseGil released(a.size() + b.size() + c.size());
             ops::gemm(static_cast<T>(alpha), matrix_of<const T>(a), matrix_of<const T>(b), static_cast<T>(beta),
                       matrix_of<T>(c));
           });
         });
  define(module, "ops_gemv", "a: typing.Any, x: typing.Any, y: typing.Any, alpha: typing.Any, beta: typing.Any", "None",
         [](const ConstArray& a, const ConstArray& x, const AnyArray& y, double alpha, double beta) {
           by_type<float, double>(a.dtype(), FLOATS, [&]<class T>(T*) {
             const MaybeReleaseGil released(a.size());
             ops::gemv(static_cast<T>(alpha), matrix_of<const T>(a), elements_of<T>(x), static_cast<T>(beta),
                       elements_of<T>(y));
           });
         });
  define(module, "ops_softmax", "x: typing.Any, result: typing.Any", "None",
         [](const ConstArray& x, const AnyArray& result) {
           by_type<float, double>(x.dtype(), FLOATS, [&]<class T>(T*) {
             const MaybeReleaseGil released(x.size());
             if (x.ndim() == 1) {
               ops::softmax(elements_of<T>(x), elements_of<T>(result));
             } else {
               ops::softmax(matrix_of<const T>(x), matrix_of<T>(result));
             }
           });
         });
  define(module, "ops_mse", "prediction: typing.Any, target: typing.Any", "float",
         [](const ConstArray& prediction, const ConstArray& target) {
           double result = 0;
           by_type<float, double>(prediction.dtype(), FLOATS, [&]<class T>(T*) {
             const MaybeReleaseGil released(prediction.size());
             result = ops::mse(elements_of<T>(prediction), elements_of<T>(target));
           });
           return result;
         });
  define(module, "ops_cross_entropy", "logits: typing.Any, labels: typing.Any", "float",
         [](const ConstArray& logits, const ConstArray& labels) {
           double result = 0;
           by_type<float, double>(logits.dtype(), FLOATS, [&]<class T>(T*) {
             const MaybeReleaseGil released(logits.size());
             result = ops::cross_entropy(matrix_of<const T>(logits), elements_of<std::uint32_t>(labels));
           });
           return result;
         });
}

}  // namespace

void bind_ops(nb::module_& module) {
  bind_elementwise(module);
  bind_arrangement(module);
  bind_reductions(module);
  bind_linear_algebra(module);
  module.def("ops_targets", &ops::targets);
  module.def("ops_target", &ops::target);
  module.def("ops_set_target", [](const std::string& name) { ops::set_target(name); }, nb::arg("name"));
  module.def("ops_has_blas", &ops::has_blas);
}

}  // namespace armillion::python
