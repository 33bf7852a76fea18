"""What the tests share. CMake says where the guest programs are."""

from __future__ import annotations

import os
import pathlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from _pytest.mark import ParameterSet

import armillion


def on_gpu(name: str) -> ParameterSet:
    """A parameter of tests that need an NVIDIA GPU."""
    return pytest.param(name, marks=pytest.mark.gpu)


DEVICES = ["cpu", "host-lanes", on_gpu("cuda")]
"""Where machines and fleets run: the CPU, a GPU's code on the CPU, and a GPU."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is not None and (why := armillion.why_no_gpu()):
        pytest.skip(why)


@pytest.fixture(scope="session")
def programs() -> pathlib.Path:
    """The folder with the example programs, compiled for AArch64."""
    return pathlib.Path(os.environ["ARMILLION_PROGRAMS"]).resolve()


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def machine_there(device: str) -> Iterator[armillion.Machine]:
    """A machine on each device."""
    with armillion.Machine(device=device) as made:
        yield made


@pytest.fixture
def machine() -> Iterator[armillion.Machine]:
    with armillion.Machine() as made:
        yield made


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """What Ctrl-C does, once the block has run for so long."""
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
