"""One picture of evaluated runs: what the probabilities hold, what the structure holds, and where gas gets through.

    python -m examples.wgan_gp.picture runs/demo/evaluation -o runs/demo/picture.png

Every run shows the structure that it made of the same noise and the same condition; the numbers are those of the
evaluation, over all its structures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.transforms import Affine2D

from porenet import Volume, formats
from porenet.errors import PorenetError
from porenet.interface.phase_colours import colours_of

from .evaluate import REPORT

OPEN, BLOCKED, SOLID, INK = "#2f9be0", "#d9631e", "#f1efe9", "#1a1a1a"
TITLES = {
    "a": "Run A: losses see probabilities",
    "b": "Run B: A with the published fix",
    "c": "Run C: losses see the structure",
    "d": "Run D: C, and losses that see paths",
}


def draw(folder: Path, target: Path, phase: str | None = None) -> None:
    """Draw the evaluation in a folder.

    Args:
        folder: written by evaluate.py.
        target: PNG to write.
        phase: whose channels are looked at; the last one of the grid unless given.
    """
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    runs = list(report["runs"])
    structures = {run: sorted((folder / run).glob("structure_*.npz")) for run in runs}
    phases = list(report["volume_fraction"][runs[0]])
    phase = phase or phases[-1]
    volumes = {run: [formats.read(path) for path in structures[run]] for run in (runs[0], runs[-1])}
    number = _telling(volumes[runs[0]], volumes[runs[-1]], phase)
    mpl.rcParams["font.family"] = "DejaVu Sans"
    figure = plt.figure(figsize=(4.1 * len(runs), 6.6), facecolor="white")
    for column, run in enumerate(runs):
        left, width = (column + 0.06) / len(runs), 0.88 / len(runs)
        volume = formats.read(structures[run][number])
        figure.text(left, 0.955, TITLES.get(run, run), fontsize=11.5, fontweight="bold", color=INK)
        fractions = report["volume_fraction"][run]
        for bottom, kind, title in ((0.86, "soft", "probabilities"), (0.775, "decoded", "argmax, the structure")):
            _bar(figure.add_axes((left, bottom, width, 0.045)), {p: fractions[p][kind] for p in phases}, title)
        _cube(figure.add_axes((left, 0.33, width, 0.43)), volume)
        _channels(figure.add_axes((left + 0.12 * width, 0.075, 0.76 * width, 0.25)), volume, phase)
        counted = report["without_network"][run][phase]
        figure.text(
            left + width / 2, 0.02, f"no {phase} channel in {counted['count']} of {counted['of']} structures",
            ha="center", fontsize=11.5, color=INK,
        )  # fmt: skip
    figure.savefig(target, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _telling(first: Sequence[Volume], last: Sequence[Volume], phase: str) -> int:
    """The first structure that is blocked in the first run and open in the last; else the first one."""
    pairs = enumerate(zip(first, last, strict=True))
    return next((n for n, (a, b) in pairs if not a.spanning(phase, "z").any() and b.spanning(phase, "z").any()), 0)


def _bar(axes: Axes, shares: Mapping[str, float], title: str) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    axes.set_title(title, loc="left", fontsize=9.5, color=INK, pad=3)
    left = 0.0
    for (phase, share), colour in zip(shares.items(), colours_of(list(shares)), strict=True):
        axes.barh(0.5, share, left=left, height=1, color=colour)
        ink = "white" if sum(to_rgb(colour)) < 1.6 else INK
        text = f"{phase} {share:.2f}" if share > 0.19 else f"{share:.2f}"
        axes.text(left + share / 2, 0.47, text, ha="center", va="center", fontsize=9.5, color=ink)
        left += share


def _cube(axes: Axes, volume: Volume) -> None:
    """Three faces of a volume, isometric: z upwards, x to the right, y to the left."""
    labels, of_phases = volume.labels, colours_of(volume.grid.phases)
    (depth, height, width), rise, run = labels.shape, 0.5, np.sqrt(0.75)
    # label[i, j] of a face sits at origin + i * first + j * second; the shade tells the faces apart.
    faces = (
        (labels[:, 0, :], (0, 0), (0, 1), (run, rise), 1.0),
        (labels[:, :, 0], (0, 0), (0, 1), (-run, rise), 0.8),
        (labels[-1, :, :], (0, depth), (-run, rise), (run, rise), 1.15),
    )
    for face, origin, first, second, shade in faces:
        colours = ListedColormap([np.clip(np.multiply(to_rgb(colour), shade), 0, 1) for colour in of_phases])
        turn = Affine2D(np.array([[second[0], first[0], origin[0]], [second[1], first[1], origin[1]], [0, 0, 1]]))
        axes.imshow(
            face, cmap=colours, vmin=-0.5, vmax=len(of_phases) - 0.5, origin="lower", interpolation="nearest",
            extent=(0, face.shape[1], 0, face.shape[0]), transform=turn + axes.transData,
        )  # fmt: skip
    top = depth + rise * (height + width)
    axes.set(xlim=(-run * height - 1, run * width + 1), ylim=(-1, top + 1), aspect="equal")
    axes.axis("off")


def _channels(axes: Axes, volume: Volume, phase: str) -> None:
    """The phase alone, seen along y: what crosses from z = 0 to the top, and what does not."""
    crossing, all_of_it = volume.spanning(phase, "z").any(axis=1), volume.mask(phase).any(axis=1)
    axes.imshow(
        np.where(crossing, 2, np.where(all_of_it, 1, 0)), cmap=ListedColormap([SOLID, BLOCKED, OPEN]),
        vmin=-0.5, vmax=2.5, origin="lower", interpolation="nearest",
    )  # fmt: skip
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_ylabel("z", rotation=0, fontsize=9.5, labelpad=8)
    word = "crosses" if crossing.any() else "is blocked"
    axes.set_xlabel(f"{phase} {word} (seen along y)", fontsize=9.5, color=OPEN if crossing.any() else BLOCKED)


def main() -> None:
    """Draw what evaluate.py wrote."""
    parser = argparse.ArgumentParser(prog="python -m examples.wgan_gp.picture", description=__doc__.partition("\n")[0])
    parser.add_argument("evaluation", type=Path, help="folder that evaluate.py wrote")
    parser.add_argument("-o", "--out", type=Path, default=Path("picture.png"), help="PNG to write")
    parser.add_argument("--phase", help="whose channels; the last phase of the grid unless given")
    options = parser.parse_args()
    folder = options.evaluation
    folder = folder if (folder / REPORT).is_file() else folder / "evaluation"
    if not (folder / REPORT).is_file():
        parser.error(f"{options.evaluation} holds no {REPORT}: name a folder that evaluate.py wrote")
    try:
        draw(folder, options.out, options.phase)
    except PorenetError as error:
        parser.error(str(error))
    print(f"Wrote {options.out}")


if __name__ == "__main__":
    main()
