"""The functions of armillion.ops that are alike: each is made here of its two kernels, for arrays and for buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from armillion import _core
from armillion._dlpack import Operand
from armillion._executors import Buffer
from armillion._operands import (
    Array,
    as_number,
    check_alike,
    contiguous,
    is_number,
    laid_out_as,
    operand_of,
    result_for,
)
from armillion.errors import InvalidArgumentError

__all__ = ["are_buffers", "binary", "buffer_for", "comparison", "reduction", "unary"]


class Unary(Protocol):
    """A function of one operand."""

    @overload
    def __call__(self, x: Buffer, *, out: Buffer | None = None) -> Buffer: ...
    @overload
    def __call__(self, x: Operand, *, out: Array | None = None) -> Array: ...


class Binary(Protocol):
    """A function of two operands, one of which may be a number."""

    @overload
    def __call__(self, a: Buffer, b: Buffer | float, *, out: Buffer | None = None) -> Buffer: ...
    @overload
    def __call__(self, a: float, b: Buffer, *, out: Buffer | None = None) -> Buffer: ...
    @overload
    def __call__(self, a: Operand, b: Operand, *, out: Array | None = None) -> Array: ...


class Comparison(Protocol):
    """A relation of two operands, the second of which may be a number."""

    @overload
    def __call__(self, a: Buffer, b: Buffer | float, *, out: Buffer | None = None) -> Buffer: ...
    @overload
    def __call__(self, a: Operand, b: Operand, *, out: Array | None = None) -> NDArray[np.bool_]: ...


Value = TypeVar("Value", covariant=True)


class Reduction(Protocol[Value]):
    """A number that is made of one operand."""

    def __call__(self, x: Buffer | Operand) -> Value: ...


def are_buffers(*operands: object, or_numbers: bool = False) -> bool:
    """Whether a call is one on buffers, with numbers in place of some of them where there may be.

    :raises InvalidArgumentError: where an operand is a buffer, and another an array.
    """
    if not any(isinstance(operand, Buffer) for operand in operands):
        return False
    for operand in operands:
        if not isinstance(operand, Buffer) and not (or_numbers and is_number(operand)):
            raise InvalidArgumentError(
                "a call is one on buffers or on arrays: Buffer(executor, array) and Buffer.to_numpy() copy"
            )
    return True


def buffer_for(out: Buffer | None, like: Buffer, shape: tuple[int, ...], dtype: DTypeLike) -> Buffer:
    """Where the result of a call on buffers goes."""
    if out is None:
        return Buffer.zeros(like.executor, shape, dtype)
    if not isinstance(out, Buffer) or out.dtype != dtype or out.shape != shape:
        raise InvalidArgumentError(f"out must be a buffer of shape {shape} and type {np.dtype(dtype)}")
    return out


def _named(function: Callable[..., Any], name: str, documentation: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "armillion.ops"
    function.__doc__ = documentation
    return function


def _kernels(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return getattr(_core, f"ops_{name}"), getattr(_core, f"buffer_{name}")


def unary(name: str, documentation: str, *, needs_contiguous: bool = False) -> Unary:
    """The function of one operand that has this name in the extension module."""
    on_arrays, on_buffers = _kernels(name)

    def call(x: Any, *, out: Any = None) -> Any:
        if isinstance(x, Buffer):
            result = buffer_for(out, x, x.shape, x.dtype)
            on_buffers(x._elements, result._elements)
            return result
        operand = contiguous(x) if needs_contiguous else operand_of(x)
        into = result_for(out, operand.shape, operand.dtype)
        on_arrays(laid_out_as(operand, into), into)
        return into

    return cast(Unary, _named(call, name, documentation))


def _with_buffers(kernel: Callable[..., Any], a: Any, b: Any, out: Buffer | None) -> Buffer:
    like: Buffer = a if isinstance(a, Buffer) else b
    if isinstance(a, Buffer) and isinstance(b, Buffer):
        check_alike(a, b)
    result = buffer_for(out, like, like.shape, like.dtype)
    first, second = (
        operand._elements if isinstance(operand, Buffer) else as_number(operand, like.dtype) for operand in (a, b)
    )
    kernel(first, second, result._elements)
    return result


def binary(name: str, documentation: str) -> Binary:
    """The function of two operands that has this name in the extension module."""
    on_arrays, on_buffers = _kernels(name)

    def call(a: Any, b: Any, *, out: Any = None) -> Any:
        if are_buffers(a, b, or_numbers=True):
            return _with_buffers(on_buffers, a, b, out)
        if is_number(b) and not is_number(a):
            first = contiguous(a)
            result = result_for(out, first.shape, first.dtype)
            on_arrays(first, as_number(b, first.dtype), result)
            return result
        if is_number(a) and not is_number(b):
            second = contiguous(b)
            result = result_for(out, second.shape, second.dtype)
            on_arrays(as_number(a, second.dtype), second, result)
            return result
        first, second = operand_of(a), operand_of(b)
        check_alike(first, second)
        result = result_for(out, first.shape, first.dtype)
        on_arrays(laid_out_as(first, result), laid_out_as(second, result), result)
        return result

    return cast(Binary, _named(call, name, documentation))


def comparison(name: str, documentation: str) -> Comparison:
    """The relation that has this name in the extension module."""
    on_arrays, on_buffers = _kernels(name)

    def call(a: Any, b: Any, *, out: Any = None) -> Any:
        other: Any
        if are_buffers(a, b, or_numbers=True):
            if not isinstance(a, Buffer):
                raise InvalidArgumentError("the first operand of a comparison is a buffer, where the second is one")
            if isinstance(b, Buffer):
                check_alike(a, b)
            other = b._elements if isinstance(b, Buffer) else as_number(b, a.dtype)
            mask = buffer_for(out, a, a.shape, np.bool_)
            on_buffers(a._elements, other, mask._elements)
            return mask
        first = contiguous(a)
        other = as_number(b, first.dtype) if is_number(b) else contiguous(b)
        if not is_number(b):
            check_alike(first, other)
        result = result_for(out, first.shape, np.bool_)
        on_arrays(first, other, result.view(np.uint8))
        return result

    return cast(Comparison, _named(call, name, documentation))


def reduction(name: str, documentation: str) -> Reduction[Any]:
    """The reduction that has this name in the extension module."""
    on_arrays, on_buffers = _kernels(name)

    def call(x: Any) -> Any:
        return on_buffers(x._elements) if isinstance(x, Buffer) else on_arrays(operand_of(x))

    return cast("Reduction[Any]", _named(call, name, documentation))
