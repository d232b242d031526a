"""Structures that a generator has made already: a folder of them, with the conditions that they were made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from porenet import formats
from porenet.errors import InputError
from porenet.evaluation.conditions import Condition, read_conditions
from porenet.evaluation.real_structures import RealStructures
from porenet.evaluation.sample_folder import CONDITIONS, Samples
from porenet.measurement import read_volume


def read_samples(
    folder: Path,
    real: RealStructures,
    conditions: Sequence[Condition],
    progress: Callable[[str], object] = lambda _: None,
) -> Samples:
    """Structures of a folder.

    Args:
        folder: searched for volumes, as ``porenet measure`` does; or one volume. ``conditions.json`` in it, a table of
            porenet, states what each was made for.
        real: structures whose grid and file values hold for them too.
        conditions: by the names of the structures, where there is no such table.
        progress: called with the name of each structure.

    Raises:
        InputError: there is no volume, one cannot be read, or the conditions are of other structures.
    """
    files = {
        path.relative_to(folder).as_posix() if path != folder else path.name: path
        for path in formats.find(folder).volumes
    }
    if not files:
        raise InputError("no volume was found", where=str(folder), fix="Name a folder of generated structures.")
    volumes = []
    for name, path in files.items():
        volumes.append(read_volume(path, real.grid_file, dict(real.reading)))
        progress(name)
    samples = Samples(files, volumes)
    table = folder / CONDITIONS
    known = {each.name: each for each in (read_conditions(table, real.grid) if table.is_file() else conditions)}
    if table.is_file() and not set(files) <= set(known):
        missing = sorted(set(files) - set(known))
        raise InputError(
            f"holds no condition of {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}",
            where=str(table),
            fix="Name its volumes like the files, or remove it.",
        )
    if set(files) <= set(known):
        samples.conditions = [known[name] for name in files]
    else:
        samples.notes.append("states no conditions, so that nothing is said on how they are followed")
    return samples
