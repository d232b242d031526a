"""A PNG or BMP image by itself; PNG is also written, with the record of porenet as a text chunk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.formats.interface import Options, StoredArray, library, record_text, with_noted_record
from porenet.interface import Volume
from porenet_formats.images import images, png
from porenet_formats.images.palettes import read_as_indices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEYWORD = "porenet"
"""Of the text chunk that holds the record."""


class SingleImage:
    """Sections in images of grey values or indices of a palette."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe an image; only porenet's own states its voxel size and phases."""
        options.refuse_dataset()
        header = images.look_image(path)

        def blocks() -> Iterator[NDArray[Any]]:
            as_indices = read_as_indices([header.palette], [path.name])
            yield images.read_image(path, as_indices=as_indices).reshape(-1)

        stored = StoredArray(header.shape, header.dtype, path.stat().st_size, header.expansion, blocks)
        return with_noted_record(stored, png.text_of(path, KEYWORD))

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write a section as PNG, 8-bit grey."""
        pillow = library("PIL.Image", extra="images", title="a PNG image")
        chunks = library("PIL.PngImagePlugin", extra="images", title="a PNG image").PngInfo()
        chunks.add_text(KEYWORD, record_text(volume, values))
        pillow.fromarray(values[volume.labels[0]]).save(path, format="PNG", pnginfo=chunks)
