"""Measure a labelled volume by the names of metrics."""

import argparse
from pathlib import Path

import numpy as np

import porenet
from porenet.registry import installed

DEFAULT = Path(__file__).parent / "data" / "sofc_superres_62.npz"


def main() -> None:
    """Print porenet's metrics, with their default parameters."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "volume", nargs="?", type=Path, default=DEFAULT, help="an .npz with uint8 labels 'im' (Z, Y, X)"
    )
    parser.add_argument("--voxel-um", type=float, default=1.0, help="voxel edge, um")
    options = parser.parse_args()

    with np.load(options.volume, allow_pickle=False) as archive:
        labels = archive["im"]
    grid = porenet.Grid(
        phases=tuple(f"phase{label}" for label in range(labels.max() + 1)), voxel_um=(options.voxel_um,) * 3
    )
    volume = porenet.Volume(labels, grid)
    print(f"\n{options.volume.name}: {' x '.join(map(str, labels.shape))} voxels (z, y, x)")
    for component in installed().components:
        if component.spec.kind == "metric" and component.provider.name == "porenet":
            for key, value in porenet.create_metric(component.full_name)(volume).items():
                print(f"  {component.spec.name:<12} {key:<10} {value:.6f}  [{component.spec.unit}]")
    print()


if __name__ == "__main__":
    main()
