#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>

#include "armillion/ops/buffer_matrices.hpp"
#include "armillion/ops/executor.hpp"
#include "bindings.hpp"
#include "executor_holder.hpp"

// The functions of ops.cpp on buffers, whose names begin with `buffer_`. armillion.ops has checked shapes, and has made
// the results; the library checks sizes and executors.

namespace armillion::python {

namespace {

constexpr const char* FLOATS = "float32 or float64";
constexpr const char* NUMBERS = "float32, float64 or int32";

bool is_buffer(nb::handle operand) { return nb::isinstance<BufferHolder>(operand); }

template <class T>
ops::Buffer<T>& buffer_of(nb::handle operand) {
  return nb::cast<BufferHolder&>(operand).of<T>();
}

template <class... Types, class Operation>
void bind_unary(nb::module_& module, const char* name, const char* allowed, const Operation& operation) {
  module.def(name, [&operation, allowed](BufferHolder& x, BufferHolder& result) {
    by_type<Types...>(x, allowed, [&]<class T>(T*) {
      auto& into = result.of<T>();
      result.executor().run(result.size(), [&] { operation(x.of<T>(), into); });
    });
  });
}

template <class... Types, class Operation>
void bind_binary(nb::module_& module, const char* name, const char* allowed, const Operation& operation) {
  module.def(name, [&operation, allowed](nb::handle a, nb::handle b, BufferHolder& result) {
    by_type<Types...>(result, allowed, [&]<class T>(T*) {
      auto& into = result.of<T>();
      const auto run = [&](const auto& first, const auto& second) {
        result.executor().run(result.size(), [&] { operation(first, second, into); });
      };
      if (is_buffer(a) && is_buffer(b)) return run(buffer_of<T>(a), buffer_of<T>(b));
      is_buffer(a) ? run(buffer_of<T>(a), nb::cast<T>(b)) : run(nb::cast<T>(a), buffer_of<T>(b));
    });
  });
}

template <class Operation>
void bind_comparison(nb::module_& module, const char* name, const Operation& operation) {
  module.def(name, [&operation](BufferHolder& a, nb::handle b, BufferHolder& mask) {
    by_type<float, double, std::int32_t>(a, NUMBERS, [&]<class T>(T*) {
      auto& into = mask.of<std::uint8_t>();
      const auto run = [&](const auto& second) {
        mask.executor().run(mask.size(), [&] { operation(a.of<T>(), second, into); });
      };
      is_buffer(b) ? run(buffer_of<T>(b)) : run(nb::cast<T>(b));
    });
  });
}

template <class Operation>
void bind_reduction(nb::module_& module, const char* name, const Operation& operation) {
  module.def(name, [&operation](BufferHolder& x) {
    nb::object result;
    by_type<float, double, std::int32_t>(x, NUMBERS, [&]<class T>(T*) {
      auto& elements = x.of<T>();
      result = nb::cast(x.executor().run(x.size(), [&] { return operation(elements); }));
    });
    return result;
  });
}

void bind_elementwise(nb::module_& module) {
  bind_binary<float, double, std::int32_t>(module, "buffer_add", NUMBERS, ops::add);
  bind_binary<float, double, std::int32_t>(module, "buffer_sub", NUMBERS, ops::sub);
  bind_binary<float, double, std::int32_t>(module, "buffer_mul", NUMBERS, ops::mul);
  bind_binary<float, double>(module, "buffer_div", FLOATS, ops::div);
  bind_binary<float, double, std::int32_t>(module, "buffer_minimum", NUMBERS, ops::minimum);
  bind_binary<float, double, std::int32_t>(module, "buffer_maximum", NUMBERS, ops::maximum);
  bind_unary<float, double, std::int32_t>(module, "buffer_abs", NUMBERS, ops::abs);
  bind_unary<float, double, std::int32_t>(module, "buffer_neg", NUMBERS, ops::neg);
  bind_unary<float, double, std::int32_t>(module, "buffer_relu", NUMBERS, ops::relu);
  bind_unary<float, double>(module, "buffer_exp", FLOATS, ops::exp);
  bind_unary<float, double>(module, "buffer_log", FLOATS, ops::log);
  bind_unary<float, double>(module, "buffer_sigmoid", FLOATS, ops::sigmoid);
  bind_unary<float, double>(module, "buffer_tanh", FLOATS, ops::tanh);
  bind_unary<float, double>(module, "buffer_gelu", FLOATS, ops::gelu);
  module.def("buffer_fma", [](BufferHolder& a, nb::handle b, BufferHolder& c, BufferHolder& result) {
    by_type<float, double>(result, FLOATS, [&]<class T>(T*) {
      const auto run = [&](const auto& factor) {
        result.executor().run(result.size(), [&] { ops::fma(a.of<T>(), factor, c.of<T>(), result.of<T>()); });
      };
      is_buffer(b) ? run(buffer_of<T>(b)) : run(nb::cast<T>(b));
    });
  });
  module.def("buffer_clip", [](BufferHolder& x, nb::handle low, nb::handle high, BufferHolder& result) {
    by_type<float, double, std::int32_t>(x, NUMBERS, [&]<class T>(T*) {
      const T least = nb::cast<T>(low);
      const T most = nb::cast<T>(high);
      result.executor().run(x.size(), [&] { ops::clip(x.of<T>(), least, most, result.of<T>()); });
    });
  });
}

void bind_arrangement(nb::module_& module) {
  bind_comparison(module, "buffer_equal", ops::equal);
  bind_comparison(module, "buffer_not_equal", ops::not_equal);
  bind_comparison(module, "buffer_less", ops::less);
  bind_comparison(module, "buffer_less_equal", ops::less_equal);
  bind_comparison(module, "buffer_greater", ops::greater);
  bind_comparison(module, "buffer_greater_equal", ops::greater_equal);
  bind_unary<float, double, std::int32_t>(module, "buffer_prefix_sum", NUMBERS, ops::prefix_sum);
  bind_unary<float, double, std::int32_t>(module, "buffer_copy", NUMBERS, ops::copy);
  module.def("buffer_fill", [](nb::handle value, BufferHolder& result) {
    by_type<float, double, std::int32_t>(result, NUMBERS, [&]<class T>(T*) {
      const T element = nb::cast<T>(value);
      result.executor().run(result.size(), [&] { ops::fill(element, result.of<T>()); });
    });
  });
  module.def("buffer_where", [](BufferHolder& mask, BufferHolder& a, BufferHolder& b, BufferHolder& result) {
    by_type<float, double, std::int32_t>(result, NUMBERS, [&]<class T>(T*) {
      result.executor().run(result.size(),
                            [&] { ops::where(mask.of<std::uint8_t>(), a.of<T>(), b.of<T>(), result.of<T>()); });
    });
  });
  module.def("buffer_gather", [](BufferHolder& source, BufferHolder& indices, BufferHolder& result) {
    by_type<float, double, std::int32_t>(source, NUMBERS, [&]<class T>(T*) {
      result.executor().run(indices.size(),
                            [&] { ops::gather(source.of<T>(), indices.of<std::uint32_t>(), result.of<T>()); });
    });
  });
  module.def("buffer_scatter", [](BufferHolder& source, BufferHolder& indices, BufferHolder& result) {
    by_type<float, double, std::int32_t>(source, NUMBERS, [&]<class T>(T*) {
      result.executor().run(indices.size(),
                            [&] { ops::scatter(source.of<T>(), indices.of<std::uint32_t>(), result.of<T>()); });
    });
  });
}

void bind_reductions(nb::module_& module) {
  bind_reduction(module, "buffer_sum", ops::sum);
  bind_reduction(module, "buffer_mean", ops::mean);
  bind_reduction(module, "buffer_min", ops::min);
  bind_reduction(module, "buffer_max", ops::max);
  bind_reduction(module, "buffer_argmax", ops::argmax);
  module.def(
      "buffer_dot",
      [](BufferHolder& a, BufferHolder& b) {
        nb::object result;
        by_type<float, double, std::int32_t>(a, NUMBERS, [&]<class T>(T*) {
          result = nb::cast(a.executor().run(a.size(), [&] { return ops::dot(a.of<T>(), b.of<T>()); }));
        });
        return result;
      },
      nb::sig("def buffer_dot(a: BufferElements, b: BufferElements, /) -> float | int"));
}

void bind_linear_algebra(nb::module_& module) {
  module.def("buffer_gemm", [](BufferHolder& a, BufferHolder& b, BufferHolder& c, std::size_t rows, std::size_t depth,
                               std::size_t columns, double alpha, double beta) {
    by_type<float, double>(c, FLOATS, [&]<class T>(T*) {
      c.executor().run(a.size() + b.size() + c.size(), [&] {
        const auto& left = a.of<T>();
        const auto& right = b.of<T>();
        ops::gemm(static_cast<T>(alpha), ops::BufferMatrix(left, rows, depth), ops::BufferMatrix(right, depth, columns),
                  static_cast<T>(beta), ops::BufferMatrix(c.of<T>(), rows, columns));
      });
    });
  });
  module.def("buffer_gemv", [](BufferHolder& a, BufferHolder& x, BufferHolder& y, std::size_t rows, std::size_t columns,
                               double alpha, double beta) {
    by_type<float, double>(y, FLOATS, [&]<class T>(T*) {
      y.executor().run(a.size(), [&] {
        const auto& matrix = a.of<T>();
        ops::gemv(static_cast<T>(alpha), ops::BufferMatrix(matrix, rows, columns), x.of<T>(), static_cast<T>(beta),
                  y.of<T>());
      });
    });
  });
  module.def("buffer_softmax", [](BufferHolder& x, BufferHolder& result, std::size_t rows, std::size_t columns) {
    by_type<float, double>(x, FLOATS, [&]<class T>(T*) {
      result.executor().run(x.size(), [&] {
        const auto& elements = x.of<T>();
        ops::softmax(ops::BufferMatrix(elements, rows, columns), ops::BufferMatrix(result.of<T>(), rows, columns));
      });
    });
  });
  module.def("buffer_mse", [](BufferHolder& prediction, BufferHolder& target) {
    double result = 0;
    by_type<float, double>(prediction, FLOATS, [&]<class T>(T*) {
      result =
          prediction.executor().run(prediction.size(), [&] { return ops::mse(prediction.of<T>(), target.of<T>()); });
    });
    return result;
  });
  module.def("buffer_cross_entropy",
             [](BufferHolder& logits, BufferHolder& labels, std::size_t rows, std::size_t columns) {
               double result = 0;
               by_type<float, double>(logits, FLOATS, [&]<class T>(T*) {
                 result = logits.executor().run(logits.size(), [&] {
                   const auto& scores = logits.of<T>();
                   return ops::cross_entropy(ops::BufferMatrix(scores, rows, columns), labels.of<std::uint32_t>());
                 });
               });
               return result;
             });
}

}  // namespace

void bind_ops_buffers(nb::module_& module) {
  bind_elementwise(module);
  bind_arrangement(module);
  bind_reductions(module);
  bind_linear_algebra(module);
}

}  // namespace armillion::python
