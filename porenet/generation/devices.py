"""The device that a run asks for, alone or shared under torchrun."""

from __future__ import annotations

import os
from typing import Any

import torch

from porenet.errors import InputError, MissingExtra, counted


def launched_fabric(device: str = "auto", *, precision: str = "32-true", batch: int = 1) -> Any:
    """Lightning Fabric on a device; under torchrun, this process's part of it.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: as Fabric names it: ``32-true``, ``bf16-mixed``, ...
        batch: structures per step, which all processes share.

    Returns:
        A launched ``lightning_fabric.Fabric``.

    Raises:
        MissingExtra: Lightning Fabric is not installed.
        InputError: there is no CUDA device, or the batch does not part into the processes.
    """
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        raise MissingExtra(
            "launched_fabric needs lightning-fabric, which is not installed", fix="pip install 'porenet[train]'"
        ) from error
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is there", where="train.device", fix="Use --device cpu, or auto.")
    world = int(os.environ.get("WORLD_SIZE", 1))
    if batch % world:
        raise InputError(f"a batch of {batch} does not part into {world} processes", where="train.batch")
    local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    chosen = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    fabric = Fabric(
        accelerator=chosen, devices=local, num_nodes=world // local, precision=precision,  # type: ignore[arg-type]
        strategy="ddp" if world > 1 else "auto",
    )  # fmt: skip
    fabric.launch()
    return fabric


def device_words(device: torch.device, processes: int = 1) -> str:
    """A device in words, for the record.

    Args:
        device: of a process.
        processes: that share a training.
    """
    cores = counted(os.cpu_count() or 1, "core")
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {cores}"
    return kind if processes == 1 else f"{processes} x {kind}"
