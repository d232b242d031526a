"""How far the bounds of the relative diffusivity lie from the value, by the thickness of slabs and columns.

Three phases of Gaussian random fields (argmax), of standard deviation sigma voxels, in a box that can still be solved.

    python -m benchmarks.tortuosity_bounds --json docs/results/tortuosity_bounds.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from scipy import ndimage

from porenet.interface import Grid, Volume
from porenet.metrics import tortuosity, tortuosity_bounds

SIZE = 192
SIGMAS = (3, 6)
PARTS = (2, 3, 4)
GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


def structure(sigma: float) -> Volume:
    """Blobs of three phases at equal fractions."""
    rng = np.random.default_rng(0)
    fields = [ndimage.gaussian_filter(rng.normal(size=(SIZE,) * 3).astype(np.float32), sigma) for _ in GRID.phases]
    return Volume(np.stack(fields).argmax(0).astype(np.uint8), GRID)


def compared(sigma: int, parts: int, volume: Volume, exact: list[float]) -> dict[str, object]:
    """Bounds of as many slabs as columns along an axis, relative to the value: least and most over the phases."""
    bounds = tortuosity_bounds(volume, slabs=parts, columns=parts)
    record: dict[str, object] = {"size": SIZE, "sigma": sigma, "parts": parts, "thickness": SIZE // parts}
    for end in ("at_least", "at_most"):
        values = [bounds[f"{phase}.relative_diffusivity.{end}"] for phase in GRID.phases]
        excess = [float(value) / truth - 1 for value, truth in zip(values, exact, strict=True)]  # type: ignore[arg-type]
        record[end] = [round(min(excess), 4), round(max(excess), 4)]
    print(record, flush=True)
    return record


def main() -> None:
    """Solve the whole and the parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    records = []
    for sigma in SIGMAS:
        volume = structure(sigma)
        whole = tortuosity(volume)
        exact = [float(whole[f"{phase}.relative_diffusivity"]) for phase in GRID.phases]  # type: ignore[arg-type]
        records += [compared(sigma, parts, volume, exact) for parts in PARTS]
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
