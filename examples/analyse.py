"""From volumes to a verdict: measure a real volume, then compare two synthetic sets.

The first set stands for training structures, the second for what a generator made of them: a little too much YSZ, and
features a fifth larger.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

REAL = Path(__file__).parent / "data" / "sofc_superres_62.npz"


def porenet(*arguments: object) -> None:
    """Run a command of porenet, shown as it would be typed."""
    words = list(map(str, arguments))
    print("\n$ porenet", *words, flush=True)
    subprocess.run([sys.executable, "-m", "porenet", *words], check=True)


def main() -> None:
    """Measure, synthesize, compare."""
    porenet("measure", REAL, "--phases", "phase0=0,phase1=1,phase2=2", "--voxel-um", "0.1", "-m", "vf",
            "-m", "connectivity", "-m", "ssa", "-m", "tortuosity")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        training, generated = Path(folder, "training"), Path(folder, "generated")
        common = ("--count", 25, "--shape", "32,32,32")
        porenet("synthesize", training, *common, "--fractions", "0.36,0.34,0.30", "--length-um", "0.4")
        porenet("synthesize", generated, *common, "--fractions", "0.36,0.40,0.24", "--length-um", "0.48", "--seed", 500)
        grid = training / "grid.toml"
        porenet("compare", training, generated, "--grid", grid, "-m", "vf,connectivity,ssa,tpb", "--n-boot", 500)


if __name__ == "__main__":
    main()
