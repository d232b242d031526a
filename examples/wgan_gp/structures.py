"""A run folder for ``porenet evaluate``: its generator as a function, and the real structures of its data.

porenet evaluate examples.wgan_gp.structures:held_out:runs/a examples.wgan_gp.structures:generator:runs/a
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from porenet import Objective, Volume, formats
from porenet.errors import InputError
from porenet.evaluation import Condition, RealStructures

from .checkpoint import RESOLVED, trained_generator
from .data import Structures, load_structures
from .held_networks import decoded
from .settings import Settings, load_trained


def generator(folder: str | Path, device: str = "cpu") -> Callable[[int, Condition], Any]:
    """The trained generator of a run folder, called as ``(seed, condition)`` for probabilities ``(P, Z, Y, X)``.

    Batch norm takes its running statistics, as the published code does for its samples: a structure is then a function
    of its own noise and condition, and not of what it was generated with. Where networks are held, the voxels that are
    of another phase for it come with the structure.
    """
    settings, network, step = trained_generator(Path(folder))
    if network.condition != len(settings.run.grid.phases) * len(settings.network.condition):
        raise InputError("is conditioned on more than volume fractions and surface areas", where=str(folder))
    network.to(device).eval()
    joined: list[int] = []
    if network.joins is not None:
        network.joins.register_forward_hook(
            lambda _, given, made: joined.append(int((decoded(given[0]) != decoded(made)).sum()))
        )
    plain = Objective(settings.run.grid, [{"loss": "ssa", "params": {"estimator": "faces"}}])
    mean_area = plain.targets_of(_structures(Path(folder), settings).training)["ssa"].mean(dim=0)

    @torch.no_grad()
    def generate(seed: int, condition: Condition) -> Any:
        values = {"vf": _row(condition.vf), "ssa": _row(condition.ssa) / mean_area}
        vector = torch.cat([torch.zeros(0), *(values[name] for name in settings.network.condition)])
        noise = torch.randn(network.noise_shape(condition.shape), generator=torch.Generator().manual_seed(seed))
        probabilities = network(noise[None].to(device), vector[None].to(device), condition.shape)[0]
        return probabilities, {"voxels joined by held networks": joined.pop()} if joined else {}

    vars(generate)["about"] = {"step": step, "training_seed": settings.train.seed}
    return generate


def training(folder: str | Path) -> RealStructures:
    """The structures that the run of a folder was trained on."""
    settings = load_trained(folder)
    structures = _structures(Path(folder), settings)
    return _real("training", structures.training, structures.training_origins, settings, structures)


def held_out(folder: str | Path) -> RealStructures:
    """The structures of the same data that the run of a folder has never seen."""
    settings = load_trained(folder)
    structures = _structures(Path(folder), settings)
    return _real("held-out", structures.held_out, structures.held_out_origins, settings, structures)


def _row(values: dict[str, float]) -> Tensor:
    return torch.tensor(list(values.values()), dtype=torch.float32)


def _structures(folder: Path, settings: Settings) -> Structures:
    """The data of a run.

    Raises:
        InputError: it has changed since the run was trained on it.
    """
    structures, trained_on = load_structures(settings), formats.read_json(folder / RESOLVED)["data"]
    if structures.fingerprint != trained_on["fingerprint"]:
        raise InputError(
            f"the data has changed since it was trained: then {trained_on['name']} (sha256 "
            f"{trained_on['fingerprint'][:12]}), now {structures.name} (sha256 {structures.fingerprint[:12]})",
            where=str(folder),
            fix="Put the data back, or train anew.",
        )
    return structures


def _real(
    part: str, labels: Tensor, origins: Sequence[dict[str, Any]], settings: Settings, structures: Structures
) -> RealStructures:
    coarsen = getattr(settings.data, "coarsen", 1)  # corners are those in the file, and blocks those of the cubes
    return RealStructures.of(
        [Volume(each.numpy(), structures.grid) for each in labels],
        names=[f"{part}_{number:04d}" for number in range(1, len(labels) + 1)],
        origins=[origin | {"corner": [at // coarsen for at in origin["corner"]]} for origin in origins],
        name=f"{part} structures of {structures.name}",
        reservoirs=settings.run.reservoirs,
    )
