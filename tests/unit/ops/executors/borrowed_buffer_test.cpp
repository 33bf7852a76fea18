// Buffers over memory that is somebody else's.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "armillion/ops/buffer_matrices.hpp"
#include "armillion/ops/executor.hpp"
#include "support/expect_error.hpp"
#include "unit/ops/executors/support.hpp"

namespace armillion::ops::test {
namespace {

using armillion::test::expect_error;

void expect_shared(const std::function<void()>& action) {
  expect_error(ErrorCode::INVALID_ARGUMENT, {"the result shares memory with an argument"}, action);
}

std::vector<float> counted(std::size_t size) {
  std::vector<float> elements(size);
  std::iota(elements.begin(), elements.end(), 1.0F);
  return elements;
}

/// Executors whose buffers are in this process's memory.
std::vector<Executor> executors_of_host_memory() { return {Executor::host(), Executor::cuda("host-lanes")}; }

TEST(BorrowedBufferTest, CallsReadAndWriteWhatTheOwnerHas) {
  for (const Executor& executor : executors_of_host_memory()) {
    SCOPED_TRACE(executor.name());
    EXPECT_EQ(executor.memory().kind, ExecutorMemory::Kind::HOST);
    const auto elements = std::make_shared<std::vector<float>>(counted(5000));
    auto x = Buffer<float>::borrow(executor, elements->data(), elements->size(), elements);
    EXPECT_EQ(x.data(), elements->data());
    EXPECT_EQ(x.size(), 5000u);
    add(x, 1.0F, x);
    EXPECT_EQ(elements->front(), 2.0F);
    EXPECT_EQ(elements->back(), 5001.0F);
    (*elements)[0] = 9999.0F;
    EXPECT_EQ(max(x), 9999.0F);
  }
}

TEST(BorrowedBufferTest, OwnersLiveAsLongAsTheLastBufferAndTheirMemoryIsNotFreed) {
  const auto elements = std::make_shared<std::vector<double>>(4);
  {
    auto first = Buffer<double>::borrow(Executor::host(), elements->data(), elements->size(), elements);
    EXPECT_EQ(elements.use_count(), 2);
    Buffer<double> moved(std::move(first));
    EXPECT_EQ(elements.use_count(), 2);
    Buffer<double> assigned(Executor::host(), 2);
    assigned = std::move(moved);
    EXPECT_EQ(elements.use_count(), 2);
    fill(3.0, assigned);
  }
  EXPECT_EQ(elements.use_count(), 1);
  EXPECT_EQ(*elements, std::vector<double>(4, 3.0));
}

TEST(BorrowedBufferTest, OwnBuffersHaveAnAddressThatMayBeLent) {
  for (const Executor& executor : executors_of_host_memory()) {
    Buffer<std::int32_t> x(executor, std::vector<std::int32_t>{1, 2, 3});
    EXPECT_EQ(x.data()[2], 3);
    x.data()[2] = 5;
    EXPECT_EQ(sum(x), 8);
  }
}

TEST(BorrowedBufferTest, ResultsThatShareMemoryInPartAreErrorsBeforeAnythingIsWritten) {
  for (const Executor& executor : executors_of_host_memory()) {
    SCOPED_TRACE(executor.name());
    std::vector<float> elements = counted(12);
    const std::vector<float> before = elements;
    const auto part = [&](std::size_t first, std::size_t size) {
      return Buffer<float>::borrow(executor, elements.data() + first, size, nullptr);
    };
    const Buffer<float> x = part(0, 8);
    Buffer<float> result = part(4, 8);
    expect_shared([&] { add(x, x, result); });
    expect_shared([&] { exp(x, result); });
    expect_shared([&] { copy(x, result); });
    expect_shared([&] { prefix_sum(x, result); });
    expect_shared([&] { softmax(x, result); });
    auto mask = Buffer<std::uint8_t>::borrow(executor, reinterpret_cast<std::uint8_t*>(elements.data()), 8, nullptr);
    expect_shared([&] { less(x, 3.0F, mask); });
    expect_shared([&] { less(result, x, mask); });
    Buffer<float> same = part(0, 8);
    expect_shared([&] { where(mask, result, result, same); });
    auto indices =
        Buffer<std::uint32_t>::borrow(executor, reinterpret_cast<std::uint32_t*>(elements.data()), 8, nullptr);
    expect_shared([&] { gather(result, indices, same); });
    expect_shared([&] { scatter(result, indices, same); });
    Buffer<float> product = part(4, 4);
    expect_shared([&] { gemm(BufferMatrix(x, 2, 4), BufferMatrix(x, 4, 2), BufferMatrix(product, 2, 2)); });
    EXPECT_EQ(elements, before);
    // All of it, by another buffer, is as good as the argument itself.
    add(x, 1.0F, same);
    EXPECT_EQ(elements[7], before[7] + 1);
  }
}

TEST(BorrowedBufferTest, ElementsBeginAtMultiplesOfTheirSize) {
  std::vector<float> elements(4);
  auto* const odd = reinterpret_cast<float*>(reinterpret_cast<char*>(elements.data()) + 2);
  expect_error(ErrorCode::INVALID_ARGUMENT, {"multiple of 4 bytes", "host"},
               [&] { static_cast<void>(Buffer<float>::borrow(Executor::host(), odd, 2, nullptr)); });
}

TEST(BorrowedBufferTest, MachinesShareNoMemory) {
  const Executor machine = Executor::machine();
  EXPECT_EQ(machine.memory().kind, ExecutorMemory::Kind::MACHINE);
  std::vector<float> elements(4);
  expect_error(ErrorCode::INVALID_ARGUMENT, {"machine on cpu", "shares no memory"},
               [&] { static_cast<void>(Buffer<float>::borrow(machine, elements.data(), 4, nullptr)); });
  const Buffer<float> x(machine, 4);
  expect_error(ErrorCode::INVALID_ARGUMENT, {"shares no memory"}, [&] { static_cast<void>(x.data()); });
}

TEST(TensorMachineTest, GivesWhatTheInterpreterDoes) {
  const Executor interpreter = Executor::machine();
  const Executor tensor = Executor::machine("cpu", "tensor");
  EXPECT_EQ(tensor.name(), "machine on cpu by the tensor engine");
  const std::vector<float> elements = counted(1000);
  const auto run = [&](const Executor& executor) {
    const Buffer<float> x(executor, elements);
    Buffer<float> result(executor, elements.size());
    log(x, result);
    mul(result, x, result);
    return std::pair(elements_of(result), sum(result));
  };
  EXPECT_EQ(run(tensor), run(interpreter));
  EXPECT_EQ(tensor.retired_instructions(), interpreter.retired_instructions());
  expect_error(ErrorCode::INVALID_ARGUMENT, {"no engine 'steam'"}, [] { Executor::machine("cpu", "steam"); });
}

}  // namespace
}  // namespace armillion::ops::test
