"""Vector kernels over numpy arrays and over executors' buffers: with stated accuracy and one order of additions, so
that a result has the same bits for any size, alignment and number of threads.

Arrays are float32, float64 or int32, of any shape; operands of one call have the same type and shape, and a number may
stand for one of two operands. Nothing is copied where arrays are contiguous (C order), and where all of a call's have
one dimension with any stride; other operands are copied first. ``out`` takes the result in place of a new array, and
may be an operand. Large calls run without the GIL. What is said of arrays holds for other libraries' in the host's
memory that have ``__dlpack__``.

Where an operand is a ``Buffer`` all are, and the call runs on their ``Executor``: on the host, on an emulated machine
or on a GPU.

docs/ops.md has the meaning, the edge cases and the accuracy of each.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from armillion import _core
from armillion._core import ExecutorTimes
from armillion._dlpack import Operand, as_array
from armillion._executors import Buffer, Executor
from armillion._kernels import Reduction, are_buffers, binary, buffer_for, comparison, reduction, unary
from armillion._operands import (
    Array,
    as_number,
    check_alike,
    contiguous,
    indices_of,
    is_number,
    laid_out_as,
    matrix_of,
    operand_of,
    result_for,
)
from armillion.errors import InvalidArgumentError

__all__ = [
    "Buffer",
    "Executor",
    "ExecutorTimes",
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


add = binary("add", "a + b, correctly rounded; integers wrap.")
sub = binary("sub", "a - b, correctly rounded; integers wrap.")
mul = binary("mul", "a * b, correctly rounded; integers wrap.")
div = binary("div", "a / b, correctly rounded. Floating-point numbers only.")
minimum = binary("minimum", "The smaller of both, a NaN where one of them is; -0 is smaller than 0.")
maximum = binary("maximum", "The larger of both, a NaN where one of them is; 0 is larger than -0.")

abs = unary("abs", "The magnitude. The smallest integer stays as it is.")
neg = unary("neg", "-x. The smallest integer stays as it is.")
relu = unary("relu", "x where it is more than 0, else 0; a NaN stays one.")
exp = unary("exp", "e to the power of x, to 4 units in the last place.")
log = unary("log", "The natural logarithm, to 4 units in the last place.")
sigmoid = unary("sigmoid", "1 / (1 + e^-x), to 4 units in the last place.")
tanh = unary("tanh", "The hyperbolic tangent, to 4 units in the last place.")
gelu = unary("gelu", "x (1 + erf(x / sqrt 2)) / 2, to 8 units in the last place.")

equal = comparison("equal", "a == b; false with a NaN.")
not_equal = comparison("not_equal", "a != b; true with a NaN.")
less = comparison("less", "a < b.")
less_equal = comparison("less_equal", "a <= b.")
greater = comparison("greater", "a > b.")
greater_equal = comparison("greater_equal", "a >= b.")

prefix_sum = unary(
    "prefix_sum",
    "The sums of the first element, the first two, and so on, added from left to right.",
    needs_contiguous=True,
)

sum: Reduction[float | int] = reduction(
    "sum", "The sum of all elements, in one order for any size. Sums of integers are exact."
)
mean: Reduction[float] = reduction("mean", "The sum divided by the number of elements. An error for none.")
min: Reduction[float | int] = reduction("min", "The smallest element, a NaN where there is one. An error for none.")
max: Reduction[float | int] = reduction("max", "The largest element, a NaN where there is one. An error for none.")
argmax: Reduction[int] = reduction(
    "argmax", "The index of the first of the largest elements, or of the first NaN. An error for none."
)


@overload
def fma(a: Buffer, b: Buffer | float, c: Buffer, *, out: Buffer | None = None) -> Buffer: ...
@overload
def fma(a: Operand, b: Operand, c: Operand, *, out: Array | None = None) -> Array: ...
def fma(a: Any, b: Any, c: Any, *, out: Any = None) -> Any:
    """a * b + c, rounded once; b may be a number. Floating-point numbers only."""
    factor: Any
    if are_buffers(a, c, *([] if is_number(b) else [b])):
        check_alike(a, c, *([b] if isinstance(b, Buffer) else []))
        result = buffer_for(out, a, a.shape, a.dtype)
        factor = b._elements if isinstance(b, Buffer) else as_number(b, a.dtype)
        _core.buffer_fma(a._elements, factor, c._elements, result._elements)
        return result
    first, third = contiguous(a), contiguous(c)
    factor = as_number(b, first.dtype) if is_number(b) else contiguous(b)
    check_alike(first, third, *([] if is_number(b) else [factor]))
    into = result_for(out, first.shape, first.dtype)
    _core.ops_fma(first, factor, third, into)
    return into


@overload
def clip(x: Buffer, low: float, high: float, *, out: Buffer | None = None) -> Buffer: ...
@overload
def clip(x: Operand, low: float, high: float, *, out: Array | None = None) -> Array: ...
def clip(x: Any, low: float, high: float, *, out: Any = None) -> Any:
    """x, but ``low`` where it is less and ``high`` where it is more; a NaN stays one."""
    if isinstance(x, Buffer):
        result = buffer_for(out, x, x.shape, x.dtype)
        _core.buffer_clip(x._elements, as_number(low, x.dtype), as_number(high, x.dtype), result._elements)
        return result
    operand = contiguous(x)
    into = result_for(out, operand.shape, operand.dtype)
    _core.ops_clip(operand, as_number(low, operand.dtype), as_number(high, operand.dtype), into)
    return into


@overload
def where(mask: Buffer, a: Buffer, b: Buffer, *, out: Buffer | None = None) -> Buffer: ...
@overload
def where(mask: Operand, a: Operand, b: Operand, *, out: Array | None = None) -> Array: ...
def where(mask: Any, a: Any, b: Any, *, out: Any = None) -> Any:
    """a where the mask is true, else b."""
    on_buffers = are_buffers(mask, a, b)
    chosen: Any = mask if on_buffers else np.ascontiguousarray(as_array(mask), dtype=np.bool_)
    first: Any = a if on_buffers else contiguous(a)
    second: Any = b if on_buffers else contiguous(b)
    check_alike(first, second)
    if chosen.shape != first.shape:
        raise InvalidArgumentError(f"the mask has the shape {chosen.shape}, its operands {first.shape}")
    if on_buffers:
        result = buffer_for(out, first, first.shape, first.dtype)
        _core.buffer_where(chosen._elements, first._elements, second._elements, result._elements)
        return result
    into = result_for(out, first.shape, first.dtype)
    _core.ops_where(chosen.view(np.uint8), first, second, into)
    return into


@overload
def gather(source: Buffer, indices: Buffer, *, out: Buffer | None = None) -> Buffer: ...
@overload
def gather(source: Operand, indices: Operand, *, out: Array | None = None) -> Array: ...
def gather(source: Any, indices: Any, *, out: Any = None) -> Any:
    """source[indices], for a source of one dimension. Indices in a buffer are uint32.

    :raises InvalidArgumentError: where an index is not less than the source's size.
    """
    if are_buffers(source, indices):
        result = buffer_for(out, source, indices.shape, source.dtype)
        _core.buffer_gather(source._elements, indices._elements, result._elements)
        return result
    elements, positions = contiguous(source), indices_of(indices)
    into = result_for(out, positions.shape, elements.dtype)
    _core.ops_gather(elements, positions, into)
    return into


@overload
def scatter(source: Buffer, indices: Buffer, out: Buffer) -> Buffer: ...
@overload
def scatter(source: Operand, indices: Operand, out: Array) -> Array: ...
def scatter(source: Any, indices: Any, out: Any) -> Any:
    """out[indices] = source, in order, so that of equal indices the last one counts.

    :raises InvalidArgumentError: where an index is not less than the size of ``out``.
    """
    if are_buffers(source, indices, out):
        result = buffer_for(out, source, out.shape, source.dtype)
        _core.buffer_scatter(source._elements, indices._elements, result._elements)
        return result
    elements, positions = contiguous(source), indices_of(indices)
    into = result_for(out, out.shape, elements.dtype)
    _core.ops_scatter(elements, positions, into)
    return into


@overload
def dot(a: Buffer, b: Buffer) -> float | int: ...
@overload
def dot(a: Operand, b: Operand) -> float | int: ...
def dot(a: Any, b: Any) -> float | int:
    """The sum of the products of elements."""
    if are_buffers(a, b):
        check_alike(a, b)
        return _core.buffer_dot(a._elements, b._elements)
    first, second = operand_of(a), operand_of(b)
    check_alike(first, second)
    product: float | int = _core.ops_dot(laid_out_as(first, second), laid_out_as(second, first))
    return product


def _check_product(a: Array | Buffer, b: Array | Buffer, b_dimensions: int, beta: float, out: object) -> None:
    if a.ndim != 2 or b.ndim != b_dimensions or a.shape[1] != b.shape[0] or a.dtype != b.dtype:
        raise InvalidArgumentError(f"there is no product of {a.dtype}{a.shape} and {b.dtype}{b.shape}")
    if out is None and beta != 0:
        raise InvalidArgumentError("beta needs out, which it is multiplied with")


@overload
def gemm(a: Buffer, b: Buffer, *, alpha: float = 1, beta: float = 0, out: Buffer | None = None) -> Buffer: ...
@overload
def gemm(a: Operand, b: Operand, *, alpha: float = 1, beta: float = 0, out: Array | None = None) -> Array: ...
def gemm(a: Any, b: Any, *, alpha: float = 1, beta: float = 0, out: Any = None) -> Any:
    """alpha a b + beta out, of matrices of shapes (M, K), (K, N) and (M, N). ``out`` must not overlap an operand.

    Where ``has_blas()``, through the BLAS that the package was built with: arrays, and buffers on the host.
    """
    on_buffers = are_buffers(a, b)
    first: Any = a if on_buffers else matrix_of(a)
    second: Any = b if on_buffers else matrix_of(b)
    _check_product(first, second, 2, beta, out)
    shape = first.shape[0], second.shape[1]
    if on_buffers:
        result = buffer_for(out, first, shape, first.dtype)
        _core.buffer_gemm(
            first._elements, second._elements, result._elements, shape[0], first.shape[1], shape[1], alpha, beta
        )
        return result
    into = result_for(out, shape, first.dtype)
    _core.ops_gemm(first, second, into, alpha, beta)
    return into


@overload
def gemv(a: Buffer, x: Buffer, *, alpha: float = 1, beta: float = 0, out: Buffer | None = None) -> Buffer: ...
@overload
def gemv(a: Operand, x: Operand, *, alpha: float = 1, beta: float = 0, out: Array | None = None) -> Array: ...
def gemv(a: Any, x: Any, *, alpha: float = 1, beta: float = 0, out: Any = None) -> Any:
    """alpha a x + beta out, of shapes (M, N), (N,) and (M,)."""
    on_buffers = are_buffers(a, x)
    matrix: Any = a if on_buffers else matrix_of(a)
    vector: Any = x if on_buffers else contiguous(x)
    _check_product(matrix, vector, 1, beta, out)
    if on_buffers:
        rows, columns = matrix.shape
        result = buffer_for(out, matrix, (rows,), matrix.dtype)
        _core.buffer_gemv(matrix._elements, vector._elements, result._elements, rows, columns, alpha, beta)
        return result
    into = result_for(out, matrix.shape[:1], matrix.dtype)
    _core.ops_gemv(matrix, vector, into, alpha, beta)
    return into


@overload
def softmax(x: Buffer, *, out: Buffer | None = None) -> Buffer: ...
@overload
def softmax(x: Operand, *, out: Array | None = None) -> Array: ...
def softmax(x: Any, *, out: Any = None) -> Any:
    """e^x of each element divided by their sum, for one dimension or for each row of a matrix."""
    operand = x if isinstance(x, Buffer) else contiguous(x)
    if operand.ndim not in (1, 2):
        raise InvalidArgumentError(f"softmax takes one dimension or two, not {operand.ndim}")
    if isinstance(x, Buffer):
        result = buffer_for(out, x, x.shape, x.dtype)
        rows, columns = x.shape if x.ndim == 2 else (1, x.size)
        _core.buffer_softmax(x._elements, result._elements, rows, columns)
        return result
    into = result_for(out, operand.shape, operand.dtype)
    _core.ops_softmax(operand, into)
    return into


@overload
def mse(prediction: Buffer, target: Buffer) -> float: ...
@overload
def mse(prediction: Operand, target: Operand) -> float: ...
def mse(prediction: Any, target: Any) -> float:
    """The mean of the squares of the differences."""
    if are_buffers(prediction, target):
        check_alike(prediction, target)
        return _core.buffer_mse(prediction._elements, target._elements)
    first, second = contiguous(prediction), contiguous(target)
    check_alike(first, second)
    return _core.ops_mse(first, second)


@overload
def cross_entropy(logits: Buffer, labels: Buffer) -> float: ...
@overload
def cross_entropy(logits: Operand, labels: Operand) -> float: ...
def cross_entropy(logits: Any, labels: Any) -> float:
    """The mean of the cross entropies between the softmax of each row and the class that is its label.

    Labels in a buffer are uint32.
    """
    if are_buffers(logits, labels):
        if logits.ndim != 2:
            raise InvalidArgumentError("a matrix has two dimensions")
        return _core.buffer_cross_entropy(logits._elements, labels._elements, *logits.shape)
    scores = contiguous(logits)
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
