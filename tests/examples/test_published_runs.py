"""The runs whose results are published keep their numbers: each names the estimators that were the defaults then."""

import numpy as np
import pytest
import torch
from checkout import EXAMPLES

from porenet import Objective
from porenet.synthetic import plurigaussian

# Totals of three steps of Adam on logits of 12^3 voxels, and the sum of the logits after them; the function below on
# commit f3ff5f6, before any default changed. On the machine that made them all bits were the same after.
PUBLISHED = [
    ("diffusion.toml", [1.46307325, 1.15162897, 0.887870014], -51.3454185),
    ("wgan_gp/run_c.toml", [3521.09009, 3234.04297, 2955.45557], -92.2625864),
    ("wgan_gp/run_d.toml", [19735.6914, 18414.3301, 17149.6992], -28.6899038),
    ("wgan_gp/run_d_target.toml", [19142.4043, 17917.3262, 16631.1094], -24.1887554),
]


def three_steps(run):
    """Totals of three steps, and the sum of the logits that they end with."""
    objective = Objective.from_run(run)
    grid = objective.grid
    shapes = {"shape": (12, 12, 12), "phases": grid.phases, "voxel_um": grid.voxel_um}
    shapes |= {"fractions": (0.36, 0.34, 0.30), "length_um": 4 * grid.voxel_um[0]}
    labels = np.stack([plurigaussian(**shapes, seed=seed)[0].labels for seed in range(4)])
    targets = objective.targets_of(torch.from_numpy(labels)).rows(slice(0, 2))
    noise = torch.randn(2, len(grid.phases), 12, 12, 12, generator=torch.Generator().manual_seed(5))
    logits = torch.nn.Parameter(noise)
    optimiser = torch.optim.Adam([logits], lr=0.05)
    totals = []
    for step in range(3):
        total, _ = objective(logits.softmax(dim=1), targets, step=step)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        totals.append(total.item())
    return totals, logits.detach().double().sum().item()


@pytest.mark.parametrize(("run", "totals", "logits"), PUBLISHED, ids=[run for run, *_ in PUBLISHED])
def test_a_published_run_keeps_its_numbers(run, totals, logits):
    reached, end = three_steps(EXAMPLES / run)
    assert reached == pytest.approx(totals, rel=1e-5)
    assert end == pytest.approx(logits, abs=0.05)  # of 10,368 logits, each moved by 0.05 a step
