"""Small files for the laws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_palette_png(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A PNG with a palette of colours, the indices of which are the values."""
    import PIL.Image

    if values.dtype != np.uint8:
        raise NotImplementedError
    image = PIL.Image.fromarray(values)
    image.putpalette([(37 * entry + channel) % 256 for entry in range(256) for channel in (0, 80, 160)])
    image.save(path)
