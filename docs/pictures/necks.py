"""Draw the picture of what-a-tortuosity-sees.md: slices across y of fields from one noise, the skew of Ni 0, 1 and 4.

From the repository root: ``python -m docs.pictures.necks`` (seconds).
"""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from benchmarks.electrode_sets import PHASES
from benchmarks.necks import EDGE_UM, FIELDS
from docs.pictures import themed_svg
from porenet.interface import Volume
from porenet.measurement import measure
from porenet.synthetic import skewed_fields

PICTURE = Path(__file__).with_suffix(".svg")
COLOURS = {"Ni": "#c9a24a", "YSZ": "#4577b8", "pore": "#63bfae"}
"""Those of the 3-D report."""
SHAPE = (36, 36, 36)
FRACTIONS = (0.27, 0.43, 0.30)
SLICE = 18
SEED = 9
"""Of structures near the medians of the page."""


def structure(name: str) -> Volume:
    """Fields of the benchmark."""
    lengths, skews = FIELDS[name]
    return skewed_fields(
        SHAPE, voxel_um=EDGE_UM, lengths_um=[length * EDGE_UM for length in lengths], skews=skews, fractions=FRACTIONS,
        seed=SEED, phases=PHASES,
    )  # fmt: skip


def draw() -> None:
    """Write the picture."""
    themed_svg.begin()
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained")
    for place, name in zip(axes, ("c = 0", "c = 1", "c = 4"), strict=True):
        volume = structure(name)
        rows = measure(volume, ["tortuosity", "breakthrough_diameter"])
        values = {row["key"]: row["value"] for row in rows}
        place.imshow(
            volume.labels[::-1, SLICE],
            cmap=ListedColormap(list(COLOURS.values())),
            vmin=0,
            vmax=2,
            interpolation="none",
        )
        factor, neck = values["Ni.tortuosity_factor"], values["Ni.breakthrough_diameter"]
        place.set_title(f"{name}: tortuosity factor {factor:.1f}, neck {neck:.2f} um", fontsize=9)
        place.set_axis_off()
    patches = [Patch(facecolor=colour, label=name) for name, colour in COLOURS.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    themed_svg.save(figure, PICTURE)


if __name__ == "__main__":
    draw()
