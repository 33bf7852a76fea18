"""armillion.ops on executors' buffers: that each function does there what it does on arrays."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import armillion
from armillion import ops
from armillion.ops import Buffer, Executor
from conftest import on_gpu

Array = NDArray[Any]

MAKERS: dict[str, Callable[[], Executor]] = {
    "host": Executor.host,
    "machine": Executor.machine,
    "tensor": lambda: Executor.machine(engine="tensor"),
    "machine-lanes": lambda: Executor.machine("host-lanes"),
    "kernels-lanes": lambda: Executor.cuda("host-lanes"),
    "machine-cuda": lambda: Executor.machine("cuda"),
    "cuda": Executor.cuda,
}

FLOATS: list[type[Any]] = [np.float32, np.float64]
NUMBERS: list[type[Any]] = [*FLOATS, np.int32]

random = np.random.default_rng(1)


@pytest.fixture(params=[on_gpu(name) if name.endswith("cuda") else name for name in MAKERS])
def executor(request: pytest.FixtureRequest) -> Executor:
    return MAKERS[request.param]()


@pytest.fixture(autouse=True)
def fused_target() -> Iterator[None]:
    """Executors compute as targets that round a product and its addition together, and as no BLAS does."""
    before = ops.target()
    for name in ("AVX2", "AVX3", "NEON"):
        if name in ops.targets():
            ops.set_target(name)
    yield
    ops.set_target(before)


def numbers(dtype: type[Any], *shape: int) -> Array:
    return (random.normal(size=shape) * 100).astype(dtype)


def close(result: Array | float, expected: Array | float, dtype: type[Any]) -> bool:
    """Equal but for the last bits, where targets and orders of additions differ."""
    tolerance = 1e-13 if dtype is np.float64 else 1e-5
    return bool(
        np.allclose(np.asarray(result, np.float64), np.asarray(expected, np.float64), rtol=tolerance, atol=1e-4)
    )


def test_names_say_where_calls_run() -> None:
    assert Executor.host().name == "host" and repr(Executor.host()) == "<armillion.ops.Executor host>"
    assert Executor.machine().name == "machine on cpu"
    assert Executor.machine(engine="tensor").name == "machine on cpu by the tensor engine"
    assert Executor.cuda("host-lanes").name == "cuda on host-lanes"
    with pytest.raises(armillion.InvalidArgumentError, match="abacus"):
        Executor.machine("abacus")
    with pytest.raises(armillion.InvalidArgumentError, match="no engine 'steam'"):
        Executor.machine(engine="steam")
    with pytest.raises(armillion.InvalidArgumentError, match="no device 'cpu' for kernels"):
        Executor.cuda("cpu")


@pytest.mark.skipif(not armillion.why_no_gpu(), reason="there is a GPU")
def test_without_a_gpu_the_error_says_why() -> None:
    with pytest.raises(armillion.UnavailableError) as raised:
        Executor.cuda()
    assert str(raised.value) == armillion.why_no_gpu()


class TestBuffers:
    @pytest.mark.parametrize("dtype", [*NUMBERS, np.uint8, np.uint32, np.bool_])
    def test_have_what_they_are_made_of(self, executor: Executor, dtype: type[Any]) -> None:
        for array in (np.arange(30).astype(dtype).reshape(5, 6), np.zeros((0, 3), dtype), np.array(1, dtype)):
            buffer = Buffer(executor, array)
            assert (buffer.shape, buffer.dtype, buffer.size) == (array.shape, array.dtype, array.size)
            assert (buffer.ndim, buffer.nbytes) == (array.ndim, array.nbytes) and buffer.executor is executor
            back = buffer.to_numpy()
            assert back.dtype == dtype and back.shape == array.shape and np.array_equal(back, array)
        zeros = Buffer.zeros(executor, (2, 3), dtype)
        assert zeros.dtype == dtype and not zeros.to_numpy().any() and len(zeros) == 2
        assert repr(zeros) == f"<armillion.ops.Buffer of {zeros.dtype}, shape (2, 3), on {executor.name}>"

    def test_are_made_of_any_layout_and_converted_on_demand(self, executor: Executor) -> None:
        matrix = numbers(np.float64, 6, 5)
        for view in (matrix.T, matrix[::-2, 1:4], np.broadcast_to(matrix[0], (3, 5))):
            assert np.array_equal(Buffer(executor, view).to_numpy(), view)
        assert Buffer(executor, [1, 2, 3], dtype=np.int32).to_numpy().tolist() == [1, 2, 3]
        assert Buffer(executor, [1.5, 2]).dtype == np.float64
        with pytest.raises(armillion.InvalidArgumentError, match="not int64: say dtype="):
            Buffer(executor, np.array([1, 2, 3], np.int64))

    def test_are_changed_whole(self, executor: Executor) -> None:
        buffer = Buffer.zeros(executor, (2, 2), np.float32)
        buffer.upload(np.array([[1, 2], [3, 4]], np.float32).T)
        assert buffer.to_numpy().tolist() == [[1, 3], [2, 4]]
        copy = buffer.copy()
        buffer.fill(7)
        assert (buffer.to_numpy() == 7).all() and copy.to_numpy().tolist() == [[1, 3], [2, 4]]
        mask = Buffer.zeros(executor, 3, np.bool_)
        mask.fill(1)
        assert mask.copy().to_numpy().all()
        for made, value in [
            (mask, 2),
            (Buffer.zeros(executor, 3, np.uint32), -1),
            (Buffer.zeros(executor, 1, "i4"), 0.5),
        ]:
            with pytest.raises(armillion.InvalidArgumentError):
                made.fill(value)
        for wrong in (np.zeros(4, np.float32), np.zeros((2, 2), np.float64)):
            with pytest.raises(armillion.InvalidArgumentError, match="were given for a buffer of shape"):
                buffer.upload(wrong)
        assert (buffer.to_numpy() == 7).all()

    def test_share_memory_with_what_is_reshaped(self, executor: Executor) -> None:
        buffer = Buffer(executor, np.arange(6, dtype=np.int32))
        matrix = buffer.reshape(2, 3)
        ops.add(matrix, 10, out=matrix)
        assert buffer.to_numpy().tolist() == list(range(10, 16)) and matrix.to_numpy()[1].tolist() == [13, 14, 15]
        with pytest.raises(armillion.InvalidArgumentError, match="6 elements have no shape"):
            buffer.reshape(4, 2)

    def test_are_too_large_for_memory(self, executor: Executor) -> None:
        with pytest.raises(armillion.OutOfMemoryError):
            Buffer.zeros(executor, 2**50)

    def test_keep_their_executor(self) -> None:
        buffer = Buffer(Executor.machine(), [1.0, 2.0])
        gc.collect()
        assert ops.sum(buffer) == 3 and buffer.executor.retired_instructions > 0


@pytest.mark.parametrize("dtype", NUMBERS)
class TestFunctions:
    def test_with_two_operands(self, executor: Executor, dtype: type[Any]) -> None:
        a, b = numbers(dtype, 7, 90), numbers(dtype, 7, 90) + dtype(1)
        x, y = Buffer(executor, a), Buffer(executor, b)
        functions = [ops.add, ops.sub, ops.mul, ops.minimum, ops.maximum, *([ops.div] if dtype is not np.int32 else [])]
        for function in functions:
            result = function(x, y)
            assert result.dtype == dtype and result.executor is executor
            assert np.array_equal(result.to_numpy(), function(a, b))
            assert np.array_equal(function(x, 3).to_numpy(), function(a, 3))
            assert np.array_equal(function(3, x).to_numpy(), function(3, a), equal_nan=True)
        assert ops.add(x, y, out=x) is x and np.array_equal(x.to_numpy(), ops.add(a, b))

    def test_with_one_operand(self, executor: Executor, dtype: type[Any]) -> None:
        a = numbers(dtype, 1000)
        x = Buffer(executor, a)
        for function in (ops.abs, ops.neg, ops.relu):
            assert np.array_equal(function(x).to_numpy(), function(a))
        assert np.array_equal(ops.clip(x, -20, 30).to_numpy(), ops.clip(a, -20, 30))
        assert close(ops.prefix_sum(x).to_numpy(), ops.prefix_sum(a), dtype)
        if dtype is np.int32:
            with pytest.raises(armillion.InvalidArgumentError, match="float32 or float64"):
                ops.exp(x)
            return
        small = ops.mul(x, 0.02)
        for function in (ops.exp, ops.sigmoid, ops.tanh, ops.gelu):
            assert close(function(small).to_numpy(), function(small.to_numpy()), dtype)
        assert close(ops.log(ops.abs(x)).to_numpy(), ops.log(ops.abs(a)), dtype)

    def test_comparisons_and_arrangement(self, executor: Executor, dtype: type[Any]) -> None:
        a, b = numbers(dtype, 500) // 50, numbers(dtype, 500) // 50
        x, y = Buffer(executor, a), Buffer(executor, b)
        for compare in (ops.equal, ops.not_equal, ops.less, ops.less_equal, ops.greater, ops.greater_equal):
            mask = compare(x, y)
            assert mask.dtype == np.bool_ and np.array_equal(mask.to_numpy(), compare(a, b))
            assert np.array_equal(compare(x, 1, out=mask).to_numpy(), compare(a, 1))
        mask = ops.less(x, y)
        assert np.array_equal(ops.where(mask, x, y).to_numpy(), np.where(a < b, a, b))
        positions = random.integers(0, 500, 60)
        indices = Buffer(executor, positions, dtype=np.uint32)
        assert np.array_equal(ops.gather(x, indices).to_numpy(), a[positions])
        out = Buffer.zeros(executor, 500, dtype)
        assert ops.scatter(Buffer(executor, a[:60]), indices, out) is out
        assert np.array_equal(out.to_numpy(), ops.scatter(a[:60], positions, np.zeros(500, dtype)))
        with pytest.raises(armillion.InvalidArgumentError, match="an index is not less"):
            ops.gather(x, Buffer(executor, [500], dtype=np.uint32))

    def test_reductions(self, executor: Executor, dtype: type[Any]) -> None:
        a, b = numbers(dtype, 70, 99), numbers(dtype, 70, 99)
        x, y = Buffer(executor, a), Buffer(executor, b)
        assert ops.sum(x) == ops.sum(a) and ops.mean(x) == ops.mean(a) and ops.argmax(x) == ops.argmax(a)
        assert ops.min(x) == ops.min(a) and ops.max(x) == ops.max(a)
        assert close(ops.dot(x, y), ops.dot(a, b), dtype)
        assert isinstance(ops.sum(x), int) == (dtype is np.int32)
        with pytest.raises(armillion.InvalidArgumentError, match="no elements"):
            ops.max(Buffer.zeros(executor, 0, dtype))


@pytest.mark.parametrize("dtype", FLOATS)
class TestMatrices:
    def test_products(self, executor: Executor, dtype: type[Any]) -> None:
        a, b, v = numbers(dtype, 9, 20) / 100, numbers(dtype, 20, 7) / 100, numbers(dtype, 20) / 100
        x, y, w = (Buffer(executor, array) for array in (a, b, v))
        product = ops.gemm(x, y)
        assert product.shape == (9, 7) and close(product.to_numpy(), a @ b, dtype)
        assert ops.gemm(x, y, alpha=2, beta=3, out=product) is product
        assert close(product.to_numpy(), 5 * (a @ b), dtype)
        assert close(ops.gemv(x, w).to_numpy(), a @ v, dtype)
        with pytest.raises(armillion.InvalidArgumentError, match="no product"):
            ops.gemm(x, x)
        with pytest.raises(armillion.InvalidArgumentError, match="beta needs out"):
            ops.gemv(x, w, beta=1)

    def test_fma(self, executor: Executor, dtype: type[Any]) -> None:
        a, b, c = numbers(dtype, 50), numbers(dtype, 50), numbers(dtype, 50)
        x, y, z = (Buffer(executor, array) for array in (a, b, c))
        assert np.array_equal(ops.fma(x, y, z).to_numpy(), ops.fma(a, b, c))
        assert np.array_equal(ops.fma(x, 2.5, z).to_numpy(), ops.fma(a, 2.5, c))

    def test_softmax_and_losses(self, executor: Executor, dtype: type[Any]) -> None:
        a, b = numbers(dtype, 6, 40) / 10, numbers(dtype, 6, 40) / 10
        x, y = Buffer(executor, a), Buffer(executor, b)
        assert close(ops.softmax(x).to_numpy(), ops.softmax(a), dtype)
        assert close(ops.softmax(x.reshape(240)).to_numpy(), ops.softmax(a.reshape(240)), dtype)
        assert close(ops.mse(x, y), ops.mse(a, b), dtype)
        labels = np.array([3, 1, 0, 39, 5, 7], np.uint32)
        assert close(ops.cross_entropy(x, Buffer(executor, labels)), ops.cross_entropy(a, labels), dtype)


def test_what_does_not_fit_is_an_error_and_changes_nothing(executor: Executor) -> None:
    x = Buffer(executor, np.arange(4, dtype=np.float32))
    elsewhere = Buffer(Executor.machine(), np.arange(4, dtype=np.float32))
    calls: list[Callable[[], object]] = [
        lambda: ops.add(x, Buffer.zeros(executor, 5)),
        lambda: ops.add(x, Buffer.zeros(executor, 4, np.float64)),
        lambda: ops.add(x, elsewhere),
        lambda: ops.add(x, x, out=Buffer.zeros(executor, 5)),
        lambda: ops.add(x, x, out=np.zeros(4, np.float32)),  # type: ignore[call-overload]
        lambda: ops.add(x, np.zeros(4, np.float32)),  # type: ignore[call-overload]
        lambda: ops.add(np.zeros(4, np.float32), x),  # type: ignore[call-overload]
        lambda: ops.less(1.0, x),  # type: ignore[call-overload]
        lambda: ops.exp(x, out=elsewhere),
        lambda: ops.clip(x, 2, 1),
        lambda: ops.where(x, x, x),
        lambda: ops.dot(x, elsewhere),
        lambda: ops.gather(x, x),
        lambda: ops.gather(x, Buffer.zeros(executor, 4, np.uint32), out=x),
        lambda: ops.cross_entropy(x, Buffer.zeros(executor, 1, np.uint32)),
    ]
    for call in calls:
        with pytest.raises(armillion.InvalidArgumentError):
            call()
    assert x.to_numpy().tolist() == [0, 1, 2, 3]


class TestThreads:
    def test_a_second_one_gets_an_error_while_a_call_runs(self) -> None:
        executor = Executor.machine()
        x = Buffer(executor, np.ones(1_000_000, np.float32))
        messages: list[str] = []

        def work() -> None:
            while not messages:
                try:
                    ops.exp(x)
                except armillion.InvalidArgumentError as error:
                    messages.append(str(error))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(messages) == {"the executor is in use on another thread"}

    def test_buffers_that_end_meanwhile_go_later(self) -> None:
        executor = Executor.machine()
        x = Buffer(executor, np.ones(2_000_000, np.float32))
        others = [Buffer(executor, np.ones(1000, np.float32)) for _ in range(50)]
        started = threading.Event()

        def work() -> None:
            started.set()
            ops.exp(x)

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        while others:
            others.pop()
        thread.join()
        assert ops.sum(x) == 2_000_000

    def test_large_calls_let_others_go_on(self) -> None:
        executor = Executor.machine()
        x = Buffer(executor, np.ones(2_000_000, np.float32))
        ticks, is_done = 0, threading.Event()

        def count() -> None:
            nonlocal ticks
            while not is_done.wait(0.001):
                ticks += 1

        thread = threading.Thread(target=count)
        thread.start()
        ops.exp(x)
        is_done.set()
        thread.join()
        assert ticks > 3


def test_times_are_counted(executor: Executor) -> None:
    executor.start_timing()
    x = Buffer(executor, np.ones(100_000, np.float32))
    ops.add(x, x, out=x)
    times = executor.times
    counts_time = executor.name.startswith("cuda")
    assert (times.kernel_seconds > 0) == (times.transfer_seconds > 0) == counts_time and "kernel_seconds" in repr(times)


def test_instructions_are_counted_where_a_machine_retires_them(executor: Executor) -> None:
    x = Buffer(executor, np.ones(1024, np.float32))
    before = executor.retired_instructions
    ops.add(x, x, out=x)
    assert (executor.retired_instructions - before > 1024 // 4) == executor.name.startswith("machine")
