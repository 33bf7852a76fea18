"""armillion.ops: that each function does what numpy does, on every kind of array that it takes."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import armillion
from armillion import ops

Array = NDArray[Any]

FLOATS: list[type[Any]] = [np.float32, np.float64]
NUMBERS: list[type[Any]] = [*FLOATS, np.int32]

random = np.random.default_rng(1)


def numbers(dtype: type[Any], *shape: int) -> Array:
    return (random.normal(size=shape) * 100).astype(dtype)


BINARY: dict[str, tuple[Callable[..., Array], Callable[..., Any]]] = {
    "add": (ops.add, np.add),
    "sub": (ops.sub, np.subtract),
    "mul": (ops.mul, np.multiply),
    "div": (ops.div, np.divide),
    "minimum": (ops.minimum, np.minimum),
    "maximum": (ops.maximum, np.maximum),
}
COMPARISONS: dict[str, tuple[Callable[..., Array], Callable[..., Any]]] = {
    "equal": (ops.equal, np.equal),
    "not_equal": (ops.not_equal, np.not_equal),
    "less": (ops.less, np.less),
    "less_equal": (ops.less_equal, np.less_equal),
    "greater": (ops.greater, np.greater),
    "greater_equal": (ops.greater_equal, np.greater_equal),
}


# Integers are not divided.
@pytest.mark.parametrize(
    ("name", "dtype"), [(name, dtype) for name in BINARY for dtype in (FLOATS if name == "div" else NUMBERS)]
)
class TestWithTwoOperands:
    def test_of_any_shape(self, name: str, dtype: type[Any]) -> None:
        function, expected = BINARY[name]
        for shape in [(0,), (1,), (1000,), (7, 13), (2, 3, 4), (20_000,)]:
            a, b = numbers(dtype, *shape), numbers(dtype, *shape) + dtype(1)
            result = function(a, b)
            assert result.dtype == dtype and result.shape == shape
            assert np.array_equal(result, expected(a, b))

    def test_with_strides_and_layouts(self, name: str, dtype: type[Any]) -> None:
        function, expected = BINARY[name]
        a, b = numbers(dtype, 30, 20), numbers(dtype, 30, 20) + dtype(1)
        views: list[Callable[[Array], Array]] = [
            lambda m: m[:, 3],
            lambda m: m[::-1, 0],
            lambda m: m[5:9, 2:7],
            lambda m: m.T,
            lambda m: m[::3],
        ]
        for view in views:
            assert np.array_equal(function(view(a), view(b)), expected(view(a), view(b)))
            assert np.array_equal(function(view(a).copy(), view(b)), expected(view(a), view(b)))
        assert np.array_equal(function(np.broadcast_to(a[0, 0], 9), b[0, :9]), expected(a[0, 0], b[0, :9]))

    def test_with_a_number(self, name: str, dtype: type[Any]) -> None:
        function, expected = BINARY[name]
        a = numbers(dtype, 100) + dtype(1)
        for number in (3, dtype(3), np.array(3, dtype)):
            assert np.array_equal(function(a, number), expected(a, dtype(3)))
            assert np.array_equal(function(number, a), expected(dtype(3), a), equal_nan=True)

    def test_into_an_array(self, name: str, dtype: type[Any]) -> None:
        function, expected = BINARY[name]
        a, b = numbers(dtype, 50, 4), numbers(dtype, 50, 4) + dtype(1)
        wanted = expected(a, b)
        assert function(a, b, out=a) is a and np.array_equal(a, wanted)
        out = np.zeros((50, 4), dtype)
        column = out[:, 1]
        function(b[:, 0], b[:, 2], out=column)
        assert np.array_equal(column, expected(b[:, 0], b[:, 2])) and not out[:, 0].any()


def test_with_one_operand() -> None:
    functions: dict[Callable[..., Array], Callable[[Array], Any]] = {
        ops.abs: np.abs,
        ops.neg: np.negative,
        ops.relu: lambda x: np.where(x > 0, x, x.dtype.type(0)),
    }
    for dtype in NUMBERS:
        x = numbers(dtype, 40, 5)
        for function, expected in functions.items():
            for view in (x, x[:, 2], x.T):
                assert np.array_equal(function(view), expected(view))


@pytest.mark.parametrize("dtype", FLOATS)
def test_elementary_functions_are_accurate(dtype: type[Any]) -> None:
    x = np.linspace(-10, 10, 3001).astype(dtype)
    wide = x.astype(np.longdouble)
    gelu = np.array([float(v) * (1 + math.erf(float(v) / math.sqrt(2))) / 2 for v in x])
    for result, exact, units in [
        (ops.exp(x), np.exp(wide), 4),
        (ops.log(np.abs(x) + dtype(0.1)), np.log((np.abs(x) + dtype(0.1)).astype(np.longdouble)), 4),
        (ops.sigmoid(x), 1 / (1 + np.exp(-wide)), 4),
        (ops.tanh(x), np.tanh(wide), 4),
    ]:
        assert (np.abs(result - exact) <= units * np.spacing(np.abs(exact.astype(dtype)))).all()
    # The exact values come from a function for float64: near 0 on the left it has lost too much to judge float64.
    judged = (x > -4) if dtype is np.float32 else (x > 0)
    assert (np.abs(ops.gelu(x) - gelu) <= 8 * np.spacing(np.abs(gelu.astype(dtype))))[judged].all()


@pytest.mark.parametrize("dtype", NUMBERS)
def test_comparisons_give_masks(dtype: type[Any]) -> None:
    a = numbers(dtype, 40, 5) // 50
    b = numbers(dtype, 40, 5) // 50
    for function, expected in COMPARISONS.values():
        assert function(a, b).dtype == np.bool_
        assert np.array_equal(function(a, b), expected(a, b))
        assert np.array_equal(function(a.T, 1), expected(a.T, 1))
        mask = np.empty(a.shape, bool)
        assert function(a, b, out=mask) is mask and np.array_equal(mask, expected(a, b))


def test_of_nan_and_signed_zeros_as_ieee_754_2019_says() -> None:
    nan = np.array([np.nan, 1], np.float32)
    assert np.isnan(ops.minimum(nan, 0.0)[0]) and not ops.less(nan, 2.0)[0] and ops.not_equal(nan, nan)[0]
    zeros = ops.minimum(np.array([0.0]), np.array([-0.0]))
    assert np.signbit(zeros[0])


@pytest.mark.parametrize("dtype", NUMBERS)
def test_arrangement(dtype: type[Any]) -> None:
    a, b = numbers(dtype, 100), numbers(dtype, 100)
    mask = a > b
    assert np.array_equal(ops.where(mask, a, b), np.where(mask, a, b))
    indices = random.integers(0, 100, 30)
    assert np.array_equal(ops.gather(a, indices), a[indices])
    out = np.zeros(100, dtype)
    assert ops.scatter(a[:30], indices, out) is out
    wanted = np.zeros(100, dtype)
    for index, value in zip(indices, a[:30], strict=True):
        wanted[index] = value
    assert np.array_equal(out, wanted)
    assert np.allclose(ops.prefix_sum(a), np.cumsum(a.astype(np.float64)), rtol=1e-6)
    assert np.array_equal(ops.clip(a, -20, 30), np.clip(a, dtype(-20), dtype(30)))
    for bad in ([100], [-1], [2**32]):
        with pytest.raises(armillion.InvalidArgumentError):
            ops.gather(a, bad)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_reductions(dtype: type[Any]) -> None:
    for shape in [(1,), (5000,), (70, 3)]:
        x = numbers(dtype, *shape)
        assert math.isclose(ops.sum(x), float(x.astype(np.float64).sum()), rel_tol=1e-5, abs_tol=1e-2)
        assert math.isclose(ops.mean(x), float(x.astype(np.float64).mean()), rel_tol=1e-5, abs_tol=1e-4)
        assert ops.min(x) == x.min() and ops.max(x) == x.max() and ops.argmax(x) == x.argmax()
        assert math.isclose(ops.dot(x, x), float((x.astype(np.float64) ** 2).sum()), rel_tol=1e-5)
    strided = numbers(dtype, 60, 7)[:, 3]
    assert ops.sum(strided) == ops.sum(strided.copy()) and ops.dot(strided, strided[::-1]) == ops.dot(
        strided.copy(), strided[::-1].copy()
    )
    with pytest.raises(armillion.InvalidArgumentError):
        ops.max(np.zeros(0, dtype))


def test_sums_of_integers_are_exact() -> None:
    x = np.full(100_000, 2**31 - 1, np.int32)
    assert ops.sum(x) == 100_000 * (2**31 - 1) and isinstance(ops.sum(x), int)


@pytest.mark.parametrize("dtype", FLOATS)
def test_products_of_matrices(dtype: type[Any]) -> None:
    a, b = numbers(dtype, 17, 30), numbers(dtype, 30, 11)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    scale = np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)
    bound = 32 * np.finfo(dtype).eps * scale
    assert (np.abs(ops.gemm(a, b) - exact) <= bound).all()
    assert (np.abs(ops.gemm(b.T.copy().T, a.T[:11].copy()) - b @ a.T[:11]) <= 1).all()
    assert np.array_equal(ops.gemm(a[:, 5:20], b[5:20]), ops.gemm(a[:, 5:20].copy(), b[5:20].copy()))
    out = np.ones((17, 11), dtype)
    assert ops.gemm(a, b, alpha=2, beta=3, out=out) is out
    assert (np.abs(out - (2 * exact + 3)) <= 4 * bound + 1e-4).all()
    x = numbers(dtype, 30)
    assert np.allclose(ops.gemv(a, x), a.astype(np.float64) @ x, rtol=1e-4, atol=1)
    mistakes: list[Callable[[], Array]] = [
        lambda: ops.gemm(a, a),
        lambda: ops.gemv(a, b[0]),
        lambda: ops.gemm(a, b, beta=1),
    ]
    for bad in mistakes:
        with pytest.raises(armillion.InvalidArgumentError):
            bad()
    assert isinstance(ops.has_blas(), bool)


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_and_losses(dtype: type[Any]) -> None:
    x = numbers(dtype, 6, 40)
    exact = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    exact /= exact.sum(axis=1, keepdims=True)
    assert np.allclose(ops.softmax(x), exact, rtol=1e-4, atol=1e-30)
    assert np.array_equal(ops.softmax(x[2]), ops.softmax(x)[2])
    labels = [3, 1, 0, 39, 5, 7]
    logs = x - x.max(axis=1, keepdims=True)
    logs = logs - np.log(np.exp(logs.astype(np.float64)).sum(axis=1, keepdims=True))
    expected = -np.mean([logs[row, label] for row, label in enumerate(labels)])
    assert math.isclose(ops.cross_entropy(x, labels), expected, rel_tol=1e-5)
    assert math.isclose(ops.mse(x[0], x[1]), float(np.mean((x[0].astype(np.float64) - x[1]) ** 2)), rel_tol=1e-5)


def test_what_does_not_fit_is_an_error_and_changes_nothing() -> None:
    a = np.zeros(4, np.float32)
    calls: list[Callable[[], Array]] = [
        lambda: ops.add(a, np.zeros(5, np.float32)),
        lambda: ops.add(a, np.zeros(4, np.float64)),
        lambda: ops.add(a.astype(np.int64), a.astype(np.int64)),
        lambda: ops.exp(np.zeros(4, np.int32)),
        lambda: ops.add(a, a, out=np.zeros(5, np.float32)),
        lambda: ops.add(a, a, out=np.zeros(4, np.float64)),
        lambda: ops.add(a, a, out=np.broadcast_to(np.float32(1), 4)),
        lambda: ops.add(a.astype(np.int32), 0.5),
        lambda: ops.add(a.astype(np.int32), 2**31),
        lambda: ops.clip(a, 2, 1),
        lambda: ops.where([True], a, a),
        lambda: ops.softmax(np.zeros((2, 2, 2))),
        lambda: ops.add(np.array(["a"]), np.array(["b"])),
    ]
    for call in calls:
        with pytest.raises((armillion.InvalidArgumentError, TypeError)):
            call()
    overlapping = np.arange(10, dtype=np.float32)
    with pytest.raises(armillion.InvalidArgumentError):
        ops.add(overlapping[:-1], overlapping[:-1], out=overlapping[1:])
    assert overlapping.tolist() == list(range(10))


def test_functions_are_found_by_their_names() -> None:
    for name in ops.__all__:
        function = getattr(ops, name)
        if isinstance(function, type):
            continue
        assert (function.__name__, function.__module__) == (name, "armillion.ops") and function.__doc__
        assert pickle.loads(pickle.dumps(function)) is function


def test_targets_are_chosen_by_name() -> None:
    first = ops.target()
    assert ops.targets()[-1] == "scalar" and first in ops.targets()
    x = numbers(np.float32, 1000)
    wanted = ops.mul(x, x)
    try:
        ops.set_target("scalar")
        assert ops.target() == "scalar" and np.array_equal(ops.mul(x, x), wanted)
        with pytest.raises(armillion.UnavailableError):
            ops.set_target("ABACUS")
    finally:
        ops.set_target(first)
