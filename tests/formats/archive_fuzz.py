# ruff: noqa: T201 -- what is printed is the subject
"""By hand: `python tests/formats/archive_fuzz.py 2000` reads as many damaged files of each format of archives.

Counts files that are refused, read as another reader reads them, read where the other cannot, and read differently.
The last are silent misreadings, unless the other reader is wrong; each is shown.
"""

import logging
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from archive_oracles import values_of
from archive_samples import archive_samples

from porenet.errors import InputError
from porenet.formats import read
from porenet.interface import Grid, Volume

PHASES = {f"p{value}": value for value in range(255)}
LABELS = np.random.default_rng(0).integers(0, 3, (5, 9, 8)).astype(np.uint8)
NUMBERS = (bytes(4), b"\xff" * 4, b"\xff\xff\xff\x7f", bytes(8), b"\xff" * 8, b"-1", b"9" * 12, b"\n", b" ")


def damaged(data, rng):
    """A file with up to three of its parts changed, or cut; in its first 600 bytes as often as anywhere."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        place = rng.integers(min(len(data), 600) if rng.random() < 0.5 else len(data))
        new = NUMBERS[rng.integers(len(NUMBERS))] if rng.random() < 0.4 else bytes([rng.integers(256)])
        changed[place : place + len(new)] = new[: len(data) - place]
    return bytes(changed[: rng.integers(len(data))] if rng.random() < 0.1 else changed)


def outcome(path, *, oracle=values_of):
    """What became of a file: refused, read as, without or differently from the other reader."""
    try:
        volume = read(path, phases=PHASES, voxel_um=(0.1, 0.2, 0.3), override=True, max_voxels=10**7)
    except InputError as error:
        if not error.where or "\n" in str(error) or len(str(error)) > 3000:
            raise AssertionError(f"not one line with a place: {error}") from error
        return "refused"
    values = oracle(path)
    if values is None:
        return "alone, as written" if np.array_equal(volume.labels, LABELS) else "alone"
    return "same" if np.array_equal(values, volume.labels) else "different"


def _in_process(path, connection):
    connection.send(values_of(path))


def apart(path):
    """The values by another reader in a process of its own, which a segmentation fault may end."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_in_process, args=(path, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        return None
    finally:
        process.join()


def main(count):
    """Print one line per format."""
    logging.disable()
    samples = archive_samples(Volume(LABELS, Grid(("a", "b", "c"), (0.1, 0.2, 0.3))))
    rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for suffix in sorted({suffix for suffix, _ in samples}):
        files = [data for kind, data in samples if kind == suffix]
        counts, slowest = {}, 0.0
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"v{suffix}"
            for number in range(count):
                data = damaged(files[number % len(files)], rng)
                path.write_bytes(data)
                start = time.perf_counter()
                result = outcome(path, oracle=apart if suffix == ".mat" else values_of)
                slowest = max(slowest, time.perf_counter() - start)
                counts[result] = counts.get(result, 0) + 1
                if result in ("different", "alone"):
                    Path(f"{result}_{number}{suffix}").write_bytes(data)
        print(f"{suffix:8}", counts, f"slowest {slowest:.2f} s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
