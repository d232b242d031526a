"""Real volumes that lie beside the checkout, in ``../shared/data``."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


def stored(name: str) -> NDArray[np.uint8]:
    """Labels ``(Z, Y, X)`` of a volume, as its file has them."""
    labels: NDArray[np.uint8] = np.load(DATA / f"{name}.npz")["im"]
    return labels


def coarsened(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Majority of each 2 x 2 x 2 voxels, ties to the lower label."""
    z, y, x = (size // 2 * 2 for size in labels.shape)
    corners = [labels[i:z:2, j:y:2, k:x:2] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    counts = [sum(corner == phase for corner in corners) for phase in range(int(labels.max()) + 1)]
    return np.argmax(counts, axis=0).astype(np.uint8)
