#include "armillion/ops/linear_algebra.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <span>
#include <thread>
#include <vector>

#include "ops/matrix_products.hpp"
#include "support.hpp"

namespace armillion::ops::test {
namespace {

template <class T>
class MatrixTest : public ::testing::Test {};
using FloatingPoint = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MatrixTest, FloatingPoint);

struct Shape {
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
};

/// Around the tiles and blocks of the kernels.
const std::vector<Shape> SHAPES{{1, 1, 1},     {1, 7, 3},    {6, 16, 8},    {7, 17, 9},     {5, 31, 256},
                                {13, 64, 257}, {97, 33, 40}, {100, 100, 1}, {48, 1100, 300}};

/// Matrices in wider ones, whose other elements are NaNs.
template <class T>
struct Operands {
  explicit Operands(Shape shape)
      : shape(shape),
        a_stride(shape.depth + 3),
        b_stride(shape.columns + 2),
        a(padded(shape.rows, shape.depth, a_stride, 1)),
        b(padded(shape.depth, shape.columns, b_stride, 2)),
        c(padded(shape.rows, shape.columns, b_stride, 3)) {}

  static std::vector<T> padded(std::size_t rows, std::size_t columns, std::size_t stride, std::uint64_t seed) {
    const std::vector<T> values = uniform<T>(rows * columns, -1, 1, seed);
    std::vector<T> matrix(rows * stride, std::numeric_limits<T>::quiet_NaN());
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(values.begin() + row * columns, columns, matrix.begin() + row * stride);
    }
    return matrix;
  }

  MatrixView<const T> a_view() const { return {a, shape.rows, shape.depth, a_stride}; }
  MatrixView<const T> b_view() const { return {b, shape.depth, shape.columns, b_stride}; }
  MatrixView<T> view(std::vector<T>& matrix) const { return {matrix, shape.rows, shape.columns, b_stride}; }

  MatrixProduct<T> product(T alpha, T beta, T* result) const {
    return {shape.rows, shape.columns, shape.depth, alpha,  a.data(), a_stride,
            b.data(),   b_stride,      beta,        result, b_stride};
  }

  Shape shape;
  std::size_t a_stride;
  std::size_t b_stride;
  std::vector<T> a;
  std::vector<T> b;
  std::vector<T> c;
};

/// Whether each element is as near to the exact product as the header says, and what is between rows untouched.
template <class T>
void expect_product(const Operands<T>& operands, T alpha, T beta, const std::vector<T>& result) {
  const Shape shape = operands.shape;
  const long double unit = (std::is_same_v<T, float> ? 0x1p-24L : 0x1p-53L) * (target() == "SSE4" ? 2 : 1);
  for (std::size_t row = 0; row < shape.rows; ++row) {
    for (std::size_t column = 0; column < operands.b_stride; ++column) {
      const T actual = result[row * operands.b_stride + column];
      if (column >= shape.columns) {
        ASSERT_TRUE(is_nan(actual));
        continue;
      }
      long double exact = beta == 0 ? 0 : static_cast<long double>(beta) * operands.c[row * operands.b_stride + column];
      long double magnitude = std::abs(exact);
      for (std::size_t k = 0; k < shape.depth; ++k) {
        const long double term = static_cast<long double>(alpha) * operands.a[row * operands.a_stride + k] *
                                 operands.b[k * operands.b_stride + column];
        exact += term;
        magnitude += std::abs(term);
      }
      ASSERT_LE(std::abs(actual - exact), static_cast<long double>(shape.depth + 3) * unit * magnitude)
          << row << ", " << column;
    }
  }
}

TYPED_TEST(MatrixTest, ProductsAreWithinTheStatedBound) {
  for (const Shape shape : SHAPES) {
    SCOPED_TRACE(std::to_string(shape.rows) + " x " + std::to_string(shape.columns) + " x " +
                 std::to_string(shape.depth));
    const Operands<TypeParam> operands(shape);
    std::vector<TypeParam> plain = operands.c;
    gemm(operands.a_view(), operands.b_view(), operands.view(plain));
    expect_product<TypeParam>(operands, 1, 0, plain);
    std::vector<TypeParam> scaled = operands.c;
    gemm(TypeParam{2}, operands.a_view(), operands.b_view(), TypeParam{-0.5}, operands.view(scaled));
    expect_product<TypeParam>(operands, 2, -0.5, scaled);
  }
}

TYPED_TEST(MatrixTest, KernelsGiveTheScalarKernelsBitsWhereTheTargetRoundsOnce) {
  for (const Shape shape : SHAPES) {
    SCOPED_TRACE(std::to_string(shape.rows) + " x " + std::to_string(shape.columns) + " x " +
                 std::to_string(shape.depth));
    const Operands<TypeParam> operands(shape);
    std::vector<TypeParam> expected = operands.c;
    SCALAR_KERNELS.of<TypeParam>().multiply_matrices(operands.product(1.5, 0.75, expected.data()));
    for_each_target([&] {
      std::vector<TypeParam> result = operands.c;
      multiply_by_kernels(operands.product(1.5, 0.75, result.data()));
      expect_product<TypeParam>(operands, 1.5, 0.75, result);
      if (target() != "SSE4") expect_same(result, expected);
    });
  }
}

TYPED_TEST(MatrixTest, VectorsAreMultipliedRowByRow) {
  for (const Shape shape : SHAPES) {
    const Operands<TypeParam> operands({shape.rows, 1, shape.depth});
    std::vector<TypeParam> x(shape.depth);
    for (std::size_t k = 0; k < shape.depth; ++k) x[k] = operands.b[k * operands.b_stride];
    std::vector<TypeParam> before(shape.rows);
    for (std::size_t row = 0; row < shape.rows; ++row) before[row] = operands.c[row * operands.b_stride];
    const auto expect = [&](TypeParam alpha, TypeParam beta, const std::vector<TypeParam>& y) {
      std::vector<TypeParam> result = operands.c;
      for (std::size_t row = 0; row < shape.rows; ++row) result[row * operands.b_stride] = y[row];
      expect_product(operands, alpha, beta, result);
    };
    std::vector<TypeParam> y(shape.rows, std::numeric_limits<TypeParam>::quiet_NaN());
    gemv(operands.a_view(), x, y);
    expect(1, 0, y);
    y = before;
    gemv(TypeParam{2}, operands.a_view(), x, TypeParam{-0.5}, y);
    expect(2, -0.5, y);
    for_each_target([&] {
      y = before;
      multiply_by_kernels(VectorProduct<TypeParam>{shape.rows, shape.depth, TypeParam{2}, operands.a.data(),
                                                   operands.a_stride, x.data(), TypeParam{-0.5}, y.data()});
      expect(2, -0.5, y);
    });
  }
}

TYPED_TEST(MatrixTest, EmptyProductsAreZeros) {
  std::vector<TypeParam> c(6, TypeParam{7});
  const std::vector<TypeParam> none;
  gemm(MatrixView<const TypeParam>(none, 2, 0), MatrixView<const TypeParam>(none, 0, 3),
       MatrixView<TypeParam>(c, 2, 3));
  EXPECT_EQ(c, std::vector<TypeParam>(6, TypeParam{0}));
  std::vector<TypeParam> y(2, TypeParam{7});
  gemv(MatrixView<const TypeParam>(none, 2, 0), none, y);
  EXPECT_EQ(y, std::vector<TypeParam>(2, TypeParam{0}));
  std::vector<TypeParam> nothing;
  gemm(MatrixView<const TypeParam>(none, 0, 2), MatrixView<const TypeParam>(c, 2, 3),
       MatrixView<TypeParam>(nothing, 0, 3));
}

TYPED_TEST(MatrixTest, AlphaOfZeroReadsNeitherMatrix) {
  const std::vector<TypeParam> nans(4, std::numeric_limits<TypeParam>::quiet_NaN());
  std::vector<TypeParam> c{1, 2, 3, 4};
  const MatrixView<const TypeParam> matrix(nans, 2, 2);
  gemm(TypeParam{0}, matrix, matrix, TypeParam{2}, MatrixView<TypeParam>(c, 2, 2));
  EXPECT_EQ(c, (std::vector<TypeParam>{2, 4, 6, 8}));
  std::vector<TypeParam> y{1, 2};
  gemv(TypeParam{0}, matrix, std::span(nans).first(2), TypeParam{2}, y);
  EXPECT_EQ(y, (std::vector<TypeParam>{2, 4}));
}

TYPED_TEST(MatrixTest, ThreadsGiveProductsToo) {
  const Operands<TypeParam> operands({500, 100, 90});
  Threads threads;
  std::vector<TypeParam> result = operands.c;
  gemm(threads, operands.a_view(), operands.b_view(), operands.view(result));
  expect_product<TypeParam>(operands, 1, 0, result);
  EXPECT_GT(threads.pieces(), 1U);
  const std::vector<TypeParam> tall = uniform<TypeParam>(20'000 * 128, -1, 1, 1);
  const std::vector<TypeParam> x = uniform<TypeParam>(128, -1, 1, 2);
  std::vector<TypeParam> expected(20'000);
  gemv(MatrixView<const TypeParam>(tall, 20'000, 128), x, expected);
  std::vector<TypeParam> y(20'000);
  Threads more;
  gemv(more, MatrixView<const TypeParam>(tall, 20'000, 128), x, y);
  for (std::size_t row = 0; row < y.size(); ++row) ASSERT_NEAR(y[row], expected[row], 1e-4);
  EXPECT_GT(more.pieces(), 1U);
}

TYPED_TEST(MatrixTest, ThreadsMultiplyMatricesOfTheirOwn) {
  const Operands<TypeParam> operands({60, 50, 70});
  constexpr int TIMES = 200;
  std::vector<std::vector<TypeParam>> results(4, operands.c);
  std::vector<int> differing(results.size());
  std::vector<TypeParam> expected = operands.c;
  gemm(operands.a_view(), operands.b_view(), operands.view(expected));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < TIMES; ++k) {
        gemm(operands.a_view(), operands.b_view(), operands.view(results[i]));
        for (std::size_t j = 0; j < expected.size(); ++j) {
          // Elements around the matrix are NaNs.
          const bool are_nans = std::isnan(results[i][j]) && std::isnan(expected[j]);
          if (results[i][j] != expected[j] && !are_nans) ++differing[i];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(differing, std::vector<int>(results.size()));
}

TYPED_TEST(MatrixTest, ErrorsComeBeforeAnythingIsWritten) {
  const std::vector<TypeParam> six(6, TypeParam{1});
  std::vector<TypeParam> c(6, TypeParam{7});
  const MatrixView<const TypeParam> a(six, 2, 3);
  const MatrixView<const TypeParam> b(six, 3, 2);
  expect_invalid([&] { gemm(a, a, MatrixView<TypeParam>(c, 2, 3)); });
  expect_invalid([&] { gemm(a, b, MatrixView<TypeParam>(c, 2, 3)); });
  expect_invalid([&] { gemm(a, b, MatrixView<TypeParam>(c, 3, 2)); });
  expect_invalid([&] { gemm(MatrixView<TypeParam>(c, 2, 3), b, MatrixView<TypeParam>(std::span(c).first(4), 2, 2)); });
  expect_invalid([&] { gemv(a, std::span(six).first(2), std::span(c).first(2)); });
  expect_invalid([&] { gemv(a, std::span(six).first(3), std::span(c).first(3)); });
  expect_invalid([&] { gemv(a, std::span(c).first(3), std::span(c).first(2)); });
  EXPECT_EQ(c, std::vector<TypeParam>(6, TypeParam{7}));
}

}  // namespace
}  // namespace armillion::ops::test
