"""Draw the pictures of percolation.md: three broken structures, and what training with each loss made of them.

From the repository root: ``python -m docs.pictures.percolation``. Trains as `docs.generators.percolation_numbers` does,
one seed.
"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from docs.generators.percolation_numbers import TASKS, percolating, train
from docs.pictures import themed_svg
from docs.pictures.themed_svg import INK

FOLDER = Path(__file__).parent
JOINED, LOOSE = "#2f9be0", "#d9631e"  # those of active and inactive sites in the 3-D report
SHOWN = {
    "severed": ("`isolation`", "`slice_floor`", "`first_passage`, through", "`conductance`, to a target"),
    "collapsed": ("`vf` alone", "`slice_floor`", "`first_passage`, through", "`conductance`, to a target"),
    "apart": ("`face_hinge`, by area", "`slice_floor`", "`first_passage`, through", "`conductance`, to a target"),
}


def seen_from_the_side(labels: Tensor, channel: int) -> np.ndarray:
    """Looked through along y: blue where the phase joins both faces, orange where not, paler where less."""
    joined = percolating(labels, channel)
    loose = (labels.numpy() == channel) & ~joined
    image = np.zeros((*joined.shape[::2], 4))
    for voxels, colour in ((loose, LOOSE), (joined, JOINED)):
        share = voxels.mean(axis=1)[..., None]
        # One voxel of 24 must still be seen: the repair of a channel is that wide.
        opacity = np.where(share > 0, 0.45 + 0.55 * share, 0)
        coloured = np.concatenate(
            (np.broadcast_to(mpl.colors.to_rgb(colour), (*opacity.shape[:2], 3)), opacity), axis=2
        )
        image = np.where(share > 0, coloured, image)
    return image


def panel(axes: Axes, labels: Tensor, channel: int, title: str) -> None:
    axes.imshow(seen_from_the_side(labels, channel), origin="lower", interpolation="none")
    crosses = percolating(labels, channel).any()
    axes.set_title(title.replace("`", ""), fontsize=10, color=INK)
    axes.set_xlabel("percolates" if crosses else "does not percolate", fontsize=10, color=INK)
    axes.set(xticks=[], yticks=[])


def draw(name: str) -> None:
    task = TASKS[name]
    figure, panels = plt.subplots(1, 1 + len(SHOWN[name]), figsize=(10, 2.5), layout="constrained")
    panel(panels[0], task.logits(0).argmax(dim=1)[0], task.channel, "before")
    for axes, label in zip(panels[1:], SHOWN[name], strict=True):
        panel(axes, train(name, label).labels, task.channel, label)
    panels[0].set_ylabel("z")
    themed_svg.save(figure, FOLDER / f"percolation_{name}.svg")
    plt.close(figure)


def main() -> None:
    torch.set_num_threads(1)
    themed_svg.begin()
    for name in SHOWN:
        draw(name)


if __name__ == "__main__":
    main()
