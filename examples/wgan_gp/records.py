"""What a run tells about itself: its audit, its soft-hard gaps, a few structures, the machine."""

from __future__ import annotations

import dataclasses
import math
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from porenet import Objective, Volume, formats, gradient_audit
from porenet.errors import BlindTerm, FooledTerm
from porenet.objective import Gap

from .batches import SAMPLES, Batch, seed_of
from .checkpoint import write_json
from .data import Structures, one_hot
from .networks import Generator, sampled
from .settings import TrainTable
from .terminal import print_table

Say = Callable[[str], None]


def audit_of(objective: Objective, generator: Generator, batch: Batch, size: tuple[int, ...], say: Say) -> Any:
    """Follow every term to the generator's weights, and say what was found; returns the audit."""
    found = gradient_audit.audit(objective, generator, ((batch.noises[0], batch.condition, size), batch.targets))
    for one in found.findings:
        say(f"audit, {one.level}: {one.text}")
    return found


def show_audit(found: Any) -> None:
    """The tables of an audit: terms, groups of weights, cosines, hand-made states."""
    print(gradient_audit.heading(found))
    print_table(*gradient_audit.term_table(found))
    for tables in (gradient_audit.group_tables, gradient_audit.cosine_tables, gradient_audit.state_tables):
        for table in tables(found):
            print_table(*table)
    print(gradient_audit.ABOUT_STATES)


def keep_audit(folder: Path, found: Any) -> None:
    """Write ``audit.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "audit.json", found.as_data())


def gaps_of(objective: Objective, field: Tensor, batch: Batch, step: int, say: Say) -> dict[str, Any]:
    """The soft-hard gap of every term, and the volume fractions on both sides of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FooledTerm)
        warnings.simplefilter("always", BlindTerm)
        gaps = objective.gaps(field, batch.targets)
    for one in caught:
        say(f"step {step}: {one.message}")
    phases = objective.grid.phases
    decoded = one_hot(field.argmax(dim=1).byte(), len(phases))
    soft, hard = (one.mean(dim=(0, 2, 3, 4)).tolist() for one in (field, decoded))
    return {
        "gaps": {label: _plain(gap) for label, gap in gaps.items()},
        "soft": dict(zip(phases, soft, strict=True)),
        "hard": dict(zip(phases, hard, strict=True)),
    }


def _plain(gap: Gap) -> dict[str, Any]:
    """A gap for JSON, which knows no infinity: the ratio to structures that have nothing of the witness is None."""
    data = dataclasses.asdict(gap)
    if data["witness"] is not None and not math.isfinite(data["witness"]):
        data["witness"] = None
    return data


def keep_samples(
    folder: Path, generator: Generator, conditions: Tensor, structures: Structures, train: TrainTable
) -> None:
    """Write a few structures, conditioned like the first training ones."""
    if not train.samples:
        return
    (folder / "samples").mkdir(exist_ok=True)
    chosen = conditions[torch.arange(train.samples) % len(conditions)]
    labels = sampled(generator, chosen, structures.size, seed=seed_of(train.seed, 0, SAMPLES))
    for number, one in enumerate(labels.numpy(), start=1):
        formats.write(Volume(one, structures.grid), folder / "samples" / f"structure_{number:04d}.npz")


def hardware(fabric: Fabric) -> str:
    """The device in words."""
    kind = torch.cuda.get_device_name(fabric.device) if fabric.device.type == "cuda" else f"CPU, {os.cpu_count()} cores"
    return kind if fabric.world_size == 1 else f"{fabric.world_size} x {kind}"
