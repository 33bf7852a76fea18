"""Arrays of other libraries, taken and given by DLPack, in the host's memory. Those of a GPU: test_gpu_memory.py."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import armillion
from armillion import Fleet, Machine, ops
from armillion.ops import Buffer, Executor

HOST_MEMORY = [Executor.host, lambda: Executor.cuda("host-lanes")]
CPU = (1, 0)


class Tensor:
    """Another library's array: all that is known of it is DLPack. It notes how it was asked."""

    def __init__(
        self,
        array: NDArray[Any],
        device: tuple[int, int] = CPU,
        *,
        has_versions: bool = True,
        is_read_only: bool = False,
    ) -> None:
        self.array = array
        self.device = device
        self.has_versions = has_versions
        self.asked: list[dict[str, Any]] = []
        self.array.flags.writeable = not is_read_only

    def __dlpack__(self, **arguments: Any) -> Any:
        self.asked.append(arguments)
        if not self.has_versions and "max_version" in arguments:
            raise TypeError("unexpected argument max_version")
        return self.array.__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __getitem__(self, key: Any) -> Any:
        raise AssertionError("elements are not asked for one by one")


@pytest.mark.parametrize("make", HOST_MEMORY)
class TestTensorsOfTheHost:
    @pytest.mark.parametrize("has_versions", [True, False])
    def test_are_shared(self, make: Any, has_versions: bool) -> None:
        tensor = Tensor(np.arange(6, dtype=np.float32).reshape(2, 3), has_versions=has_versions)
        buffer = Buffer.from_dlpack(make(), tensor)
        assert buffer.shape == (2, 3) and buffer.dtype == np.float32
        ops.add(buffer, 1, out=buffer)
        assert tensor.array.tolist() == [[1, 2, 3], [4, 5, 6]]
        tensor.array[0, 0] = 100
        assert ops.max(buffer) == 100
        assert all("stream" not in arguments for arguments in tensor.asked)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint32, np.uint8, np.bool_])
    def test_have_all_types_of_elements(self, make: Any, dtype: type[Any]) -> None:
        array = np.ones(5, dtype)
        buffer = Buffer.from_dlpack(make(), array)
        assert buffer.dtype == dtype
        array[2] = 0
        assert np.array_equal(buffer.to_numpy(), array)

    def test_live_as_long_as_their_buffers(self, make: Any) -> None:
        class Owned(np.ndarray[Any, Any]):
            pass

        array = np.ones(1000, np.float32).view(Owned)
        gone = weakref.ref(array)
        buffer: Buffer | None = Buffer.from_dlpack(make(), array)
        del array
        gc.collect()
        assert gone() is not None and buffer is not None and ops.sum(buffer) == 1000
        part = buffer.reshape(10, 100)
        buffer = None
        gc.collect()
        assert gone() is not None and ops.sum(part) == 1000
        del part
        gc.collect()
        assert gone() is None

    def test_are_copied_where_they_cannot_be_shared(self, make: Any) -> None:
        matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
        read_only = Tensor(matrix.copy(), is_read_only=True)
        odd = np.frombuffer(bytearray(21), np.uint8)[1:].view(np.float32)
        for tensor in (Tensor(matrix.T), read_only, Tensor(odd)):
            buffer = Buffer.from_dlpack(make(), tensor)
            assert np.array_equal(buffer.to_numpy(), tensor.array)
            buffer.fill(-1)
            assert not (tensor.array == -1).any()
            with pytest.raises(BufferError, match="would have to be copied"):
                Buffer.from_dlpack(make(), tensor, copy=False)

    def test_are_copied_on_demand(self, make: Any) -> None:
        array = np.zeros(4, np.float64)
        Buffer.from_dlpack(make(), array, copy=True).fill(1)
        assert not array.any()
        Buffer.from_dlpack(make(), array, copy=False).fill(1)
        assert array.all()

    def test_that_overlap_in_part_are_no_result(self, make: Any) -> None:
        executor, array = make(), np.arange(10, dtype=np.float32)
        x, shifted = (Buffer.from_dlpack(executor, part) for part in (array[:-1], array[1:]))
        with pytest.raises(armillion.InvalidArgumentError, match="shares memory"):
            ops.add(x, 1, out=shifted)
        assert array.tolist() == list(range(10))

    def test_take_buffers_in(self, make: Any) -> None:
        buffer = Buffer(make(), np.arange(6, dtype=np.int32).reshape(2, 3))
        array = np.from_dlpack(buffer)
        assert array.shape == (2, 3) and array.dtype == np.int32 and array[1, 2] == 5
        ops.add(buffer, 10, out=buffer)
        assert array[1, 2] == 15
        other = Buffer.from_dlpack(make(), buffer)
        other.fill(3)
        assert (array == 3).all() and (buffer.to_numpy() == 3).all()

    def test_keep_buffers_that_they_took(self, make: Any) -> None:
        for version in (None, (1, 0)):
            buffer = Buffer(make(), np.full(100_000, 7, np.float32))
            capsule = buffer.__dlpack__(max_version=version)
            name = "dltensor" if version is None else "dltensor_versioned"
            assert f'"{name}"' in repr(capsule)
            array = np.from_dlpack(Buffer.from_dlpack(Executor.host(), _Capsule(capsule)))
            del buffer, capsule
            gc.collect()
            assert (array == 7).all()
        # A capsule that nobody takes keeps nothing for ever.
        unused = Buffer(make(), [1.0])
        gone = weakref.ref(unused._elements)
        capsule = unused.__dlpack__()
        del unused
        gc.collect()
        assert gone() is not None
        del capsule
        gc.collect()
        assert gone() is None

    def test_are_asked_for_by_the_rules(self, make: Any) -> None:
        buffer = Buffer(make(), [1.0, 2.0])
        assert buffer.__dlpack_device__() == CPU
        copied = np.from_dlpack(Buffer.from_dlpack(Executor.host(), _Capsule(buffer.__dlpack__(copy=True))))
        copied[0] = 5
        assert buffer.to_numpy()[0] == 1
        assert "dltensor" in repr(buffer.__dlpack__(dl_device=CPU, copy=False))
        with pytest.raises(BufferError, match="no streams"):
            buffer.__dlpack__(stream=1)
        with pytest.raises(BufferError, match=r"not on \(2, 0\)"):
            buffer.__dlpack__(dl_device=(2, 0))


class _Capsule:
    """What has a capsule and nothing else."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU


def test_a_machines_memory_is_its_own() -> None:
    executor = Executor.machine()
    tensor = Tensor(np.ones(3, np.float32))
    buffer = Buffer.from_dlpack(executor, tensor)
    buffer.fill(2)
    assert tensor.array.tolist() == [1, 1, 1] and ops.sum(buffer) == 6
    with pytest.raises(BufferError, match="would have to be copied"):
        Buffer.from_dlpack(executor, tensor, copy=False)
    for use in (buffer.__dlpack__, buffer.__dlpack_device__, lambda: np.from_dlpack(buffer)):
        with pytest.raises(BufferError, match="in the memory of an emulated machine"):
            use()


@pytest.mark.parametrize("device", [(2, 0), (2, 5), (13, 0), (10, 1)])
def test_tensors_of_a_device_are_not_copied_to_the_host_by_themselves(device: tuple[int, int]) -> None:
    tensor = Tensor(np.ones(4, np.float32), device)
    with Machine() as machine:
        fleet = Fleet(machine, 4)
        for use in (
            lambda: ops.add(tensor, 1),
            lambda: ops.sum(tensor),
            lambda: fleet.d.__setitem__(0, tensor),
            lambda: fleet.write_memory(0, tensor),
            lambda: fleet.call(0, tensor),
            lambda: Buffer(Executor.host(), tensor),
        ):
            with pytest.raises(armillion.InvalidArgumentError, match="copy it to the host first"):
                use()
    for make in (Executor.host, Executor.machine):
        with pytest.raises(armillion.InvalidArgumentError, match="neither in the host's memory nor in that of"):
            Buffer.from_dlpack(make(), tensor)
    assert not tensor.asked, "memory that cannot be used is not asked for"


def test_functions_of_arrays_take_tensors_of_the_host() -> None:
    a, b = np.arange(12, dtype=np.float32).reshape(3, 4), np.ones((3, 4), np.float32)
    x, y = Tensor(a.copy()), Tensor(b.copy(), is_read_only=True)
    assert np.array_equal(ops.add(x, y), a + b) and np.array_equal(ops.mul(2, x), 2 * a)
    assert np.array_equal(ops.exp(x), ops.exp(a)) and ops.sum(x) == 66 and ops.dot(x, y) == 66
    assert np.array_equal(ops.less(x, 3), a < 3) and np.array_equal(ops.fma(x, y, y), a + 1)
    assert np.array_equal(ops.where(Tensor(a > 3), x, y), np.where(a > 3, a, b))
    assert np.array_equal(ops.gather(Tensor(a[0].copy()), Tensor(np.array([2, 0]))), [2, 0])
    assert np.array_equal(ops.gemm(x, Tensor(b.T)), ops.gemm(a, b.T)) and np.array_equal(ops.softmax(x), ops.softmax(a))


def test_fleets_take_tensors_of_the_host_and_their_results_are_arrays_that_others_take(machine: Machine) -> None:
    fleet = Fleet(machine, 3)
    fleet.x[3] = Tensor(np.array([1, 2, 3]))
    fleet.d[1] = Tensor(np.array([0.5, 1, 2], np.float32))
    assert fleet.x[3].tolist() == [1, 2, 3] and fleet.d[1].tolist() == [0.5, 1, 2]
    rows = np.arange(6, dtype=np.uint16).reshape(3, 2)
    fleet.write_memory(0x1000, Tensor(rows))
    assert np.array_equal(fleet.read_memory(0x1000, 4).view(np.uint16), rows)
    fleet[1].write_memory(0x1000, Tensor(np.array([77], np.uint16)))
    assert fleet.read_memory(0x1000, 4).view(np.uint16)[:, 0].tolist() == [0, 77, 4]
    for result in (fleet.x[3], fleet.results().instructions, fleet.read_memory(0x1000, 4)):
        assert result.__dlpack_device__() == CPU and np.array_equal(np.from_dlpack(result), result)


class TestTorch:
    """The same with a library that has its own ideas."""

    def test_tensors_are_shared_both_ways(self) -> None:
        torch = pytest.importorskip("torch")
        tensor = torch.arange(6, dtype=torch.float32).reshape(2, 3)
        buffer = Buffer.from_dlpack(Executor.host(), tensor)
        ops.mul(buffer, 2, out=buffer)
        assert tensor.tolist() == [[0, 2, 4], [6, 8, 10]]
        back = torch.from_dlpack(Buffer(Executor.host(), [1.0, 2.0]))
        assert back.dtype == torch.float64 and back.sum().item() == 3
        lent = Buffer(Executor.host(), np.zeros(3, np.int32))
        torch.from_dlpack(lent).add_(5)
        assert lent.to_numpy().tolist() == [5, 5, 5]

    def test_tensors_are_operands_and_lanes(self, machine: Machine) -> None:
        torch = pytest.importorskip("torch")
        tensor = torch.linspace(-1, 1, 5)
        assert ops.relu(tensor).tolist() == [0, 0, 0, 0.5, 1]
        fleet = Fleet(machine, 5)
        fleet.x[0] = torch.arange(5)
        assert fleet.x[0].tolist() == [0, 1, 2, 3, 4]
