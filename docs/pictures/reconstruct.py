"""Draw the picture of reconstruct.md: a slice of a real electrode and of two structures made from its descriptors.

From the repository root: ``python -m docs.pictures.reconstruct`` (two minutes on one core).
"""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap

import porenet
from docs.pictures import themed_svg
from porenet import formats
from porenet.interface.phase_colours import colours_of

PICTURE = Path(__file__).with_suffix(".svg")
VOLUME = Path(__file__).parents[2] / "examples" / "data" / "sofc_superres_62.npz"
SLICE = 31


def draw() -> None:
    """Write the picture."""
    original = formats.read(VOLUME, phases={"a": 0, "b": 1, "c": 2}, voxel_um=(0.1, 0.1, 0.1))
    result = porenet.reconstruct(original, count=2)
    titles = ["original", *(f"seed {report.seed}, overlap {report.overlap.agreement:.2f}" for report in result.reports)]
    themed_svg.begin()
    colours = ListedColormap(colours_of(original.grid.phases))
    figure, places = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained")
    for place, title, volume in zip(places, titles, (original, *result.volumes), strict=True):
        place.imshow(volume.labels[SLICE], cmap=colours, vmin=0, vmax=2, interpolation="none")
        place.set_title(title, fontsize=10)
        place.set_axis_off()
    themed_svg.save(figure, PICTURE)


if __name__ == "__main__":
    draw()
