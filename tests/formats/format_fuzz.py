# ruff: noqa: T201 -- what is printed is the subject
"""By hand: `python tests/formats/format_fuzz.py 2000 [KIND ...]` reads as many damaged files of each kind of format.

Prints the rows of docs/results/format_fuzz.md as each is done, and writes files worth a look into a folder: those that
another reader reads differently, those that it does not read though porenet reads other labels than were written, and
those of which the slabs differ from the volume.
"""

import collections
import contextlib
import logging
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
from damage import damaged
from format_oracles import Readers, has_reader
from format_samples import EDGES, format_samples, lay

from porenet.errors import InputError
from porenet.formats import find, fingerprint, open_slabs, read
from porenet.interface import Grid, Volume

PHASES = {f"p{value}": value for value in range(255)}
LABELS = np.random.default_rng(0).integers(0, 3, (5, 9, 8)).astype(np.uint8)
COLUMNS = ("refused", "same", "other", "differs", "alone", "edges", "slabs")
CUTS = ((0, 2), (2, 3), (3, None))
RAW = {"shape": LABELS.shape, "dtype": "uint8"}


def outcome(path, other_reader, **stated):
    """What became of a file, and what else is strange about it.

    Args:
        path: a file or folder.
        other_reader: function to its values by another reader, or None where that cannot read it.
        stated: what raw files need.

    Returns:
        ``refused``; ``same`` labels as written, or with other ``edges``; ``other`` labels, as the other reader reads
        them; labels from which the other reader ``differs``, or that porenet reads ``alone``; or ``slabs`` that are not
        the volume.
    """
    options = {"phases": PHASES, "voxel_um": EDGES, "override": True, **stated}
    labels = _labels(lambda: read(path, **options, max_voxels=10**7).labels)
    slabs = _labels(lambda: _by_slabs(path, options))
    if not _agree(labels, slabs):
        return "slabs"
    find(path.parent)
    _labels(lambda: fingerprint(path))
    if labels is None:
        return "refused"
    values, as_written = other_reader(path), np.array_equal(labels, LABELS)
    if values is not None and not np.array_equal(values, labels):
        return "differs"
    if not as_written:
        return "alone" if values is None else "other"
    return "edges" if _has_other_edges(path, stated) else "same"


def _labels(step):
    """Labels, None for a file that is refused in one line with a place, or ``fortran`` for what has no slabs."""
    try:
        return step()
    except InputError as error:
        if not error.where or "\n" in str(error) or len(str(error)) > 3000:
            raise AssertionError(f"not one line with a place: {error}") from error
        return "fortran" if "z runs fastest" in error.what else None


def _by_slabs(path, options):
    slabs = open_slabs(path, **options)
    depth = slabs.shape[0]
    if np.prod(slabs.shape) > 10**7:
        raise InputError("is too large", where=str(path))
    ends = sorted({min(depth, end or depth) for _, end in CUTS})
    labels = np.concatenate([slabs.read(*cut) for cut in zip([0, *ends], ends, strict=False)])
    if slabs.slabs.read_y is not None:
        rows = [slabs.read_y(y, y + 1) for y in range(slabs.shape[1])]
        return labels if np.array_equal(np.concatenate(rows, axis=1), labels) else np.empty(0)
    return labels


def _agree(labels, slabs):
    if isinstance(slabs, str):
        return True
    return slabs is labels if labels is None or slabs is None else np.array_equal(labels, slabs)


def _has_other_edges(path, stated):
    """Whether a file states voxel edges other than those written."""
    with contextlib.suppress(InputError):  # it states none
        return not np.allclose(read(path, phases=PHASES, override=True, **stated).grid.voxel_um, EDGES)
    return False


def damaged_sample(sample, rng):
    """A sample with one of its files damaged."""
    if isinstance(sample, bytes):
        return damaged(sample, rng)
    name = list(sample)[rng.integers(len(sample))]
    return {**sample, name: damaged(sample[name], rng)}


def row(kind, suffix, samples, count, keep):
    """Outcomes of many damaged files of a kind, and seconds of the slowest."""
    rng = np.random.default_rng(zlib.crc32(kind.encode()))
    stated = RAW if kind == "raw" else {}
    counts, slowest, readers = collections.Counter(), 0.0, Readers()
    for number in range(count):
        sample = damaged_sample(samples[number % len(samples)], rng)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"v{suffix}"
            lay(sample, path)
            start = time.perf_counter()
            result = outcome(path, lambda path: readers.values_of(kind, path), **stated)
            slowest = max(slowest, time.perf_counter() - start)
        counts[result] += 1
        if result in ("differs", "slabs") or (result == "alone" and has_reader(kind)):
            lay(sample, keep / f"{kind.replace(' ', '_')}_{number}_{result}{suffix}")
    readers.close()
    return counts, slowest


def main(count, chosen):
    """Print one row per kind."""
    logging.disable()
    keep = Path(tempfile.mkdtemp(prefix="format_fuzz_"))
    print(f"| kind | {' | '.join(COLUMNS)} | slowest, s |\n|{' --- |' * (len(COLUMNS) + 2)}")
    for kind, (suffix, samples) in format_samples(Volume(LABELS, Grid(("a", "b", "c"), EDGES))).items():
        if not chosen or kind in chosen:
            counts, slowest = row(kind, suffix, samples, count, keep)
            print(f"| {kind} | {' | '.join(str(counts[name]) for name in COLUMNS)} | {slowest:.2f} |", flush=True)
    print(f"files worth a look: {keep}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
