"""Folder of one generator's structures; it holds what a drawing that was stopped goes on from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from porenet import formats
from porenet.config.differences import config_changes
from porenet.errors import InputError, counted
from porenet.evaluation.conditions import Condition
from porenet.evaluation.drawing import DrawnStructure, Generator, drawn, order_of, structure_seed
from porenet.interface import Volume
from porenet.measurement import write_table

RECORD, CONDITIONS = "structures.json", "conditions.json"
_STRUCTURE = re.compile(r"structure_(\d{4,9})\.npz")
CHANGES_NAMED = 3
"""Most changes of a generator that a refusal names."""
ANEW = "Choose another folder, or remove this one to draw anew."


@dataclass(slots=True)
class Samples:
    """Structures of one generator.

    Attributes:
        files: path of each, by its name.
        volumes: in the same order.
        conditions: that each was asked to meet; empty where nothing is known.
        probabilities: mean probability of each phase, of each structure; empty where the generator gave labels.
        numbers: further numbers of the generator, by name, one per structure.
        notes: remarks for the reader.
    """

    files: dict[str, Path]
    volumes: list[Volume]
    conditions: list[Condition] = field(default_factory=list)
    probabilities: list[Sequence[float]] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def drawn_samples(
    folder: Path,
    generator: Generator,
    conditions: Sequence[Condition],
    *,
    n: int,
    seed: int,
    source: Mapping[str, Any],
    progress: Callable[[str], object] = lambda _: None,
) -> Samples:
    """Structures of a generator in a folder; those that an earlier drawing left are kept, those beyond ``n`` too.

    Args:
        folder: made if it is not there.
        generator: called as ``generator(seed, condition)``.
        conditions: to choose from, in a seeded order.
        n: number of structures.
        seed: of noise and order.
        source: what the generator is, JSON-ready: a folder of another generator is refused. Where it holds a
            ``fingerprint``, that says which it is, and ``function`` may be another: the path in it has changed.
        progress: called with the name of each structure.

    Raises:
        InputError: the folder is of another generator, seed or shape; the generator failed, or gives another structure
            for a seed than it gave before; or the folder cannot be written.
    """
    record = sample_record(folder, conditions, seed=seed, source=source)
    order = order_of(len(conditions), n, seed)
    names = [f"structure_{number:04d}.npz" for number in range(1, n + 1)]
    samples = Samples({name: folder / name for name in names}, [])
    reproduced = False
    for number, name in enumerate(names):
        condition, own_seed = conditions[order[number]], structure_seed(seed, number)
        entry = record["structures"].get(name)
        volume = _earlier_structure(folder / name, entry, own_seed, condition)
        if volume is None:
            structure = drawn(generator, condition, own_seed)
            volume, entry = structure.volume, _entry(structure)
            formats.write(volume, folder / name)
            record["structures"][name] = entry = entry | {"sha256": formats.fingerprint(folder / name)}
            _write(folder / RECORD, record)
            if number == 0 and not _gives(generator, condition, own_seed, volume):
                samples.notes.append("gives another structure when it is called again with the same seed and condition")
            reproduced = True
        elif not reproduced:
            reproduced = True
            if not _gives(generator, condition, own_seed, volume):
                raise InputError(
                    "the generator gives another structure for the seed of this one than it gave before",
                    where=str(folder / name),
                    fix=ANEW,
                )
        _add(samples, volume, condition, entry)
        progress(name)
    further = _further(folder, record["structures"], n, conditions, seed)
    for name in set(record["structures"]) - {*names, *further}:
        if _STRUCTURE.fullmatch(name):  # the record could name any file
            (folder / name).unlink(missing_ok=True)
        del record["structures"][name]
    _write(folder / RECORD, record)
    asked = dict(zip(names, samples.conditions, strict=True)) | further
    write_table(folder / CONDITIONS, (row | {"volume": name} for name, each in asked.items() for row in each.rows))
    return samples


def sample_record(
    folder: Path, conditions: Sequence[Condition], *, seed: int, source: Mapping[str, Any]
) -> dict[str, Any]:
    """The record of the structures that an earlier drawing left in a folder, made if it is not there.

    Args:
        folder: as for `drawn_samples`.
        conditions: likewise.
        seed: likewise.
        source: likewise.

    Raises:
        InputError: the folder is of another generator, seed or shape, or cannot be written.
    """
    settings = {"source": dict(source), "seed": seed, "shape": list(conditions[0].shape)}
    if not (folder / RECORD).exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise InputError("holds something else than structures of an evaluation", where=str(folder), fix=ANEW)
        except OSError as error:
            raise formats.write_error(folder, error) from error
        return {"settings": settings, "structures": {}}
    record: dict[str, Any] = formats.read_json(folder / RECORD)
    known = record.get("settings") if isinstance(record, dict) else None
    if not isinstance(known, dict) or not isinstance(record.get("structures"), dict):
        raise InputError("is not a record of structures", where=str(folder / RECORD), fix=ANEW)
    settings = json.loads(json.dumps(settings))
    for name, value in settings.items():
        if known.get(name) != value and not (name == "source" and _is_same_source(known.get(name), value)):
            what = f"holds structures of another {name}: {_change(known.get(name), value)}"
            raise InputError(what, where=str(folder), fix=ANEW)
    return record | {"settings": settings}


def _is_same_source(then: Any, now: dict[str, Any]) -> bool:
    """Whether two sources are one under another name, or differ in the fingerprint alone: the first structure decides.

    The fingerprint of a training that went on is another one, and its best step may be the same.
    """
    if not isinstance(then, dict):
        return False
    renamed = "fingerprint" in then and then | {"function": ""} == now | {"function": ""}
    return renamed or then | {"fingerprint": ""} == now | {"fingerprint": ""}


def _change(then: Any, now: Any) -> str:
    """What differs, in a line: of a fit with hundreds of numbers the first few."""
    if not isinstance(then, dict) or not isinstance(now, dict):
        return f"then {then!s:.200}, now {now!s:.200}"
    changes = [change for _, change in config_changes(then, now)]
    more = len(changes) - CHANGES_NAMED
    named = "; ".join(f"{change:.200}" for change in changes[:CHANGES_NAMED])
    return f"{named}; and {counted(more, 'more change')}" if more > 0 else named


def _earlier_structure(path: Path, entry: Any, seed: int, condition: Condition) -> Volume | None:
    """The structure of an earlier drawing, if it stands there as it was written, for the same seed and condition."""
    if not isinstance(entry, dict) or not isinstance(entry.get("numbers"), dict) or not path.is_file():
        return None
    asked = json.loads(json.dumps([[row["metric"], row["key"], row["value"]] for row in condition.rows]))
    if (entry.get("seed"), entry.get("asked")) != (seed, asked) or formats.fingerprint(path) != entry.get("sha256"):
        return None
    volume = formats.read(path)
    return volume if volume.shape == condition.shape else None


def _further(
    folder: Path, entries: Mapping[str, Any], n: int, conditions: Sequence[Condition], seed: int
) -> dict[str, Condition]:
    """Conditions of the structures that a larger drawing left beyond the first n, by name; a larger one takes them."""
    known = {condition.name: condition for condition in conditions}
    further = {}
    for name in sorted(entries):
        match, entry = _STRUCTURE.fullmatch(name), entries[name]
        number = int(match[1]) if match else 0
        condition = known.get(str(entry.get("condition"))) if isinstance(entry, dict) else None
        if number <= n or condition is None:
            continue
        if _earlier_structure(folder / name, entry, structure_seed(seed, number - 1), condition) is not None:
            further[name] = condition
    return further


def _entry(structure: DrawnStructure) -> dict[str, Any]:
    condition = structure.condition
    return {
        "seed": structure.seed,
        "condition": condition.name,
        "asked": [[row["metric"], row["key"], row["value"]] for row in condition.rows],
        "probabilities": structure.probabilities,
        "numbers": dict(structure.numbers),
    }


def _gives(generator: Generator, condition: Condition, seed: int, volume: Volume) -> bool:
    return bool(np.array_equal(drawn(generator, condition, seed).volume.labels, volume.labels))


def _add(samples: Samples, volume: Volume, condition: Condition, entry: Mapping[str, Any]) -> None:
    samples.volumes.append(volume)
    samples.conditions.append(condition)
    if entry.get("probabilities") is not None:
        samples.probabilities.append(entry["probabilities"])
    for name, number in entry["numbers"].items():
        samples.numbers.setdefault(name, []).append(number)


def _write(path: Path, record: Mapping[str, Any]) -> None:
    formats.write_whole(path, json.dumps(record, indent=1).encode() + b"\n")
