"""What a component of the kind ``format`` is: an object that describes files and, if it can, writes them.

The `Spec` of the component has a `porenet.interface.Storage`, and its target makes the object without arguments.
porenet reads the values behind a description, checks them against it, and turns them into labels; a format knows of no
phases but those that its files name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from porenet.formats.interface.stored import Options, StoredArray
from porenet.formats.interface.written_layers import WrittenLayers
from porenet.interface import Volume

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@runtime_checkable
class Format(Protocol):
    """A format of files, or of folders."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the array in a file; reads as little as that takes, and no voxel.

        Args:
            path: a file or folder of this format, as far as its name or first bytes tell.
            options: what the caller states about it.

        Raises:
            InputError: the file is not what it says, or holds no volume. Whatever else is raised becomes an InputError
                that calls the file damaged.
        """
        ...


@runtime_checkable
class DetachedFormat(Format, Protocol):
    """A format whose volumes may consist of several files: one with ``headers``, ``marks`` or ``slices``."""

    def files(self, path: Path) -> tuple[Path, ...]:
        """The files that a volume is read from, in order; of a header, itself first.

        Raises:
            InputError: they cannot be found.
        """
        ...


@runtime_checkable
class SliceFormat(DetachedFormat, Protocol):
    """A format of folders of slices."""

    def is_volume(self, folder: Path, names: Sequence[str]) -> bool:
        """Whether the slices of a folder make one volume, rather than each being a volume by itself.

        Args:
            folder: the folder.
            names: names of the files in it with one of the suffixes of slices; at least one.
        """
        ...


@runtime_checkable
class WritingFormat(Format, Protocol):
    """A format that also writes."""

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write a volume. Whatever is raised leaves nothing behind: porenet gives a draft and renames it at the end.

        Args:
            volume: volume to write.
            path: the file to make, or the folder, neither of which exists yet; its name is not that of the end.
            values: (256,) value of each label.
        """
        ...


@runtime_checkable
class LayerWritingFormat(WritingFormat, Protocol):
    """A format that also writes volumes that are not in memory."""

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """Write a volume, or a section, layer by layer; the bytes are those of ``write``, but for the size of chunks.

        Args:
            layers: what to write.
            path: as for ``write``.
            values: (256,) value of each label.
        """
        ...
