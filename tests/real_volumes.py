"""The real volumes that tests measure: one in every checkout, the others in ``shared/data`` beside some.

A test asks the fixture ``real_volume`` for one by name, and is skipped where it is not; the summary says which it was.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkout import ELECTRODE, ROOT

FOLDER = ROOT.parent / "shared" / "data"
NAMES = (
    "sofc_superres_62",
    "imagerep_seg_stack_100",
    "nmc1cal_cbd_inpainter_128",
    "nmc_electrode_taufactor_256",
    "openimpala_2phase_100",
    "soc_niysz_ptycho_250_36p8nm",
)
ABSENT = "the real volumes are not beside this checkout (../shared/data)"


@dataclass(frozen=True)
class RealVolume:
    """A volume, and what others computed of it.

    Attributes:
        path: its file.
        labels: shape ``(Z, Y, X)``, shared by all tests and therefore read-only.
        reference: its row of ``reference.json``.
    """

    path: Path
    labels: np.ndarray
    reference: dict[str, Any]


def path_of(name: str) -> Path:
    """Where a volume is, if it is there."""
    return ELECTRODE if name == ELECTRODE.stem else FOLDER / f"{name}.npz"


@functools.cache
def labels_of(name: str) -> np.ndarray:
    """The labels of a volume, ``(Z, Y, X)``, read once and read-only."""
    with np.load(path_of(name), allow_pickle=False) as archive:
        labels = archive["im"]
    labels.setflags(write=False)
    return labels


@functools.cache
def references() -> dict[str, dict[str, Any]]:
    """What others computed, by volume."""
    values: dict[str, dict[str, Any]] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    return values


@pytest.fixture(scope="session")
def real_volume() -> Callable[[str], RealVolume]:
    """``real_volume(name)``, one of ``NAMES``; skips the test where it is absent."""

    def volume(name: str) -> RealVolume:
        if not FOLDER.is_dir():
            pytest.skip(ABSENT)
        return RealVolume(path_of(name), labels_of(name), references()[name])

    return volume


@pytest.fixture(scope="session")
def electrode() -> np.ndarray:
    """Labels of the real electrode that every checkout has, ``(62, 62, 62)``, read-only."""
    return labels_of(ELECTRODE.stem)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether the run saw the real volumes."""
    if FOLDER.is_dir():
        terminalreporter.write_line("real volumes: present (../shared/data)")
        return
    skipped = sum(ABSENT in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    terminalreporter.write_line(f"real volumes: absent (../shared/data), {skipped} tests skipped")
