"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_png_slices(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A folder of grey PNG."""
    import PIL.Image

    if values.dtype != np.uint8:
        raise NotImplementedError
    path.mkdir()
    for z, page in enumerate(values):
        PIL.Image.fromarray(page).save(path / f"slice_{z:03}.png")
