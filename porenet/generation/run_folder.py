"""The run folder: what a training leaves behind, and how it goes on after it was killed.

    run.toml         the whole run, what its bases say included
    resolved.json    everything that was decided: config with defaults, command line, data, versions, hardware
    log.jsonl        one line per step
    checkpoint.pt    networks and optimisers; read with weights_only, so that it can hold no code

No random state is kept: where the draws of a step are a function of (seed, step), see seeded_draws.py, there is none.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from porenet import formats
from porenet.errors import InputError, counted
from porenet.generation.checkpoint_files import read_checkpoint, write_checkpoint
from porenet.generation.config_differences import config_changes, with_defaults

CHECKPOINT, LOG, RESOLVED, RUN = "checkpoint.pt", "log.jsonl", "resolved.json", "run.toml"
PACKAGES = ("porenet", "torch", "numpy", "lightning-fabric")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a checkpoint belongs to: a training goes on only from one of its own.

    Attributes:
        config: all that decides what is trained, defaults filled in, as JSON-ready tables; what is fitted at the start,
            such as fields, belongs here too.
        data: name of the structures.
        fingerprint: of the structures.
        processes: that share a batch.
    """

    config: Mapping[str, Any]
    data: str
    fingerprint: str
    processes: int = 1


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder with everything about a training.

    Attributes:
        path: of the folder.
    """

    path: Path

    def claim(self, *, resume: bool) -> None:
        """Refuse a folder that another training lies in.

        Raises:
            InputError: there is one and it is not to be resumed, or the folder is a file.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError("is a file", where=str(self.path), fix="Choose another --out.")
        present = [name for name in (CHECKPOINT, LOG, RESOLVED, RUN) if (self.path / name).exists()]
        if present and not resume:
            raise InputError(
                f"holds a run already ({', '.join(present)})",
                where=str(self.path),
                fix="Go on with it (--resume), or choose another --out.",
            )

    def describe(self, run: str, record: Mapping[str, Any], *, first: int, device: str) -> None:
        """Write run.toml and resolved.json; a training that goes on adds a session to them.

        Args:
            run: the whole run in TOML, see `porenet.config.Document.toml`.
            record: everything that was decided, JSON-ready; versions, hardware and sessions are added.
            first: step that the session begins with.
            device: in words, see `device_words`.
        """
        self._make()
        sessions = self._resolved("sessions", list) if first else []
        versions = {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}
        hardware = {"device": device, "machine": platform.platform(), "threads": torch.get_num_threads()}
        session = {"first_step": first, "versions": versions, "hardware": hardware}
        formats.write_whole(self.path / RUN, run.encode())
        self.write_json(RESOLVED, {**record, "sessions": [*sessions, session]})

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file of the folder, whole or not at all."""
        self._make()
        formats.write_whole(self.path / name, (json.dumps(content, indent=1) + "\n").encode())

    def refuse_other_data(self, data: str, fingerprint: str) -> None:
        """Refuse structures that are not those that the run was trained on.

        Args:
            data: their name.
            fingerprint: theirs.

        Raises:
            InputError: they differ, or ``resolved.json`` cannot be read.
        """
        then = self._resolved("data", dict)
        before = str(then.get("fingerprint"))
        if before != fingerprint:
            raise InputError(
                f"the data has changed since it was trained: then {then.get('name')} (sha256 {before[:12]}), "
                f"now {data} (sha256 {fingerprint[:12]})",
                where=str(self.path),
                fix="Put the data back, or train anew.",
            )

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise formats.write_error(self.path, error) from error

    def _resolved(self, key: str, kind: type) -> Any:
        """What ``resolved.json`` holds under a key."""
        path = self.path / RESOLVED
        record = formats.read_json(path)
        if not isinstance(record, dict) or not isinstance(record.get(key), kind):
            raise InputError(f"is not the record of a run: it holds no {key}", where=str(path), fix="Train anew.")
        return record[key]

    def save(self, state: Mapping[str, Any], identity: Identity) -> None:
        """Write the checkpoint: whole, or not at all.

        Args:
            state: ``step`` (the number of steps that are done) and the state of networks and optimisers.
            identity: what it belongs to.
        """
        own = {
            "config": json.dumps(identity.config),
            "data": identity.data,
            "fingerprint": identity.fingerprint,
            "processes": identity.processes,
        }
        write_checkpoint(self.path / CHECKPOINT, {**own, **state})

    def load(
        self, identity: Identity, steps: int, *, free: Collection[str] = (), defaults: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """The state to go on from, or None where no checkpoint was written yet.

        Args:
            identity: of the training that goes on.
            steps: that it is to reach.
            free: key paths of the config that may differ, with what they hold: none of it changes what a step does.
            defaults: config that a key has where the checkpoint is older than the key.

        Raises:
            InputError: the config is not JSON-ready; the checkpoint cannot be read, or it belongs to another config,
                other data, another number of processes or more steps.
        """
        path, now = self.path / CHECKPOINT, _as_json(identity.config)
        if not path.exists():
            return None
        state = read_checkpoint(path)
        lacking = [key for key in ("config", "data", "fingerprint", "processes", "step") if key not in state]
        if lacking:
            raise InputError(
                f"is not the checkpoint of a run folder: it lacks {', '.join(lacking)}",
                where=str(path),
                fix="Start anew with another --out.",
            )
        then = with_defaults(json.loads(state["config"]), defaults or {})
        changes = [change for _, change in config_changes(then, now, free=free)]
        if changes:
            raise InputError(
                f"this run is not the one that it was written by: {'; '.join(changes)}",
                where=str(path),
                fix="Set it back, or start anew with another --out.",
            )
        if state["fingerprint"] != identity.fingerprint:
            raise InputError(
                f"it was trained on other data: then {state['data']} (sha256 {state['fingerprint'][:12]}), now "
                f"{identity.data} (sha256 {identity.fingerprint[:12]})",
                where=str(path),
                fix="Put the data back, or start anew with another --out.",
            )
        if state["processes"] != identity.processes:
            raise InputError(
                f"it was trained by {counted(state['processes'], 'process', 'processes')}, not by {identity.processes}",
                where=str(path),
                fix=f"Start it with as many: torchrun --nproc_per_node {state['processes']} ...",
            )
        if state["step"] > steps:
            raise InputError(
                f"it has done {state['step']} steps, more than train.steps = {steps}",
                where=str(path),
                fix="Raise --steps.",
            )
        return state


def _as_json(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as it comes back from a checkpoint: JSON knows no tuples."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(config))
    except (TypeError, ValueError) as error:
        raise InputError(f"cannot be written as JSON: {error}", where="identity.config") from error
    return plain


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
