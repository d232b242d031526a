"""Measure a labelled volume in Python, by the names of metrics; for whole folders there is ``porenet measure``."""

from pathlib import Path

import porenet
from porenet import formats

VOLUME = Path(__file__).parent / "data" / "sofc_superres_62.npz"


def main() -> None:
    """Print what the volume measures; its voxel size is not stated by its source, 0.1 um is assumed."""
    volume = formats.read(VOLUME, phases={"phase0": 0, "phase1": 1, "phase2": 2}, voxel_um=(0.1, 0.1, 0.1))
    print(f"{VOLUME.name}: {' x '.join(map(str, volume.labels.shape))} voxels (z, y, x)")
    for row in porenet.measure(volume, ["vf", "connectivity", "ssa", "tortuosity"]):
        value = row["undefined"] if row["value"] is None else f"{row['value']:.6f}"
        print(f"  {row['metric']:<13} {row['key']:<29} {value} {row['unit']}")


if __name__ == "__main__":
    main()
