"""What arguments may be."""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray
from typing_extensions import Buffer

BytesLike: TypeAlias = Buffer | NDArray[Any]
"""An object whose bytes are taken: bytes, bytearray, memoryview, an array."""
