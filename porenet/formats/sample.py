"""The sample: a real electrode that comes with porenet."""

from __future__ import annotations

from pathlib import Path

NAME = "sofc_superres_62.npz"
PLACES = (Path(__file__).with_name(NAME), Path(__file__).parents[2] / "examples" / "data" / NAME)
"""In what was installed, and in a checkout."""


def sample_file() -> Path:
    """The file of a real electrode with three phases, for a first try.

    An NPZ archive whose array ``im`` holds the labels 0, 1 and 2 of 62 x 62 x 62 voxels, ``(Z, Y, X)``: every fourth
    voxel of a solid-oxide electrode (MIT licence, whose text is beside it).
    Features are 2 to 3 voxels across: a stress test, not a representative volume. The source states neither the
    size of a voxel nor the names of the phases. Source: https://github.com/amirDahari1/SuperRes; A. Dahari et al.,
    Advanced Energy Materials (2022), https://doi.org/10.1002/aenm.202202407.

    Raises:
        FileNotFoundError: the installation is damaged.

    Example:
        >>> from porenet import formats
        >>> phases = {"phase0": 0, "phase1": 1, "phase2": 2}
        >>> formats.read(formats.sample_file(), phases=phases, voxel_um=0.1).labels.shape
        (62, 62, 62)
    """
    for place in PLACES:
        if place.is_file():
            return place
    raise FileNotFoundError(f"{NAME} is not in this installation of porenet: install it again")
