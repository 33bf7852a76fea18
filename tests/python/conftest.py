"""What the tests share. CMake says where the guest programs are."""

from __future__ import annotations

import os
import pathlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import armillion


@pytest.fixture(scope="session")
def programs() -> pathlib.Path:
    """The folder with the example programs, compiled for AArch64."""
    return pathlib.Path(os.environ["ARMILLION_PROGRAMS"]).resolve()


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
