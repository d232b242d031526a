"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_raw(path: Path, values: NDArray[Any], _: Edges) -> None:
    """Voxels and nothing else."""
    path.write_bytes(values.tobytes())
