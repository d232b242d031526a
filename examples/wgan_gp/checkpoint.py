"""The run folder: what a run leaves behind, and how it goes on after it was killed.

    run.toml         the run as it was written
    resolved.json    everything that was decided: config with defaults, command line, data, versions, hardware
    audit.json       which term reaches the generator
    log.jsonl        one line a step
    checkpoint.pt    networks and optimisers; read with weights_only, so that it can hold no code
    curves.png       the log as curves
    samples/         a few structures, with the run's grid

No random state is kept: the draws of a step are a function of (seed, step), so there is none.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from porenet import formats
from porenet.config import Table
from porenet.errors import InputError

from .data import Structures
from .data_tables import SOURCES
from .networks import Generator, build
from .settings import NetworkTable, Settings, TrainTable, load_trained

CHECKPOINT, LOG, RESOLVED = "checkpoint.pt", "log.jsonl", "resolved.json"
FREE = {("train", "steps"), ("train", "checkpoint_every"), ("train", "samples")}
"""What a resumed run may change: none of it changes what a step does."""
PACKAGES = ("porenet", "torch", "numpy", "lightning-fabric")


def claim(folder: Path, *, resume: bool) -> None:
    """Refuse a folder that another run lies in.

    Raises:
        InputError: there is one and it is not to be resumed, or the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file", where=str(folder), fix="Choose another --out.")
    there = [name for name in (CHECKPOINT, LOG, RESOLVED, "run.toml") if (folder / name).exists()]
    if there and not resume:
        raise InputError(
            f"holds a run already ({', '.join(there)})",
            where=str(folder),
            fix="Go on with it (--resume), or choose another --out.",
        )


def describe(folder: Path, settings: Settings, structures: Structures, *, first: int, hardware: str) -> None:
    """Write run.toml and resolved.json; a resumed run adds a session to them."""
    folder.mkdir(parents=True, exist_ok=True)
    sessions = _record(folder)["sessions"] if first else []
    session = {
        "first_step": first,
        "versions": {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "hardware": {"device": hardware, "machine": platform.platform(), "threads": torch.get_num_threads()},
    }
    record = {
        "data": {
            "name": structures.name,
            "fingerprint": structures.fingerprint,
            "disjoint": dict(zip(("training", "held_out"), structures.disjoint, strict=True)),
        },
        "overrides": settings.overrides,
        "config": settings.resolved(),
        "sessions": [*sessions, session],
    }
    formats.write_whole(folder / "run.toml", settings.text.encode())
    write_json(folder / RESOLVED, record)


def save(folder: Path, state: Mapping[str, Any], settings: Settings, structures: Structures, processes: int) -> None:
    """Write a checkpoint: whole, or not at all.

    Args:
        folder: of the run.
        state: ``step`` (the number of steps that are done) and the state of networks and optimisers.
        settings: of the run.
        structures: that it is trained on.
        processes: that share a batch.
    """
    about = {
        "config": json.dumps(settings.resolved()),
        "data": structures.name,
        "fingerprint": structures.fingerprint,
        "processes": processes,
    }
    write(folder / CHECKPOINT, {**about, **state})


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state with the checksum that `read` verifies; whole, or not at all."""
    content = io.BytesIO()
    torch.save(dict(state), content)
    formats.write_whole(path, _sealed(content.getvalue()))


def load(folder: Path, settings: Settings, structures: Structures, processes: int) -> dict[str, Any] | None:
    """The state to go on from, or None where no checkpoint was written yet.

    Raises:
        InputError: it cannot be read, or it belongs to another run config, other data or more steps.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    state = read(path)
    then = json.loads(state["config"])
    for name, table in (("network", NetworkTable), ("train", TrainTable)):
        then[name] = table.model_construct(**then[name]).model_dump() | then[name]  # what came later has its default
    changes = list(_changes(then, settings.resolved()))
    if changes:
        raise InputError(
            f"this run is not the one that it was written by: {'; '.join(changes)}",
            where=str(path),
            fix="Set it back, or start anew with another --out.",
        )
    if state["fingerprint"] != structures.fingerprint:
        raise InputError(
            f"it was trained on other data: then {state['data']} (sha256 {state['fingerprint'][:12]}), now "
            f"{structures.name} (sha256 {structures.fingerprint[:12]})",
            where=str(path),
            fix="Put the data back, or start anew with another --out.",
        )
    if state["processes"] != processes:
        raise InputError(
            f"it was trained by {state['processes']} processes, and these are {processes}",
            where=str(path),
            fix=f"Start it with as many: torchrun --nproc_per_node {state['processes']} ...",
        )
    if state["step"] > settings.train.steps:
        raise InputError(
            f"it has done {state['step']} steps, more than train.steps = {settings.train.steps}",
            where=str(path),
            fix="Raise --steps.",
        )
    return state


def read(path: Path) -> dict[str, Any]:
    """A checkpoint, on the CPU. Nothing in it is run, and nothing is loaded before its checksum is verified.

    Raises:
        InputError: it cannot be read, or a byte of it has changed since it was written.
    """
    try:
        data = path.read_bytes()
        content = data[: -len(_sealed(b""))]
        if _sealed(content) != data:
            raise ValueError("the checksum at its end does not match")
        state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # zip, pickle, OS: whatever a damaged file makes torch raise
        raise InputError(
            f"is damaged, or no checkpoint ({type(error).__name__})",
            where=str(path),
            fix="Start anew with another --out; --debug shows the cause.",
        ) from error
    return state


def trained_generator(folder: Path, sources: Mapping[str, type[Table]] = SOURCES) -> tuple[Settings, Generator, int]:
    """The run of a folder, its generator, and how many steps it was trained for.

    Args:
        folder: of the run.
        sources: the tables that ``[data]`` can be, see settings.py.

    Raises:
        InputError: there is no checkpoint, or it cannot be read.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        raise InputError("there is no checkpoint", where=str(folder), fix="Name a folder that train.py wrote (--out).")
    settings, state = load_trained(folder, sources), read(path)
    descriptors = len(settings.run.grid.phases) * len(settings.network.condition)  # of a checkpoint that does not say
    generator, _ = build(settings, (settings.data.size,) * 3, state.get("condition", descriptors))
    generator.load_state_dict(state["generator"])
    return settings, generator, state["step"]


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole, or not at all."""
    formats.write_whole(path, (json.dumps(content, indent=1) + "\n").encode())


def _record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((folder / RESOLVED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", where=str(folder / RESOLVED)) from error
    return record


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _changes(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What differs between two resolved configs, in words."""
    flat_then, flat_now = (dict(_flat(config)) for config in (then, now))
    for key in sorted(flat_then.keys() | flat_now.keys()):
        before, after = flat_then.get(key, "nothing"), flat_now.get(key, "nothing")
        if before != after and key not in FREE and key[0] != "evaluate":
            yield f"{'.'.join(key)} was {before}, now {after}"


def _flat(table: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    items = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else None
    if items is None:
        yield path, table
        return
    for key, value in items:
        yield from _flat(value, (*path, str(key)))


def _sealed(content: bytes) -> bytes:
    """The content of a checkpoint with its checksum behind it: torch itself loads a file with a bit flipped."""
    return content + b"\nsha256 " + hashlib.sha256(content).hexdigest().encode() + b"\n"
