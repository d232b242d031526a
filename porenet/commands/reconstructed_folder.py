"""The folder of `porenet reconstruct`: structures, targets and a report, kept between runs of the same settings."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError

if TYPE_CHECKING:
    from porenet.reconstruction import Reconstructor, Structure

REPORT, TARGETS = "report.json", "targets.json"


class ReconstructedFolder:
    """Structures of one set of settings.

    The report is written after each structure, and holds nothing that depends on when or how often the command ran, so
    that a run that is stopped and started again leaves the same bytes.

    Args:
        path: the folder, which need not exist yet.
        maker: what makes the structures.
        values: value in the files of each phase, 0 to 255.

    Raises:
        InputError: the folder holds structures of other settings, or its report cannot be read.
    """

    def __init__(self, path: Path, maker: Reconstructor, values: Mapping[str, int]) -> None:
        self.path, self.targets = path, _targets(maker)
        self.values = dict(values)
        settings = json.loads(json.dumps(maker.settings() | {"values": self.values}))
        self.answers = _answers_in(path / REPORT, settings) or {
            "settings": settings, "notes": list(maker.notes), "structures": {}
        }  # fmt: skip

    def holds(self, name: str, seed: int) -> bool:
        """Whether a structure of that seed stands there as it was written."""
        report = self.answers["structures"].get(name)
        file = self.path / name
        if not isinstance(report, dict) or report.get("seed") != seed or not file.is_file():
            return False
        return _sha256(file) == report.get("sha256")

    def add(self, name: str, structure: Structure) -> None:
        """Write a structure, and the report.

        Raises:
            InputError: they cannot be written.
        """
        from porenet import formats

        if not self.path.is_dir():
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise formats.write_error(self.path, error) from error
        formats.write_whole(self.path / TARGETS, _text(self.targets))
        formats.write(structure.volume, self.path / name, values=self.values)
        structures = self.answers["structures"] | {
            name: structure.report.as_data() | {"sha256": _sha256(self.path / name)}
        }
        self.answers["structures"] = dict(sorted(structures.items()))
        formats.write_whole(self.path / REPORT, _text(self.answers))

    def report_of(self, name: str) -> dict[str, Any]:
        """What a structure reached, as `porenet.reconstruction.StructureReport.as_data` has it."""
        report: dict[str, Any] = self.answers["structures"][name]
        return report


def _answers_in(path: Path, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    from porenet import formats

    if not path.exists():
        return None
    answers: dict[str, Any] = formats.read_json(path)
    known = answers.get("settings") if isinstance(answers, dict) else None
    if not isinstance(known, dict) or not isinstance(answers.get("structures"), dict):
        raise InputError("is not a report of structures", where=str(path), fix="Choose another folder.")
    changed = [key for key in settings if known.get(key) != settings[key]]
    if changed:
        raise InputError(
            f"holds structures of other settings ({', '.join(changed)})",
            where=str(path.parent),
            fix="Choose another folder.",
        )
    return answers


def _targets(maker: Reconstructor) -> dict[str, Any]:
    """The targets as JSON-ready data, with the estimators that they were measured by."""
    targets = maker.targets
    errors = {key: _numbers(error) for key, error in targets.uncertainty.items()}
    return {
        **({"uncertainty": errors} if errors else {}),
        "targets": {key: _numbers(value) for key, value in targets.items()},
        "estimators": dict(targets.estimators),
        "witnesses": {label: _numbers(value) for label, value in targets.witnesses.items()},
    }


def _numbers(value: Any) -> list[float | None]:
    return [number if math.isfinite(number) else None for number in value.flatten().tolist()]


def _text(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, indent=1, allow_nan=False).encode() + b"\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
