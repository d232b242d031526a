"""Read a file, or a folder of slices, into a volume."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

from porenet.errors import InputError, Wording
from porenet.formats import phases as mapping
from porenet.formats.box_size import note_unusual_size
from porenet.formats.families import Family, family_of
from porenet.formats.records import SAME_EDGE
from porenet.formats.stored import MAX_VOXELS, Options, StoredArray, check
from porenet.interface import AXES, Grid, Volume
from porenet.interface.phase_values import PhaseValues, option_text, values_of_phases

_EDGES = "Give the edges in um: {}."
_Edges = tuple[float, float, float]
_Wraps = tuple[bool, bool, bool]
_Values = dict[str, tuple[int, ...]]
Result = TypeVar("Result")


def read(
    path: str | os.PathLike[str],
    *,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dataset: str | None = None,
    pattern: str | None = None,
    shape: tuple[int, int, int] | None = None,
    dtype: str | None = None,
    offset: int = 0,
    override: bool = False,
    max_voxels: int = MAX_VOXELS,
) -> Volume:
    """Read one volume.

    NPY, NPZ, TIFF, HDF5, ``.dream3d``, VTI, legacy VTK, NRRD, zarr and OME-Zarr, Amira, MetaImage, NIfTI, MRC, MATLAB,
    raw voxels, or a folder of PNG, BMP or TIFF slices. A spacing without a unit is taken as um, except 1, 1, 1, the
    default of such formats, which counts as not stated; a spacing with a unit is converted, and with a unit that is not
    known counts as not stated. Labels may be stored as floating-point numbers if every one is whole. A box of more than
    1 mm or less than 10 nm is noted in the log.

    Args:
        path: a file, a folder of slices, or a zarr store.
        phases: value in the file of each phase, in label order, or a list of values that are put together:
            ``{"Ni": 255, "YSZ": [127, 200], "pore": 0}``. Names alone, in label order, have the values that the file
            states, else 0, 1, ... May be left out where the file says it: a file that `write` wrote, a folder of slices
            with a ``grid.toml`` in it, materials of Amira. A phase may be absent from the file.
        voxel_um: voxel edges (z, y, x), um. May be left out if the file states all of them.
        periodic: per axis (z, y, x), whether the volume wraps; default: as the file states, else open.
        dataset: name of the array, if a file holds several (NPZ, HDF5, VTI, VTK, zarr, Amira, MATLAB).
        pattern: folders of slices only: names of the slices, with ``*`` where the number stands, such as
            ``scan_*_seg.png``; default: the number ends the name. Other files of the folder are passed over.
        shape: raw files only: (Z, Y, X), voxels.
        dtype: raw files only: ``uint8``, ``<u2``, ``>i4``, ...
        offset: raw files only: bytes before the first voxel.
        override: use the arguments where the file contradicts them; otherwise a contradiction is an error.
        max_voxels: larger volumes are refused before memory is allocated for them.

    Returns:
        Labels ``(Z, Y, X)`` uint8 with their grid. Reading needs the memory of the labels plus a few MB, for volumes
        in Fortran order and files in chunks up to twice the labels.

    Raises:
        InputError: the file or an argument is wrong; the message names the path and a remedy.
    """
    place = Path(path)
    asked = None if phases is None else values_of_phases(phases)
    names_only = not isinstance(phases, Mapping)
    edges = None if voxel_um is None else Grid(("a", "b"), cast("_Edges", voxel_um)).voxel_um
    wraps = None if periodic is None else Grid(("a", "b"), (1.0, 1.0, 1.0), cast("_Wraps", periodic)).periodic
    options = Options(dataset, pattern, shape, dtype, offset, max_voxels)
    family = guard(place, None, lambda: family_of(place, options))

    def step() -> Volume:
        stored = family.reader().look(place, options)
        check(stored, max_voxels)
        values = _values(stored, asked, override, names_only=names_only)
        grid = Grid(
            phases=tuple(values),
            voxel_um=_edges(stored, edges, override),
            periodic=_boundaries(stored, wraps, override),
        )
        volume = Volume(mapping.labels(stored, values), grid)
        note_unusual_size(volume.labels.shape, grid.voxel_um)
        return volume

    return guard(place, family, step)


def guard(path: Path, family: Family | None, step: Callable[[], Result]) -> Result:
    """Run a step on a file; whatever it raises becomes one InputError that names the file.

    Args:
        path: the file or folder, as messages name it.
        family: format that the message names; None for none.
        step: function to run.

    Returns:
        The result of the step.

    Raises:
        InputError: the step raised.
    """
    try:
        return step()
    except InputError as error:
        if error.where:
            raise
        raise InputError(error.what, where=str(path), fix=error.fix) from error
    except MemoryError as error:
        raise InputError(
            "does not fit into memory", where=str(path), fix="Crop it, or use a larger machine."
        ) from error
    except OSError as error:
        if error.errno is not None and error.strerror:
            raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
        raise _damage_error(path, family, error) from error
    except Exception as error:  # libraries raise exceptions of many types on a damaged file
        raise _damage_error(path, family, error) from error


def _damage_error(path: Path, family: Family | None, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    kind = f" as {family.title}" if family else ""
    return InputError(
        f"cannot be read{kind}: {reason}",
        where=str(path),
        fix="It is truncated or damaged, or its suffix is wrong; copy it again.",
    )


def _values(stored: StoredArray, asked: _Values | None, override: bool, *, names_only: bool) -> _Values:
    """The values of each phase, in label order: those asked for, which must agree with those of the file."""
    own = None if stored.phases is None else values_of_phases(stored.phases)
    if asked is None:
        if own is None:
            raise mapping.without_phase(stored, None)
        return own
    if own is not None and own.keys() == asked.keys() and names_only:
        return {name: own[name] for name in asked}
    if own is None or override:
        return asked
    # the file may state fewer values than asked for: of several values of a phase, only the first is written
    if own.keys() != asked.keys() or any(set(own[name]) - set(asked[name]) for name in own):
        wanted = ",".join(asked) if names_only else option_text(asked)
        raise InputError(f"the file says {option_text(own)}, but {wanted} was asked for", fix=_against("phases"))
    return asked


def _edges(stored: StoredArray, voxel_um: _Edges | None, override: bool) -> _Edges:
    stated = stored.voxel_um
    if voxel_um is None:
        missing = [axis for axis, edge in zip(AXES, stated, strict=True) if edge is None]
        if missing:
            known = [f"{axis} = {edge:g} um" for axis, edge in zip(AXES, stated, strict=True) if edge is not None]
            holds = f"it states only {', '.join(known)}" if known else "it states no voxel size"
            holds += f": {stored.voxel_note}" if stored.voxel_note else ""
            raise InputError(holds, fix=Wording(_EDGES.format("voxel_um=(z, y, x)"), _EDGES.format("--voxel-um Z,Y,X")))
        for axis, edge in zip(AXES, stated, strict=True):
            if edge is None or not math.isfinite(edge) or edge <= 0:
                raise InputError(
                    f"it states an edge of {edge} um along {axis}",
                    fix=Wording(
                        _EDGES.format("voxel_um=(z, y, x) and override=True"),
                        _EDGES.format("--voxel-um Z,Y,X and --override"),
                    ),
                )
        return cast("_Edges", stated)
    if not override:
        for axis, edge, length in zip(AXES, stated, voxel_um, strict=True):
            if edge is not None and not math.isclose(edge, length, rel_tol=SAME_EDGE):
                raise InputError(
                    f"it states an edge of {edge:g} um along {axis}, but {length:g} was asked for",
                    fix=_against("voxel_um"),
                )
    return voxel_um


def _boundaries(stored: StoredArray, wraps: _Wraps | None, override: bool) -> _Wraps:
    if wraps is None:
        return stored.periodic or (False, False, False)
    if stored.periodic is not None and stored.periodic != wraps and not override:
        raise InputError(
            f"the file is {_in_words(stored.periodic)}, but {_in_words(wraps)} was asked for",
            fix=Wording(
                _against("periodic"),
                "State it in a grid file (--grid), leave out --phases or --voxel-um, or add --override.",
            ),
        )
    return wraps


def _in_words(wraps: _Wraps) -> str:
    axes = [axis for axis, wrapping in zip(AXES, wraps, strict=True) if wrapping]
    return f"periodic along {', '.join(axes)}" if axes else "open along all axes"


def _against(argument: str) -> Wording:
    """What to do where an argument contradicts the file."""
    return Wording(
        f"Leave {argument} out, or pass override=True if the file is wrong.",
        "State the grid of the file (--grid, or --phases and --voxel-um), or add --override if the file is wrong.",
    )
