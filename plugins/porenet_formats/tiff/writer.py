"""Write a volume as TIFF."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, BinaryIO

from porenet.formats.interface import WrittenLayers, library, record_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECORD = "porenet="
"""Beginning of the line of porenet's own in a description of ImageJ."""


def write_tiff(layers: WrittenLayers, file: BinaryIO, values: NDArray[np.uint8]) -> None:
    """Write deflated pages that ImageJ and Fiji open with the right voxel size.

    The record of phases is a line of the description, which ImageJ passes over and leaves out when it saves
    (https://github.com/imagej/ImageJ, FileSaver.getDescriptionString): a processed volume has lost it, and is asked
    about.

    Args:
        layers: volume to write.
        file: a file open for writing.
        values: (256,) grey value of each label.
    """
    tifffile = library("tifffile", extra="tiff", title="TIFF")
    z, y, x = layers.grid.voxel_um
    count = layers.box[0]
    lines = f"ImageJ=1.11a\nimages={count}\nslices={count}\nunit=um\nspacing={z!r}\nloop=false\n"
    if layers.grid.dims == 2:  # an image: without a spacing it is not taken for a volume of one slice
        lines = "ImageJ=1.11a\nunit=um\nloop=false\n"
    description: str | None = f"{lines}{RECORD}{record_text(layers, values)}\n"
    with tifffile.TiffWriter(file, bigtiff=math.prod(layers.box) >= 1 << 32) as tif:
        # Page by page: as one array, a volume one voxel wide would become a single page.
        for labels in layers.layers():
            tif.write(
                values[labels],
                photometric="minisblack",
                resolution=(1 / x, 1 / y),
                description=description,
                metadata=None,
                compression="zlib",
            )
            description = None
