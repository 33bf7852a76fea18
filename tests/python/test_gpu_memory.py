"""Buffers in a GPU's memory, shared by DLPack. But for torch's nothing here needs kernels: the test python_fake_gpu
runs it with a driver of a GPU that is not there.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import armillion
from armillion.ops import Buffer, Executor

pytestmark = pytest.mark.gpu

CPU, CUDA = 1, 2


class Tensor:
    """Another library's tensor of a GPU, whose memory is a buffer's. It notes how it was asked."""

    def __init__(self, buffer: Buffer, *, has_versions: bool = True, device: tuple[int, int] | None = None) -> None:
        self.buffer = buffer
        self.has_versions = has_versions
        self.device = device or buffer.__dlpack_device__()
        self.asked: list[dict[str, Any]] = []

    def __dlpack__(self, **arguments: Any) -> Any:
        self.asked.append(arguments)
        if not self.has_versions and "max_version" in arguments:
            raise TypeError("unexpected argument max_version")
        return self.buffer.__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device


@pytest.fixture
def executor() -> Executor:
    return Executor.cuda()


def test_buffers_tell_their_gpu(executor: Executor) -> None:
    buffer = Buffer(executor, np.arange(10, dtype=np.float32))
    assert buffer.__dlpack_device__() == (CUDA, int(executor.name.removeprefix("cuda:")))
    assert np.array_equal(buffer.to_numpy(), np.arange(10))


@pytest.mark.parametrize("has_versions", [True, False])
def test_tensors_of_the_same_gpu_are_shared(executor: Executor, has_versions: bool) -> None:
    owner = Buffer(executor, np.arange(12, dtype=np.int32).reshape(3, 4))
    tensor = Tensor(owner, has_versions=has_versions)
    # By another executor, which has a stream of its own.
    other = Executor.cuda()
    shared = Buffer.from_dlpack(other, tensor, copy=False)
    assert shared.shape == (3, 4) and shared.dtype == np.int32 and shared.executor is other
    shared.upload(np.full((3, 4), 9, np.int32))
    assert (owner.to_numpy() == 9).all()
    streams = [arguments["stream"] for arguments in tensor.asked]
    assert set(streams) == {other._core.stream} and streams[0] != executor._core.stream


def test_memory_lives_as_long_as_whoever_shares_it(executor: Executor) -> None:
    owner = Buffer(executor, np.arange(5, dtype=np.float64))
    gone = weakref.ref(owner._elements)
    shared: Buffer | None = Buffer.from_dlpack(executor, owner)
    capsule = owner.__dlpack__(stream=1, max_version=(1, 0))
    del owner
    gc.collect()
    assert shared is not None and shared.to_numpy().tolist() == [0, 1, 2, 3, 4]
    shared = None
    gc.collect()
    assert gone() is not None, "the capsule keeps it"
    del capsule
    gc.collect()
    assert gone() is None


def test_elements_come_to_the_host_only_when_asked_for(executor: Executor) -> None:
    buffer = Buffer(executor, np.arange(4, dtype=np.float32))
    with pytest.raises(armillion.InvalidArgumentError, match="copy it to the host first"):
        Buffer(Executor.host(), buffer)
    with pytest.raises((BufferError, RuntimeError)):
        np.from_dlpack(buffer)
    with pytest.raises(BufferError, match="not on"):
        buffer.__dlpack__(dl_device=(CPU, 0), copy=False)

    class OnTheHost:
        def __dlpack__(self, **arguments: Any) -> Any:
            return buffer.__dlpack__(dl_device=(CPU, 0), **arguments)

        def __dlpack_device__(self) -> tuple[int, int]:
            return CPU, 0

    assert Buffer.from_dlpack(Executor.host(), OnTheHost()).to_numpy().tolist() == [0, 1, 2, 3]


def test_masks_and_indices_are_copied_too(executor: Executor) -> None:
    for dtype in (np.bool_, np.uint8, np.uint32):
        owner = Buffer(executor, np.array([1, 0, 1], dtype))
        copy = Buffer.from_dlpack(executor, owner, copy=True)
        owner.fill(0)
        assert copy.dtype == dtype and copy.to_numpy().tolist() == [1, 0, 1]


def test_tensors_of_the_host_are_copied(executor: Executor) -> None:
    array = np.ones(3, np.float32)
    buffer = Buffer.from_dlpack(executor, array)
    array[0] = 5
    assert buffer.to_numpy().tolist() == [1, 1, 1]
    with pytest.raises(BufferError, match="cannot work on its memory"):
        Buffer.from_dlpack(executor, array, copy=False)


def test_tensors_of_another_gpu_are_refused(executor: Executor) -> None:
    tensor = Tensor(Buffer(executor, np.ones(3, np.float32)), device=(CUDA, 7))
    with pytest.raises(armillion.InvalidArgumentError, match="neither in the host's memory nor in that of 'cuda:"):
        Buffer.from_dlpack(executor, tensor)
    assert not tensor.asked


class TestTorch:
    """On a real GPU only: what is done there needs torch with CUDA."""

    def test_tensors_are_shared_both_ways(self, executor: Executor) -> None:
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("torch has no GPU")
        gpu = torch.device("cuda", int(executor.name.removeprefix("cuda:")))
        tensor = torch.arange(1_000_000, dtype=torch.float32, device=gpu)
        tensor += 1
        buffer = Buffer.from_dlpack(executor, tensor, copy=False)
        armillion.ops.mul(buffer, 2, out=buffer)
        assert torch.equal(tensor, 2 * (torch.arange(1_000_000, dtype=torch.float32, device=gpu) + 1))
        lent = Buffer(executor, np.zeros((4, 4), np.float32))
        torch.from_dlpack(lent).add_(torch.eye(4, device=gpu))
        torch.cuda.synchronize(gpu)
        assert np.array_equal(lent.to_numpy(), np.eye(4))
        copy = Buffer.from_dlpack(executor, tensor, copy=True)
        assert float(armillion.ops.max(copy)) == 2_000_000
        with pytest.raises(armillion.InvalidArgumentError, match="multiple of 16 bytes"):
            Buffer.from_dlpack(executor, tensor[1:])
        with pytest.raises(armillion.InvalidArgumentError, match="contiguous"):
            Buffer.from_dlpack(executor, tensor.reshape(1000, 1000).T)
