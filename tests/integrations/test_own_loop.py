"""The lines of docs/your-own-loop.md do their work in loops written after the published ones, and in a sampler."""

import re
import textwrap

import numpy as np
import pytest
import torch
from checkout import ROOT
from electrodes import GRID
from published_loops import GAN_PH, SLICEGAN
from torch.nn import functional

import porenet
from porenet.synthetic import plurigaussian

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "your-own-loop.md").read_text(encoding="utf-8")
FRACTIONS = (0.36, 0.34, 0.30)


def lines(heading: str, indent: int = 0) -> str:
    """The block of the page that begins with a comment."""
    (text,) = re.findall(rf"^```python\n# {re.escape(heading)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return textwrap.indent(text, " " * indent)


def cube(side: int, seed: int) -> np.ndarray:
    volume, _ = plurigaussian(
        (side,) * 3, voxel_um=GRID.voxel_um, length_um=0.3, fractions=FRACTIONS, phases=GRID.phases, seed=seed
    )
    return volume.labels


def run(loop: str, names: dict) -> dict:
    torch.manual_seed(0)
    exec(compile(loop, "loop", "exec"), names)
    return names


def test_slicegan(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    data_path = tmp_path / "NMC.tif"
    labels = cube(32, seed=0)
    tifffile.imwrite(data_path, np.array([0, 127, 255], dtype=np.uint8)[labels])
    start = {"real_data": [data_path], "epochs": 16}
    plain = run(SLICEGAN.replace("{before}", "").replace("{step}", ""), dict(start))
    loop = SLICEGAN.replace("{before}", lines("SliceGAN, before the loop over epochs"))
    loop = loop.replace("{step}", lines("SliceGAN, before errG.backward()", 12))
    helped = run(loop, dict(start))
    expected = torch.tensor(np.bincount(labels.ravel()) / labels.size)
    off = [float((torch.stack(names["shares"][-8:]).mean(dim=0) - expected).abs().max()) for names in (plain, helped)]
    assert off[1] < min(0.1, off[0] / 2), off


def test_gan_ph():
    labels = torch.stack([torch.tensor(cube(16, seed=seed)) for seed in range(8)])
    field = functional.one_hot(labels.long(), 3).movedim(-1, 1).float()
    spread = torch.cat([field.mean(dim=(2, 3, 4)), torch.rand(8, 3)], dim=1)
    conditions = spread.view(8, 6, 1, 1, 1).expand(8, 6, 4, 4, 4)
    dataset = torch.utils.data.TensorDataset(field, conditions)
    start = {"dataloader": torch.utils.data.DataLoader(dataset, batch_size=4), "epochs": 30}
    loop = GAN_PH.replace("{init}", lines("GAN-PH, at the end of Trainer.__init__", 8))
    loop = loop.replace("{step}", lines("GAN-PH, in place of loss_vf, loss_ssa and the sum of G_loss", 20))
    trainer = run(loop, dict(start))["trainer"]
    with torch.no_grad():
        shares = functional.one_hot(trainer.sample(conditions[:, :3], conditions[:, 3:]).argmax(1), 3).float()
    off = (shares.mean(dim=(0, 1, 2, 3)) - field.mean(dim=(0, 2, 3, 4))).abs().max()
    assert off < 0.05
    assert trainer.objective.labels_at(0) == ("vf", "isolation")
    assert trainer.objective.labels_at(2) == ("vf", "ssa", "isolation")


def test_guidance():
    objective = porenet.Objective(GRID, ["tpb"])
    targets = objective.targets_of(torch.stack([torch.tensor(cube(24, seed=seed)) for seed in range(4)]))
    blur = torch.ones(1, 1, 3, 3, 3) / 27

    def denoiser(x, level):
        padded = functional.pad(x.flatten(0, 1).unsqueeze(1), (1,) * 6, mode="replicate")
        return 8 * functional.conv3d(padded, blur).view_as(x)

    torch.manual_seed(0)
    names = {"torch": torch, "objective": objective, "targets": targets, "denoiser": denoiser}
    names["x"] = torch.randn(4, 3, 24, 24, 24)
    errors = []
    for level in torch.linspace(1, 0.02, 60):
        exec(lines("in the sampler, at every step"), names | {"level": level, "strength": 20 * level}, names)
        errors.append(names["misfit"].detach() / objective.terms[0].weight)
    assert errors[0].min() > 0.5
    assert errors[-1].max() < 5e-4
