#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "armillion/ops.hpp"
#include "armillion/ops/buffer_matrices.hpp"
#include "ops/matrix_products.hpp"
#include "unit/ops/executors/support.hpp"
#include "unit/ops/support.hpp"

namespace armillion::ops::test {
namespace {

// The functions of buffers that are not in executor_test.cpp, on each executor, compared with the same on arrays. The
// host's kernels are those of a target with fused multiplication: what the others have, too.

template <class T>
void expect_elementary_functions(const Executor& executor, const std::vector<T>& x) {
  const auto expect = [&](const char* name, const auto& function) {
    SCOPED_TRACE(name);
    std::vector<T> expected(x.size());
    function(x, expected);
    const Buffer<T> buffer(executor, x);
    Buffer<T> result(executor, x.size());
    function(buffer, result);
    expect_same(elements_of(result), expected);
  };
  expect("exp", exp);
  expect("log", log);
  expect("sigmoid", sigmoid);
  expect("tanh", tanh);
  expect("gelu", gelu);
}

template <class T>
void expect_comparisons(const Executor& executor, std::size_t size) {
  SCOPED_TRACE(size);
  std::vector<T> a = mixed_values<T>(size, size);
  const std::vector<T> b = mixed_values<T>(size, size + 1);
  for (std::size_t i = 0; i < size; i += 3) a[i] = b[i];  // some that are equal
  const Buffer<T> buffers[]{{executor, a}, {executor, b}};
  const auto expect = [&](const char* name, const auto& comparison) {
    SCOPED_TRACE(name);
    std::vector<std::uint8_t> expected(size);
    comparison(a, b, expected);
    Buffer<std::uint8_t> mask(executor, std::vector<std::uint8_t>(size, 0xee));
    comparison(buffers[0], buffers[1], mask);
    EXPECT_EQ(elements_of(mask), expected);
    comparison(a, T{2}, expected);
    comparison(buffers[0], T{2}, mask);
    EXPECT_EQ(elements_of(mask), expected);
  };
  expect("equal", equal);
  expect("not_equal", not_equal);
  expect("less", less);
  expect("less_equal", less_equal);
  expect("greater", greater);
  expect("greater_equal", greater_equal);
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
}

template <class T>
void expect_where(const Executor& executor, std::size_t size) {
  SCOPED_TRACE(size);
  const std::vector<T> a = random_bits<T>(size, 1);
  const std::vector<T> b = random_bits<T>(size, 2);
  std::vector<std::uint8_t> mask(size);
  for (std::size_t i = 0; i < size; ++i) mask[i] = static_cast<std::uint8_t>(i % 5 == 0 ? 0 : i % 5 == 1 ? 0x80 : 1);
  std::vector<T> expected(size);
  where(mask, a, b, expected);
  const Buffer<std::uint8_t> on_executor(executor, mask);
  Buffer<T> first(executor, a);
  Buffer<T> second(executor, b);
  Buffer<T> result(executor, size);
  where(on_executor, first, second, result);
  EXPECT_TRUE(same_bits(elements_of(result), expected));
  where(on_executor, first, second, second);
  EXPECT_TRUE(same_bits(elements_of(second), expected));
}

/// Indices that repeat, and some that never come.
std::vector<std::uint32_t> indices_below(std::uint32_t bound, std::size_t size) {
  std::mt19937 random(bound);
  std::vector<std::uint32_t> indices(size);
  for (std::uint32_t& index : indices) index = static_cast<std::uint32_t>(random()) % bound;
  return indices;
}

template <class T>
void expect_gather_and_scatter(const Executor& executor, std::uint32_t many, std::size_t few) {
  SCOPED_TRACE(many);
  const std::vector<std::uint32_t> indices = indices_below(many, few);
  const Buffer<std::uint32_t> index_buffer(executor, indices);
  {
    const std::vector<T> source = random_bits<T>(many, 3);
    std::vector<T> expected(few);
    gather(source, indices, expected);
    Buffer<T> result(executor, few);
    gather(Buffer<T>(executor, source), index_buffer, result);
    EXPECT_TRUE(same_bits(elements_of(result), expected));
  }
  const std::vector<T> source = random_bits<T>(few, 4);
  std::vector<T> expected = random_bits<T>(many, 5);
  Buffer<T> result(executor, expected);
  scatter(source, indices, expected);
  scatter(Buffer<T>(executor, source), index_buffer, result);
  EXPECT_TRUE(same_bits(elements_of(result), expected));
}

/// Integers are exact; sums of float64 differ by the roundings of another order at most.
template <class T>
void expect_prefix_sum(const Executor& executor, std::size_t size) {
  SCOPED_TRACE(size);
  const std::vector<T> x = std::is_integral_v<T> ? random_bits<T>(size, 6) : uniform<T>(size, -1, 1, 6);
  std::vector<T> expected(size);
  prefix_sum(x, expected);
  Buffer<T> buffer(executor, x);
  Buffer<T> result(executor, size);
  prefix_sum(buffer, result);
  const std::vector<T> actual = elements_of(result);
  prefix_sum(buffer, buffer);
  EXPECT_TRUE(same_bits(elements_of(buffer), actual));
  if (std::is_integral_v<T> || !executor.name().starts_with("cuda")) {
    EXPECT_TRUE(same_bits(actual, expected));
    return;
  }
  long double exact = 0;
  double magnitudes = 0;
  for (std::size_t i = 0; i < size; ++i) {
    exact += static_cast<long double>(x[i]);
    magnitudes += std::abs(static_cast<double>(x[i]));
    const double bound = 64 * magnitudes * std::numeric_limits<double>::epsilon() +
                         std::abs(static_cast<double>(exact)) * static_cast<double>(std::numeric_limits<T>::epsilon());
    ASSERT_LE(std::abs(static_cast<double>(static_cast<long double>(actual[i]) - exact)), bound) << i;
  }
}

template <class T>
void expect_softmax(const Executor& executor, std::size_t rows, std::size_t columns) {
  SCOPED_TRACE(rows);
  SCOPED_TRACE(columns);
  std::vector<T> x = uniform<T>(rows * columns, -30, 30, columns);
  // Rows of all kinds.
  const T infinity = std::numeric_limits<T>::infinity();
  if (rows > 3 && columns > 2) {
    x[1 * columns + 2] = -infinity;
    x[2 * columns + 1] = infinity;
    x[3 * columns] = std::numeric_limits<T>::quiet_NaN();
    for (std::size_t i = 0; i < columns && rows > 4; ++i) x[4 * columns + i] = -infinity;
  }
  std::vector<T> expected(x.size());
  softmax(MatrixView(x, rows, columns), MatrixView(expected, rows, columns));
  Buffer<T> buffer(executor, x);
  Buffer<T> result(executor, x.size());
  softmax(BufferMatrix(buffer, rows, columns), BufferMatrix(result, rows, columns));
  expect_same(elements_of(result), expected);
  softmax(BufferMatrix(buffer, rows, columns), BufferMatrix(buffer, rows, columns));
  expect_same(elements_of(buffer), expected);
  if (rows == 1) {
    buffer.upload(x);
    softmax(buffer, result);
    expect_same(elements_of(result), expected);
  }
}

/// To the bit; on the host, where a BLAS has its own order, nearly.
template <class T>
void expect_product(const Executor& executor, const Buffer<T>& buffer, const std::vector<T>& expected) {
  const std::vector<T> actual = elements_of(buffer);
  if (executor.name() != "host" || !has_blas()) return expect_same(actual, expected);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], 1000 * std::numeric_limits<T>::epsilon()) << i;
  }
}

/// By the library's own kernels, as where there is no BLAS.
template <class T>
void multiply_on_arrays(T alpha, const std::vector<T>& a, const std::vector<T>& b, T beta, std::vector<T>& c,
                        std::size_t rows, std::size_t columns, std::size_t depth) {
  multiply_by_kernels(MatrixProduct<T>{.rows = rows,
                                       .columns = columns,
                                       .depth = depth,
                                       .alpha = alpha,
                                       .a = a.data(),
                                       .a_stride = depth,
                                       .b = b.data(),
                                       .b_stride = columns,
                                       .beta = beta,
                                       .c = c.data(),
                                       .c_stride = columns});
}

template <class T>
void expect_products(const Executor& executor, std::size_t rows, std::size_t columns, std::size_t depth) {
  SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(columns) + " " + std::to_string(depth));
  const std::vector<T> a = uniform<T>(rows * depth, -1, 1, rows);
  const std::vector<T> b = uniform<T>(depth * columns, -1, 1, columns);
  const std::vector<T> before = uniform<T>(rows * columns, -1, 1, depth);
  const Buffer<T> on_executor[]{{executor, a}, {executor, b}};
  const BufferMatrix of_a(on_executor[0], rows, depth);
  const BufferMatrix of_b(on_executor[1], depth, columns);
  std::vector<T> expected(before.size(), std::numeric_limits<T>::quiet_NaN());  // which nobody reads
  Buffer<T> c(executor, expected);
  multiply_on_arrays(T{1}, a, b, T{0}, expected, rows, columns, depth);
  gemm(of_a, of_b, BufferMatrix(c, rows, columns));
  expect_product(executor, c, expected);
  expected = before;
  c.upload(before);
  multiply_on_arrays(T{1.5}, a, b, T{-0.3}, expected, rows, columns, depth);
  gemm(T{1.5}, of_a, of_b, T{-0.3}, BufferMatrix(c, rows, columns));
  expect_product(executor, c, expected);
}

template <class T>
void expect_vector_products(const Executor& executor, std::size_t rows, std::size_t columns) {
  SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(columns));
  const std::vector<T> a = uniform<T>(rows * columns, -1, 1, rows);
  const std::vector<T> x = uniform<T>(columns, -1, 1, columns);
  const Buffer<T> on_executor[]{{executor, a}, {executor, x}};
  const BufferMatrix of_a(on_executor[0], rows, columns);
  for (const auto& [alpha, beta] : {std::pair<T, T>{1, 0}, {T{1.5}, T{-0.3}}}) {
    std::vector<T> expected =
        beta == 0 ? std::vector<T>(rows, std::numeric_limits<T>::quiet_NaN()) : uniform<T>(rows, -1, 1, 9);
    Buffer<T> y(executor, expected);
    multiply_by_kernels(VectorProduct<T>{.rows = rows,
                                         .columns = columns,
                                         .alpha = alpha,
                                         .a = a.data(),
                                         .a_stride = columns,
                                         .x = x.data(),
                                         .beta = beta,
                                         .y = expected.data()});
    alpha == 1 ? gemv(of_a, on_executor[1], y) : gemv(alpha, of_a, on_executor[1], beta, y);
    expect_product(executor, y, expected);
  }
}

template <class T>
void expect_losses(const Executor& executor, std::size_t rows, std::size_t columns) {
  SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(columns));
  const std::vector<T> logits = uniform<T>(rows * columns, -20, 20, rows);
  const std::vector<T> target = uniform<T>(rows * columns, -20, 20, columns);
  const std::vector<std::uint32_t> labels = indices_below(static_cast<std::uint32_t>(columns), rows);
  const Buffer<T> buffers[]{{executor, logits}, {executor, target}};
  EXPECT_EQ(mse(buffers[0], buffers[1]), mse(std::span(logits), std::span(target)));
  EXPECT_EQ(cross_entropy(BufferMatrix(buffers[0], rows, columns), Buffer<std::uint32_t>(executor, labels)),
            cross_entropy(MatrixView<const T>(logits, rows, columns), labels));
  EXPECT_EQ(cross_entropy(buffers[0], logits.size() - 1), cross_entropy(std::span(logits), logits.size() - 1));
}

/// With the host's target that has fused multiplication; the scalar kernels call the C library's exponential.
class FunctionsTest : public OnDeviceTest {
 protected:
  void SetUp() override {
    OnDeviceTest::SetUp();
    if (IsSkipped()) return;
    if (fused_target().empty()) GTEST_SKIP() << "this CPU has no fused multiplication";
    set_target(fused_target());
  }
};
INSTANTIATE_TEST_SUITE_P(Cpu, FunctionsTest,
                         ::testing::Values(OnDevice{"host", Executor::host, false},
                                           OnDevice{"machine", [] { return Executor::machine(); }, false}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(HostLanes, FunctionsTest, ::testing::Values(MACHINE_ON_HOST_LANES, KERNELS_ON_HOST_LANES),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Gpu, FunctionsTest, ::testing::Values(MACHINE_ON_GPU, KERNELS_ON_GPU), name_of);

TEST_P(FunctionsTest, ElementaryFunctionsHaveTheBitsOfTargetsWithFusedMultiplication) {
  for (const std::size_t size : {1, 2, 3, 5, 67}) {
    expect_elementary_functions(*executor, mixed_values<float>(size, size));
    expect_elementary_functions(*executor, mixed_values<double>(size, size));
  }
  expect_elementary_functions(*executor, mixed_values<float>(200'000, 1));
  expect_elementary_functions(*executor, mixed_values<double>(200'000, 2));
  expect_elementary_functions(*executor, uniform<float>(100'000, -20, 20, 3));
  expect_elementary_functions(*executor, uniform<double>(100'000, -50, 50, 4));
}

TEST_P(FunctionsTest, ComparisonsWriteMasks) {
  for (const std::size_t size : {0, 1, 2, 3, 4, 5, 7, 63, 100, 4096, 4099, 20'001}) {
    expect_comparisons<float>(*executor, size);
    expect_comparisons<double>(*executor, size);
    expect_comparisons<std::int32_t>(*executor, size);
  }
}

TEST_P(FunctionsTest, WhereTakesBits) {
  for (const std::size_t size : {0, 1, 5, 4096, 4099, 20'001}) {
    expect_where<float>(*executor, size);
    expect_where<double>(*executor, size);
    expect_where<std::int32_t>(*executor, size);
  }
}

TEST_P(FunctionsTest, GatherAndScatterFollowIndices) {
  for (const auto& [many, few] : {std::pair{1U, 5UZ}, {10U, 0UZ}, {10U, 100UZ}, {30'000U, 10'000UZ}}) {
    expect_gather_and_scatter<float>(*executor, many, few);
    expect_gather_and_scatter<double>(*executor, many, few);
    expect_gather_and_scatter<std::int32_t>(*executor, many, few);
  }
}

TEST_P(FunctionsTest, PrefixSumsAddFromTheLeft) {
  for (const std::size_t size : {0, 1, 7, 8, 9, 2047, 2048, 2049, 10'000}) {
    expect_prefix_sum<float>(*executor, size);
    expect_prefix_sum<double>(*executor, size);
    expect_prefix_sum<std::int32_t>(*executor, size);
  }
}

TEST_P(FunctionsTest, SoftmaxIsOfEachRow) {
  for (const auto& [rows, columns] :
       {std::pair{0UZ, 3UZ}, {3UZ, 0UZ}, {1UZ, 1UZ}, {1UZ, 10'001UZ}, {7UZ, 33UZ}, {6UZ, 4096UZ}, {5UZ, 8195UZ}}) {
    expect_softmax<float>(*executor, rows, columns);
    expect_softmax<double>(*executor, rows, columns);
  }
}

TEST_P(FunctionsTest, ProductsHaveTheOrderOfTheLibrarysKernels) {
  struct Shape {
    std::size_t rows, columns, depth;
  };
  for (const auto& [rows, columns, depth] : {Shape{1, 1, 1}, Shape{3, 5, 0}, Shape{2, 3, 7}, Shape{17, 9, 8},
                                             Shape{64, 128, 16}, Shape{130, 67, 33}, Shape{129, 257, 20}}) {
    expect_products<float>(*executor, rows, columns, depth);
    expect_products<double>(*executor, rows, columns, depth);
  }
}

/// Nothing is added behind the depth, not even a zero.
TEST_P(FunctionsTest, ProductsKeepTheSignsOfZeros) {
  if (executor->name() == "host" && has_blas()) GTEST_SKIP() << "a BLAS may add zeros";
  for (const std::size_t depth : {1, 3, 8, 9}) {
    const Buffer a(*executor, std::vector<float>(2 * depth, 0));
    const Buffer b(*executor, std::vector<float>(depth * 3, -1));
    Buffer c(*executor, std::vector<float>(6, -0.0F));
    gemm(1.0F, BufferMatrix(a, 2, depth), BufferMatrix(b, depth, 3), 1.0F, BufferMatrix(c, 2, 3));
    expect_same(elements_of(c), std::vector<float>(6, -0.0F));
  }
}

TEST_P(FunctionsTest, VectorProductsAreDots) {
  for (const auto& [rows, columns] : {std::pair{1UZ, 1UZ}, {3UZ, 0UZ}, {5UZ, 67UZ}, {70UZ, 64UZ}, {3UZ, 9001UZ}}) {
    expect_vector_products<float>(*executor, rows, columns);
    expect_vector_products<double>(*executor, rows, columns);
  }
}

TEST_P(FunctionsTest, LossesAreThoseOfArrays) {
  for (const auto& [rows, columns] : {std::pair{1UZ, 1UZ}, {1UZ, 10UZ}, {9UZ, 5000UZ}}) {
    expect_losses<float>(*executor, rows, columns);
    expect_losses<double>(*executor, rows, columns);
  }
}

TEST_P(FunctionsTest, ErrorsComeBeforeAnythingIsWritten) {
  const Buffer<float> x(*executor, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Buffer<float> shorter(*executor, 5);
  const Buffer<std::uint32_t> indices(*executor, std::vector<std::uint32_t>{0, 5, 2, 1, 0, 6});
  Buffer<std::uint8_t> mask(*executor, std::vector<std::uint8_t>(6, 7));
  Buffer<float> result(*executor, std::vector<float>(6, 7));
  const Executor other = Executor::host();
  const Buffer<float> elsewhere(other, 6);
  const Buffer<std::uint32_t> indices_elsewhere(other, 6);
  const Buffer<std::uint8_t> mask_elsewhere(other, 6);
  expect_invalid([&] { less(x, shorter, mask); });
  expect_invalid([&] { less(shorter, 1.0F, mask); });
  expect_invalid([&] { less(x, elsewhere, mask); });
  expect_invalid([&] { where(mask, x, shorter, result); });
  expect_invalid([&] { where(mask_elsewhere, x, x, result); });
  expect_invalid([&] { gather(x, indices, result); });  // 6 is one too many
  expect_invalid([&] { gather(result, indices, result); });
  expect_invalid([&] { gather(elsewhere, indices, result); });
  expect_invalid([&] { gather(x, indices_elsewhere, result); });
  expect_invalid([&] { scatter(x, indices, result); });
  expect_invalid([&] { scatter(shorter, indices, result); });
  expect_invalid([&] { scatter(result, indices, result); });
  expect_invalid([&] { prefix_sum(shorter, result); });
  expect_invalid([&] { BufferMatrix(x, 2, 4); });
  expect_invalid([&] { BufferMatrix(x, 2, 0); });
  const auto matrix = [](auto& buffer, std::size_t rows) { return BufferMatrix(buffer, rows, 6 / rows); };
  expect_invalid([&] { softmax(shorter, result); });
  expect_invalid([&] { softmax(matrix(x, 2), matrix(result, 3)); });
  expect_invalid([&] { gemm(matrix(x, 2), matrix(x, 2), matrix(result, 2)); });
  expect_invalid([&] { gemm(matrix(x, 6), matrix(x, 1), matrix(result, 2)); });
  expect_invalid([&] { gemm(matrix(result, 6), BufferMatrix(shorter, 1, 5), matrix(result, 1)); });
  expect_invalid([&] { gemm(matrix(elsewhere, 1), matrix(x, 6), matrix(result, 1)); });
  expect_invalid([&] { gemv(matrix(x, 2), shorter, result); });
  expect_invalid([&] { gemv(matrix(x, 1), result, result); });
  expect_invalid([&] { mse(x, shorter); });
  expect_invalid([&] { mse(Buffer<float>(*executor, 0), Buffer<float>(*executor, 0)); });
  expect_invalid([&] { cross_entropy(x, 6); });
  expect_invalid([&] { cross_entropy(matrix(x, 6), indices); });
  expect_invalid([&] { cross_entropy(matrix(x, 2), indices); });
  EXPECT_EQ(elements_of(result), std::vector<float>(6, 7));
  EXPECT_EQ(elements_of(mask), std::vector<std::uint8_t>(6, 7));
}

class KernelFunctionsTest : public FunctionsTest {};
INSTANTIATE_TEST_SUITE_P(HostLanes, KernelFunctionsTest, ::testing::Values(KERNELS_ON_HOST_LANES), name_of);
INSTANTIATE_TEST_SUITE_P(Gpu, KernelFunctionsTest, ::testing::Values(KERNELS_ON_GPU), name_of);

/// Enough for large tiles, of both types.
TEST_P(KernelFunctionsTest, LargeProductsHaveTheOrderOfTheLibrarysKernels) {
  expect_products<float>(*executor, 2049, 1930, 2);
  expect_products<double>(*executor, 1025, 1090, 17);
}

/// More levels than one: sums of chunks have chunks, too.
TEST_P(KernelFunctionsTest, LongPrefixSumsAddFromTheLeft) {
  const std::size_t size = std::size_t{2049} * 2048 + 3;
  expect_prefix_sum<float>(*executor, size);
  expect_prefix_sum<double>(*executor, size);
  expect_prefix_sum<std::int32_t>(*executor, size);
}

}  // namespace
}  // namespace armillion::ops::test
