"""Whether the array that a header describes is a volume of labels, before memory is allocated for it."""

from __future__ import annotations

from porenet.errors import InputError, Wording
from porenet.formats.interface import DAMAGED, StoredArray


def check(stored: StoredArray, max_voxels: int, dims: tuple[int, ...] = (3,)) -> None:
    """Check that an array is a labelled volume, or section, before memory is allocated for it.

    Args:
        stored: the array in the file.
        max_voxels: largest volume to read, voxels.
        dims: of the arrays that the format holds.

    Raises:
        InputError: of other dimensions, empty, not of numbers, too large, or more values than the file can hold.
    """
    if stored.dtype.names is not None:
        raise InputError(
            f"holds records of the fields {', '.join(stored.dtype.names)}, not integer labels",
            fix="Save the field of the labels as an array of its own.",
        )
    shape = "x".join(map(str, stored.shape)) or "()"
    if len(stored.shape) not in dims:
        axes = len(stored.shape)
        fix = "Save one 3-D array (Z, Y, X) of labels."
        if axes == 2:
            fix = "Write a section as .npy, .npz, .tif or .png; a volume one voxel thick has the shape (1, Y, X)."
        elif axes == 4:
            fix = "Save one 3-D array (Z, Y, X): one sample, one channel; of probabilities the argmax over phases."
        raise InputError(f"holds a {axes}-D array of shape {shape}, not a volume (Z, Y, X)", fix=fix)
    if min(stored.shape) < 1:
        raise InputError(f"holds no voxels: shape {shape}", fix="Write the file again; it is empty.")
    if stored.dtype.kind not in "iubf":
        raise InputError(
            f"holds values of type {stored.dtype.name}, not integer labels",
            fix="Save one whole number per voxel, such as uint8.",
        )
    if stored.size > max_voxels:
        raise InputError(
            f"its header promises {stored.size} voxels ({shape}), above the limit of {max_voxels}",
            fix=Wording("Crop it, or raise max_voxels if the file really holds so many.", "Crop it."),
        )
    promised, most = stored.size * stored.dtype.itemsize, int(stored.packed_bytes * stored.expansion)
    if promised > most + 1024:
        raise InputError(
            f"its header promises {promised} bytes of voxels ({shape} {stored.dtype.name}), "
            f"but the file can hold at most {max(0, most)}",
            fix=DAMAGED,
        )
