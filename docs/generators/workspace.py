"""Folders of small electrodes in which a page runs its commands one after the other, for the generated parts (cog)."""

import functools
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import command_output
import numpy as np
import tifffile

from porenet import formats
from porenet.interface import Volume
from porenet.synthetic import plurigaussian

VALUES = {"Ni": 255, "YSZ": 127, "pore": 0}
SIDE = 24
GRID = """\
[grid]
phases = ["Ni", "YSZ", "pore"]    # in label order
voxel_um = [0.1, 0.1, 0.1]        # edges (z, y, x), um

[grid.values]                     # value of each phase in the files
Ni = 255
YSZ = 127
pore = 0

[grid.reservoirs]                 # the face that feeds each phase; optional
Ni = "z_min"
YSZ = "z_max"
pore = "z_min"
"""


GENERATORS = """\
from porenet import synthetic


def sponge(seed, condition):
    return fields(seed, condition, skews=0)


def grains(seed, condition):
    return fields(seed, condition, skews=[1, 0, 1])


def fields(seed, condition, skews):
    return synthetic.skewed_fields(
        condition.shape,
        voxel_um=condition.grid.voxel_um,
        lengths_um=0.3,
        skews=skews,
        fractions=list(condition.vf.values()),
        seed=seed,
    )
"""


class Workspace:
    """A temporary folder with ``anode.toml``, kept as long as this object.

    Attributes:
        path: the folder.
    """

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryDirectory()
        self.path = Path(self._kept.name)
        (self.path / "anode.toml").write_text(GRID, encoding="utf-8")

    def electrodes(
        self, folder: str, count: int, *, seed: int, fractions: Sequence[float] = (0.36, 0.34, 0.30)
    ) -> None:
        """Write plurigaussian cubes of ``SIDE`` voxels, ``cube_00.tif`` and so on, with the grey values of GAN-PH."""
        (self.path / folder).mkdir()
        for number in range(count):
            volume, _ = plurigaussian(
                (SIDE,) * 3, voxel_um=(0.1,) * 3, length_um=0.3, fractions=fractions, seed=seed + number
            )
            _write_as_imagej(volume, self.path / folder / f"cube_{number:02d}.tif")

    def generator(self, name: str) -> None:
        """Write a file with two generators."""
        (self.path / name).write_text(GENERATORS, encoding="utf-8")

    def copy(self, source: str, target: str) -> None:
        """Replace a cube by a mirror image of another one, shifted round the box."""
        volume = formats.read(self.path / source, phases=VALUES)
        labels = np.roll(volume.labels[:, ::-1], (3, -5, 8), axis=(0, 1, 2))
        _write_as_imagej(Volume(labels, volume.grid), self.path / target)

    def truncate(self, name: str) -> None:
        """Keep the first half of a file."""
        whole = (self.path / name).read_bytes()
        (self.path / name).write_bytes(whole[: len(whole) // 2])

    def run(self, *commands: str) -> None:
        """Run commands of which the page shows nothing."""
        command_output.shown(*commands, folder=str(self.path))

    def shown(self, *commands: str, rows: str = "") -> str:
        """A fenced block of commands with their output.

        Args:
            commands: run one after the other.
            rows: of tables only the lines that hold this pattern, with their headings; others become one ``...``.
        """
        return command_output.shown(*commands, folder=str(self.path), rows=rows)

    def file(self, name: str, language: str) -> str:
        """A fenced block of a file."""
        return command_output.file(str(self.path / name), language)


@functools.cache
def studied() -> Workspace:
    """Training structures ``real`` (50) and two runs, which several pages share.

    The first run (50) makes little pore, the second (300) draws from the ensemble of the training structures.
    """
    made = Workspace()
    made.electrodes("real", 50, seed=0)
    made.electrodes("run_a", 50, seed=1000, fractions=(0.43, 0.42, 0.15))
    made.electrodes("run_b", 300, seed=2000)
    return made


def measured() -> Workspace:
    """The same, with the table of each folder."""
    made = studied()
    for folder in ("real", "run_a", "run_b"):
        if not (made.path / f"{folder}.json").exists():
            made.run(f"porenet measure {folder} --grid anode.toml -m tpb -m connectivity -o {folder}.json")
    return made


def verdict() -> str:
    """From two folders to a verdict, in one command; the notes are in the docs."""
    text = studied().shown("porenet compare real run_a --grid anode.toml -m tpb")
    return re.sub(r"\n\nnote: .*\n(?=Published)", "\n...\n", text, flags=re.DOTALL)


def _write_as_imagej(volume: Volume, path: Path) -> None:
    """Write a TIFF as a laboratory has it: with its voxel size, and without porenet's record of the phases."""
    edge = volume.grid.voxel_um[0]
    greys = np.array([VALUES[phase] for phase in volume.grid.phases], np.uint8)[volume.labels]
    count = len(greys)
    description: str | None = f"ImageJ=1.53t\nimages={count}\nslices={count}\nunit=um\nspacing={edge}\nloop=false\n"
    with tifffile.TiffWriter(path) as tif:
        for grey in greys:
            tif.write(grey, resolution=(1 / edge, 1 / edge), description=description, metadata=None, compression="zlib")
            description = None
