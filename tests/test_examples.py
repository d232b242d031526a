"""Every example runs, and says what it promises."""

import subprocess
import sys

import pytest
from checkout import EXAMPLES

PROMISES = {
    "compose_losses.py": ["vf = 0.0000", "pore  -0.0450  more of it"],
    "register_a_loss.py": ["contact obeys", "laws, one of them by a declared deviation", "Ni covers 0.40 of z = 0"],
    "diffusion.py --steps 8": ["128 training        48 generated", "percolates pore.z (1)", "step    7  denoising"],
    "diffusion.py": ["128 training        48 generated", "percolates pore.z (1)", "step  119  denoising"],
    "measure_volume.py": ["62 x 62 x 62 voxels", "0.354532"],
    "analyse.py": ["$ porenet compare", "s_value_scaled", "tpb total"],
}
"""Command lines, and words that they print."""
SLOW = ("diffusion.py",)


def test_every_example_has_a_promise():
    assert {path.name for path in EXAMPLES.glob("*.py")} == {line.split()[0] for line in PROMISES}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(line, words, marks=pytest.mark.slow if line in SLOW else (), id=line)
        for line, words in PROMISES.items()
    ],
)
def test_an_example_keeps_its_promise(line, words, tmp_path):
    script, *options = line.split()
    command = [sys.executable, EXAMPLES / script, *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout
