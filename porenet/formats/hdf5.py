"""HDF5 and DREAM.3D: one data set of a file.

h5py reads what describes the data set; the voxels are read and inflated here. libhdf5 ends the whole process on
some damaged chunks (a chunk shorter than its header says is copied out of bounds), and follows links into other
files; neither can happen to bytes that Python reads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.families import library
from porenet.formats.hdf5_chunks import Chunked, Contiguous
from porenet.formats.stored import CHOOSE_ONE, DEFLATE_RATIO, UNSTATED, Options, StoredArray, Voxel
from porenet.formats.units import spacing_without_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LISTED = 20
_PHASES = "Phases"
_ELSEWHERE = object()


def look(path: Path, options: Options) -> StoredArray:
    """Describe the data set of that name, or the only volume in the file."""
    h5py = library("h5py", extra="hdf5", title="HDF5")
    with h5py.File(path, "r", locking=False) as file:  # readers need no lock, and network disks have none
        dream3d = path.suffix.lower() == ".dream3d"
        name = _choose(h5py, file, options.dataset, dream3d)
        dataset = file[name]
        if dataset.is_virtual or dataset.external:
            raise InputError(
                f"the voxels of {name!r} are in another file, which is not opened",
                fix="Copy them into one file, for example with h5repack.",
            )
        dtype, shape = dataset.dtype, dataset.shape
        if len(shape) == 4 and shape[-1] == 1:  # DREAM.3D adds an axis of components
            shape = shape[:3]
        voxel = _voxel(h5py, file, dataset, name)
        place = _place(h5py, dataset, file.userblock_size)
        packed_bytes = min(path.stat().st_size, dataset.id.get_storage_size())
    if isinstance(place, bytes):
        small = place
        return StoredArray(shape, dtype, len(small), 1.0, lambda: iter((np.frombuffer(small, dtype),)), voxel)
    expansion = float(DEFLATE_RATIO) if isinstance(place, Chunked) and place.deflated else 1.0

    def blocks() -> Iterator[NDArray[Any]]:
        if isinstance(place, Contiguous):
            yield from place.blocks(path, dtype, math.prod(shape))
            return
        with h5py.File(path, "r", locking=False) as file:
            yield from place.blocks(path, file[name], shape)

    return StoredArray(shape, dtype, packed_bytes, expansion, blocks, voxel)


def _choose(h5py: Any, file: Any, asked: str | None, dream3d: bool) -> str:
    if asked is not None:
        return _walk(h5py, file, asked)
    volumes: list[str] = []
    others: list[str] = []

    def visit(name: str, item: Any) -> None:  # visititems follows neither soft nor external links
        if isinstance(item, h5py.Dataset):
            shape: tuple[int, ...] = item.shape or ()
            labels = item.dtype.kind in "iub" and (len(shape) == 3 or (len(shape) == 4 and shape[-1] == 1))
            (volumes if labels else others).append(f"{name} {'x'.join(map(str, shape))} {item.dtype}")

    file.visititems(visit)
    names = [volume.rsplit(" ", 2)[0] for volume in volumes]
    if dream3d:  # FeatureIds are grains, not phases
        names = [name for name in names if name.rpartition("/")[2] == _PHASES]
    if len(names) == 1:
        return names[0]
    listed = volumes or others
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    contents = f"{'; '.join(listed[:_LISTED])}{more}" if listed else "none"
    if volumes:
        raise InputError(
            f"{'several' if names or not dream3d else 'no'} data sets "
            f"{'called Phases' if dream3d else 'could be the labels'}; its volumes are {contents}",
            fix=CHOOSE_ONE,
        )
    raise InputError(f"holds no 3-D data set of integers; its data sets are {contents}", fix=CHOOSE_ONE)


def _walk(h5py: Any, file: Any, asked: str) -> str:
    """The name without outer slashes; an error if a step of it leaves this file."""
    parts = [part for part in asked.split("/") if part]
    here = file
    for depth, part in enumerate(parts):
        child = _child(h5py, here, part)
        if child is _ELSEWHERE:
            raise InputError(
                f"{'/'.join(parts[: depth + 1])!r} is a soft or external link, which is not followed",
                fix="Name the data set itself.",
            )
        if child is None:
            inside = ", ".join(list(here)[:_LISTED]) if isinstance(here, h5py.Group) else ""
            raise InputError(f"no data set is called {asked!r}", fix=f"This group holds {inside}." if inside else "")
        here = child
    if not isinstance(here, h5py.Dataset):
        inside = ", ".join(list(here)[:_LISTED]) if isinstance(here, h5py.Group) else "nothing"
        raise InputError(f"{asked!r} is a group, not a data set; it holds {inside}")
    return "/".join(parts)


def _child(h5py: Any, group: Any, name: str) -> Any:
    """The object of a group under a name: None if absent, ``_ELSEWHERE`` for a soft or external link.

    Reads the links themselves: ``name in group`` and ``group.get`` open the file that an external link names.
    """
    if not isinstance(group, h5py.Group) or not group.id.links.exists(name.encode()):
        return None
    if group.id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
        return _ELSEWHERE
    return group[name]


def _place(h5py: Any, dataset: Any, userblock: int) -> Chunked | Contiguous | bytes:
    properties = dataset.id.get_create_plist()
    layout = properties.get_layout()
    if layout == h5py.h5d.CHUNKED:
        filters = tuple(properties.get_filter(i)[0] for i in range(properties.get_nfilters()))
        if userblock:  # versions of libhdf5 disagree whether offsets of chunks count it
            raise InputError("its chunks follow a user block", fix="Remove it: h5repack IN OUT.")
        return Chunked(dataset.chunks, filters)
    if layout == h5py.h5d.CONTIGUOUS:
        offset = dataset.id.get_offset()
        if offset is None:
            raise InputError("its voxels were never written", fix="Write the file again.")
        return Contiguous(offset)
    if dataset.id.get_storage_size() > 1 << 16:  # a compact data set lies in its header, at most 64 KB
        raise InputError("its compact data set is above 64 KB", fix="It is damaged; write it again.")
    return bytes(dataset[()].tobytes())


def _voxel(h5py: Any, file: Any, dataset: Any, name: str) -> Voxel:
    """Edges (z, y, x) that the file states: DREAM.3D keeps them as x, y, z and without a unit."""
    stated = dataset.attrs.get("element_size_um")  # Fiji and ilastik; z, y, x
    if stated is not None and np.shape(stated) == (3,):
        z, y, x = (float(edge) for edge in stated)
        return z, y, x
    parts = name.split("/")
    if len(parts) < 3:
        return UNSTATED
    geometry = file["/".join(parts[:-2])]
    spacing = geometry.attrs.get("_SPACING")  # DREAM.3D 7
    stored = _child(h5py, _child(h5py, geometry, "_SIMPL_GEOMETRY"), "SPACING")  # DREAM.3D 6
    if spacing is None and isinstance(stored, h5py.Dataset) and stored.shape == (3,):
        spacing = None if stored.is_virtual or stored.external else stored[()]
    if spacing is None or np.shape(spacing) != (3,):
        return UNSTATED
    return spacing_without_unit([float(edge) for edge in reversed(spacing)])
