"""A run folder for ``porenet evaluate``: its generator as a function, and the real structures of its data.

porenet evaluate examples.wgan_gp.structures:held_out:runs/a examples.wgan_gp.structures:generator:runs/a
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from porenet import Objective, formats
from porenet.evaluation import Condition, RealStructures
from porenet.generation import RunFolder, Structures, argmax_labels, load_structures, real_structures

from .networks import trained_generator
from .settings import Settings, load_trained


def generator(folder: str | Path, device: str = "cpu") -> Callable[[int, Condition], Any]:
    """The trained generator of a run folder, called as ``(seed, condition)`` for probabilities ``(P, Z, Y, X)``.

    Batch norm takes its running statistics, so a structure is a function of its own noise and condition. Where networks
    are held, the number of voxels that are of another phase for it comes with the structure.
    """
    settings, network, step = trained_generator(Path(folder))
    network.to(device).eval()
    joined: list[int] = []
    if network.joins is not None:
        network.joins.register_forward_hook(
            lambda _, inputs, output: joined.append(int((argmax_labels(inputs[0]) != argmax_labels(output)).sum()))
        )
    plain = Objective(settings.run.grid, {"ssa": {"estimator": "faces"}})
    mean_area = plain.targets_of(_data(folder, settings).training)["ssa"].mean(dim=0)
    mean_area.clamp_min_(torch.finfo(mean_area.dtype).tiny)  # of a phase that no structure has

    @torch.no_grad()
    def generate(seed: int, condition: Condition) -> Any:
        values = {"vf": _row(condition.vf), "ssa": _row(condition.ssa) / mean_area}
        vector = torch.cat([torch.zeros(0), *(values[name] for name in settings.network.condition)])
        noise = torch.randn(network.noise_shape(condition.shape), generator=torch.Generator().manual_seed(seed))
        probabilities = network(noise[None].to(device), vector[None].to(device), condition.shape)[0]
        return probabilities, {"voxels joined by held networks": joined.pop()} if joined else {}

    known_by = {"fingerprint": formats.fingerprint(Path(folder) / "checkpoint.pt")}  # whatever the folder is named
    vars(generate)["about"] = {"step": step, "training_seed": settings.train.seed} | known_by
    return generate


def training(folder: str | Path) -> RealStructures:
    """The structures that the run of a folder was trained on."""
    return _real(folder, "training")


def held_out(folder: str | Path) -> RealStructures:
    """The structures of the same data that the run of a folder has never seen."""
    return _real(folder, "held_out")


def _row(values: dict[str, float]) -> Tensor:
    return torch.tensor(list(values.values()), dtype=torch.float32)


def _data(folder: str | Path, settings: Settings) -> Structures:
    structures = load_structures(settings.data, settings.run, Path(folder))
    RunFolder(Path(folder)).refuse_other_data(structures.name, structures.fingerprint)
    return structures


def _real(folder: str | Path, part: Any) -> RealStructures:
    settings = load_trained(folder)
    coarsen = getattr(settings.data, "coarsen", 1)
    return real_structures(_data(folder, settings), part, reservoirs=settings.run.reservoirs, coarsen=coarsen)
