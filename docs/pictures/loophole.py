"""Draw the picture of the README: the same soft volume fractions, two argmax volumes.

From the repository root: ``python -m docs.pictures.loophole``. Every number in it is measured by porenet.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.transforms import Affine2D
from scipy.ndimage import gaussian_filter
from torch import Tensor

import porenet
from docs.pictures import themed_svg
from docs.pictures.themed_svg import INK, ON_COLOUR
from porenet.interface.phase_colours import colours_of

PICTURE = Path(__file__).with_suffix(".svg")
GRID = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
TARGET = (0.36, 0.34, 0.30)
SIDE = 48
COLOURS = colours_of(GRID.phases)


def undecided() -> Tensor:
    """The target fractions at every voxel, with a little noise that leaves their means as they are."""
    noise = 0.01 * np.random.default_rng(1).standard_normal((3, SIDE, SIDE, SIDE))
    noise -= noise.mean(axis=(1, 2, 3), keepdims=True)
    noise -= noise.mean(axis=0)
    return torch.tensor(np.reshape(TARGET, (1, 3, 1, 1, 1)) + noise)


def decided() -> Tensor:
    """A plurigaussian structure of the target fractions, nine tenths sure of every voxel."""
    rng = np.random.default_rng(7)
    first, second = (gaussian_filter(rng.standard_normal((SIDE,) * 3), 3.5, mode="wrap") for _ in range(2))
    labels = np.full(first.shape, 2)
    nickel = first > np.quantile(first, 1 - TARGET[0])
    labels[nickel] = 0
    labels[~nickel & (second > np.quantile(second[~nickel], 1 - TARGET[1] / (1 - TARGET[0])))] = 1
    one_hot = np.moveaxis(np.eye(3)[labels], -1, 0)
    return torch.tensor(0.9 * one_hot + 0.1 * np.reshape(TARGET, (3, 1, 1, 1)))[None]


def losses(field: Tensor) -> dict[str, float]:
    """The loss ``vf`` of a field, shown to it in both ways."""
    targets = {"vf": torch.tensor([TARGET], dtype=field.dtype)}
    found = {}
    for relax in ("soft", "straight_through"):
        objective = porenet.Objective(GRID, [{"loss": "vf"}], relax=relax)
        found[relax] = float(objective(field, targets)[1]["vf"])
    return found


def decoded(field: Tensor) -> porenet.Volume:
    """The argmax volume of a field."""
    return porenet.Volume(field[0].argmax(dim=0).numpy(), GRID)


def draw_bar(axes: Axes, shares: list[float], title: str, value: str) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    axes.set_title(title, loc="left", fontsize=11, color=INK, pad=4)
    axes.set_title(value, loc="right", fontsize=11, color=INK, pad=4)
    texts = [f"{phase} {share:.2f}" for phase, share in zip(GRID.phases, shares, strict=True)]
    for small in [number for number, share in enumerate(shares) if share < 0.15]:  # too narrow to hold its label
        texts[int(np.argmax(shares))] += f",  {texts[small]}"
        texts[small] = ""
    left = 0.0
    for text, share, colour in zip(texts, shares, COLOURS, strict=True):
        axes.barh(0.5, share, left=left, height=1, color=colour)
        ink = "white" if sum(to_rgb(colour)) < 1.6 else ON_COLOUR
        axes.text(left + share / 2, 0.48, text, ha="center", va="center", fontsize=11, color=ink)
        left += share


def draw_cube(axes: Axes, labels: np.ndarray) -> None:
    """Three faces of a volume, isometric: z upwards, x to the right, y to the left."""
    size, rise, run = len(labels), 0.5, np.sqrt(0.75)
    # label[i, j] of a face sits at origin + i * first + j * second; the shade tells the faces apart.
    faces = (
        (labels[:, 0, :], (0, 0), (0, 1), (run, rise), 1.0),
        (labels[:, :, 0], (0, 0), (0, 1), (-run, rise), 0.8),
        (labels[-1, :, :], (0, size), (-run, rise), (run, rise), 1.15),
    )
    for face, origin, first, second, shade in faces:
        colours = ListedColormap([np.clip(np.multiply(to_rgb(one), shade), 0, 1) for one in COLOURS])
        turn = Affine2D(np.array([[second[0], first[0], origin[0]], [second[1], first[1], origin[1]], [0, 0, 1]]))
        axes.imshow(
            face,
            cmap=colours,
            vmin=-0.5,
            vmax=2.5,
            origin="lower",
            extent=(0, size, 0, size),
            interpolation="none",
            transform=turn + axes.transData,
        )
    axes.set(xlim=(-run * size - 1, run * size + 1), ylim=(-1, 2 * size + 1), aspect="equal")
    axes.axis("off")


def main() -> None:
    themed_svg.begin()
    measure = porenet.create_metric("vf")
    figure = plt.figure(figsize=(8, 5.2))
    panels = (
        (0.03, "Undecided: 0.30 pore everywhere", undecided()),
        (0.53, "Decided: one phase per voxel", decided()),
    )
    for left, title, field in panels:
        volume, values = decoded(field), losses(field)
        soft, hard = field.mean(dim=(0, 2, 3, 4)).tolist(), list(measure(volume).values())
        figure.text(left, 0.94, title, fontsize=12.5, fontweight="bold", color=INK)
        rows = ((0.8, soft, "probabilities", "soft", "soft"), (0.66, hard, "argmax", "decoded", "straight_through"))
        for bottom, shares, shown, name, relax in rows:
            bar = figure.add_axes((left, bottom, 0.44, 0.06))
            draw_bar(bar, shares, shown, f"vf loss ({name}) = {values[relax]:.3f}")
        draw_cube(figure.add_axes((left, 0.02, 0.44, 0.6)), volume.labels)
    themed_svg.save(figure, PICTURE)


if __name__ == "__main__":
    main()
