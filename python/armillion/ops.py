"""Vector kernels over numpy arrays: with stated accuracy and one order of additions, so that a result has the same bits
for any size, alignment and number of threads.

Arrays are float32, float64 or int32, of any shape; operands of one call have the same type and shape, and a number may
stand for one of two operands. Nothing is copied where arrays are contiguous (C order), and where all of a call's have
one dimension with any stride; other operands are copied first. ``out`` takes the result in place of a new array, and
may be an operand. Large calls run without the GIL.

docs/ops.md has the meaning, the edge cases and the accuracy of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillion import _core
from armillion._operands import (
    Array,
    as_number,
    check_alike,
    indices_of,
    is_number,
    laid_out_as,
    matrix_of,
    operand_of,
    result_for,
)
from armillion.errors import InvalidArgumentError

__all__ = [
    "abs",
    "add",
    "argmax",
    "clip",
    "cross_entropy",
    "div",
    "dot",
    "equal",
    "exp",
    "fma",
    "gather",
    "gelu",
    "gemm",
    "gemv",
    "greater",
    "greater_equal",
    "has_blas",
    "less",
    "less_equal",
    "log",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mse",
    "mul",
    "neg",
    "not_equal",
    "prefix_sum",
    "relu",
    "scatter",
    "set_target",
    "sigmoid",
    "softmax",
    "sub",
    "sum",
    "tanh",
    "target",
    "targets",
    "where",
]


def _unary(kernel: Callable[[Array, Array], None], x: ArrayLike, out: Array | None) -> Array:
    operand = operand_of(x)
    result = result_for(out, operand.shape, operand.dtype)
    kernel(laid_out_as(operand, result), result)
    return result


def _binary(kernel: Callable[[Any, Any, Array], None], a: ArrayLike, b: ArrayLike, out: Array | None) -> Array:
    if is_number(b) and not is_number(a):
        first = np.ascontiguousarray(a)
        result = result_for(out, first.shape, first.dtype)
        kernel(first, as_number(b, first.dtype), result)
        return result
    if is_number(a) and not is_number(b):
        second = np.ascontiguousarray(b)
        result = result_for(out, second.shape, second.dtype)
        kernel(as_number(a, second.dtype), second, result)
        return result
    first, second = operand_of(a), operand_of(b)
    check_alike(first, second)
    result = result_for(out, first.shape, first.dtype)
    kernel(laid_out_as(first, result), laid_out_as(second, result), result)
    return result


def _compare(
    kernel: Callable[[Any, Any, Array], None], a: ArrayLike, b: ArrayLike, out: Array | None
) -> NDArray[np.bool_]:
    first = np.ascontiguousarray(a)
    other: Any
    if is_number(b):
        other = as_number(b, first.dtype)
    else:
        other = np.ascontiguousarray(b)
        check_alike(first, other)
    result = result_for(out, first.shape, np.bool_)
    kernel(first, other, result.view(np.uint8))
    return result


def add(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """a + b, correctly rounded; integers wrap."""
    return _binary(_core.ops_add, a, b, out)


def sub(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """a - b, correctly rounded; integers wrap."""
    return _binary(_core.ops_sub, a, b, out)


def mul(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """a * b, correctly rounded; integers wrap."""
    return _binary(_core.ops_mul, a, b, out)


def div(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """a / b, correctly rounded. Floating-point numbers only."""
    return _binary(_core.ops_div, a, b, out)


def minimum(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """The smaller of both, a NaN where one of them is; -0 is smaller than 0."""
    return _binary(_core.ops_minimum, a, b, out)


def maximum(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """The larger of both, a NaN where one of them is; 0 is larger than -0."""
    return _binary(_core.ops_maximum, a, b, out)


def fma(a: ArrayLike, b: ArrayLike, c: ArrayLike, *, out: Array | None = None) -> Array:
    """a * b + c, rounded once. Floating-point numbers only."""
    first, second, third = np.ascontiguousarray(a), np.ascontiguousarray(b), np.ascontiguousarray(c)
    check_alike(first, second, third)
    result = result_for(out, first.shape, first.dtype)
    _core.ops_fma(first, second, third, result)
    return result


def clip(x: ArrayLike, low: float, high: float, *, out: Array | None = None) -> Array:
    """x, but ``low`` where it is less and ``high`` where it is more; a NaN stays one."""
    operand = np.ascontiguousarray(x)
    result = result_for(out, operand.shape, operand.dtype)
    _core.ops_clip(operand, as_number(low, operand.dtype), as_number(high, operand.dtype), result)
    return result


def abs(x: ArrayLike, *, out: Array | None = None) -> Array:
    """The magnitude. The smallest integer stays as it is."""
    return _unary(_core.ops_abs, x, out)


def neg(x: ArrayLike, *, out: Array | None = None) -> Array:
    """-x. The smallest integer stays as it is."""
    return _unary(_core.ops_neg, x, out)


def relu(x: ArrayLike, *, out: Array | None = None) -> Array:
    """x where it is more than 0, else 0; a NaN stays one."""
    return _unary(_core.ops_relu, x, out)


def exp(x: ArrayLike, *, out: Array | None = None) -> Array:
    """e to the power of x, to 4 units in the last place."""
    return _unary(_core.ops_exp, x, out)


def log(x: ArrayLike, *, out: Array | None = None) -> Array:
    """The natural logarithm, to 4 units in the last place."""
    return _unary(_core.ops_log, x, out)


def sigmoid(x: ArrayLike, *, out: Array | None = None) -> Array:
    """1 / (1 + e^-x), to 4 units in the last place."""
    return _unary(_core.ops_sigmoid, x, out)


def tanh(x: ArrayLike, *, out: Array | None = None) -> Array:
    """The hyperbolic tangent, to 4 units in the last place."""
    return _unary(_core.ops_tanh, x, out)


def gelu(x: ArrayLike, *, out: Array | None = None) -> Array:
    """x (1 + erf(x / sqrt 2)) / 2, to 8 units in the last place."""
    return _unary(_core.ops_gelu, x, out)


def equal(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> NDArray[np.bool_]:
    """a == b; false with a NaN."""
    return _compare(_core.ops_equal, a, b, out)


def not_equal(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> NDArray[np.bool_]:
    """a != b; true with a NaN."""
    return _compare(_core.ops_not_equal, a, b, out)


def less(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> NDArray[np.bool_]:
    """a < b."""
    return _compare(_core.ops_less, a, b, out)


def less_equal(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> NDArray[np.bool_]:
    """a <= b."""
    return _compare(_core.ops_less_equal, a, b, out)


def greater(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> NDArray[np.bool_]:
    """a > b."""
    return _compare(_core.ops_greater, a, b, out)


def greater_equal(a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> NDArray[np.bool_]:
    """a >= b."""
    return _compare(_core.ops_greater_equal, a, b, out)


def where(mask: ArrayLike, a: ArrayLike, b: ArrayLike, *, out: Array | None = None) -> Array:
    """a where the mask is true, else b."""
    chosen = np.ascontiguousarray(mask, dtype=np.bool_)
    first, second = np.ascontiguousarray(a), np.ascontiguousarray(b)
    check_alike(first, second)
    if chosen.shape != first.shape:
        raise InvalidArgumentError(f"the mask has the shape {chosen.shape}, its operands {first.shape}")
    result = result_for(out, first.shape, first.dtype)
    _core.ops_where(chosen.view(np.uint8), first, second, result)
    return result


def gather(source: ArrayLike, indices: ArrayLike, *, out: Array | None = None) -> Array:
    """source[indices], for a source of one dimension.

    :raises InvalidArgumentError: where an index is not less than the source's size.
    """
    elements, positions = np.ascontiguousarray(source), indices_of(indices)
    result = result_for(out, positions.shape, elements.dtype)
    _core.ops_gather(elements, positions, result)
    return result


def scatter(source: ArrayLike, indices: ArrayLike, out: Array) -> Array:
    """out[indices] = source, in order, so that of equal indices the last one counts.

    :raises InvalidArgumentError: where an index is not less than the size of ``out``.
    """
    elements, positions = np.ascontiguousarray(source), indices_of(indices)
    result = result_for(out, out.shape, elements.dtype)
    _core.ops_scatter(elements, positions, result)
    return result


def prefix_sum(x: ArrayLike, *, out: Array | None = None) -> Array:
    """The sums of the first element, the first two, and so on, added from left to right."""
    operand = np.ascontiguousarray(x)
    result = result_for(out, operand.shape, operand.dtype)
    _core.ops_prefix_sum(operand, result)
    return result


def sum(x: ArrayLike) -> float | int:
    """The sum of all elements, in one order for any size. Sums of integers are exact."""
    total: float | int = _core.ops_sum(operand_of(x))
    return total


def mean(x: ArrayLike) -> float:
    """The sum divided by the number of elements.

    :raises InvalidArgumentError: for no elements, as the three below.
    """
    return float(_core.ops_mean(operand_of(x)))


def min(x: ArrayLike) -> float | int:
    """The smallest element, a NaN where there is one."""
    smallest: float | int = _core.ops_min(operand_of(x))
    return smallest


def max(x: ArrayLike) -> float | int:
    """The largest element, a NaN where there is one."""
    largest: float | int = _core.ops_max(operand_of(x))
    return largest


def argmax(x: ArrayLike) -> int:
    """The index of the first of the largest elements, or of the first NaN."""
    return int(_core.ops_argmax(operand_of(x)))


def dot(a: ArrayLike, b: ArrayLike) -> float | int:
    """The sum of the products of elements."""
    first, second = operand_of(a), operand_of(b)
    check_alike(first, second)
    product: float | int = _core.ops_dot(laid_out_as(first, second), laid_out_as(second, first))
    return product


def gemm(a: ArrayLike, b: ArrayLike, *, alpha: float = 1, beta: float = 0, out: Array | None = None) -> Array:
    """alpha a b + beta out, of matrices of shapes (M, K), (K, N) and (M, N). ``out`` must not overlap an operand.

    Where ``has_blas()``, through the BLAS that the package was built with.
    """
    first, second = matrix_of(a), matrix_of(b)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[0] or first.dtype != second.dtype:
        raise InvalidArgumentError(
            f"there is no product of {first.dtype}{first.shape} and {second.dtype}{second.shape}"
        )
    if out is None and beta != 0:
        raise InvalidArgumentError("beta needs out, which it is multiplied with")
    result = result_for(out, (first.shape[0], second.shape[1]), first.dtype)
    _core.ops_gemm(first, second, result, alpha, beta)
    return result


def gemv(a: ArrayLike, x: ArrayLike, *, alpha: float = 1, beta: float = 0, out: Array | None = None) -> Array:
    """alpha a x + beta out, of shapes (M, N), (N,) and (M,)."""
    matrix, vector = matrix_of(a), np.ascontiguousarray(x)
    if matrix.ndim != 2 or vector.shape != matrix.shape[1:] or matrix.dtype != vector.dtype:
        raise InvalidArgumentError(
            f"there is no product of {matrix.dtype}{matrix.shape} and {vector.dtype}{vector.shape}"
        )
    if out is None and beta != 0:
        raise InvalidArgumentError("beta needs out, which it is multiplied with")
    result = result_for(out, matrix.shape[:1], matrix.dtype)
    _core.ops_gemv(matrix, vector, result, alpha, beta)
    return result


def softmax(x: ArrayLike, *, out: Array | None = None) -> Array:
    """e^x of each element divided by their sum, for one dimension or for each row of a matrix."""
    operand = np.ascontiguousarray(x)
    if operand.ndim not in (1, 2):
        raise InvalidArgumentError(f"softmax takes one dimension or two, not {operand.ndim}")
    result = result_for(out, operand.shape, operand.dtype)
    _core.ops_softmax(operand, result)
    return result


def mse(prediction: ArrayLike, target: ArrayLike) -> float:
    """The mean of the squares of the differences."""
    first, second = np.ascontiguousarray(prediction), np.ascontiguousarray(target)
    check_alike(first, second)
    return _core.ops_mse(first, second)


def cross_entropy(logits: ArrayLike, labels: ArrayLike) -> float:
    """The mean of the cross entropies between the softmax of each row and the class that is its label."""
    scores = np.ascontiguousarray(logits)
    return _core.ops_cross_entropy(scores, np.atleast_1d(indices_of(labels)))


def targets() -> list[str]:
    """The instruction sets that there are kernels for on this CPU, the widest first."""
    return _core.ops_targets()


def target() -> str:
    """The instruction set that calls use: the first of targets() until set_target() names another."""
    return _core.ops_target()


def set_target(name: str) -> None:
    """Makes all later calls of the process use a target of targets(), for the same bits on CPUs that differ."""
    _core.ops_set_target(name)


def has_blas() -> bool:
    """Whether products of matrices go through a BLAS."""
    return _core.ops_has_blas()
