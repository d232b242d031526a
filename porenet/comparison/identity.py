"""Volumes whose files are equal byte for byte: copies of training volumes, and repeats within a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from porenet.comparison.samples import Quantity, Sample
from porenet.errors import counted

Samples = Mapping[Quantity, Sample]

MOST_COPIES = 0.5
"""Share of copies from which nothing is said about a run: what is compared is mostly the training set with itself."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Files of a run, by the SHA-256 of their bytes.

    Attributes:
        volumes: number of its volumes.
        copies: names of those that equal a training volume, sorted.
        repeats: names of those that equal an earlier one of the same run, in the order of the names.
    """

    volumes: int
    copies: tuple[str, ...]
    repeats: tuple[str, ...]

    @property
    def mostly_copies(self) -> bool:
        """Whether half of the volumes or more are training volumes."""
        return bool(self.copies) and len(self.copies) >= MOST_COPIES * self.volumes

    def texts(self, run: str) -> Iterator[str]:
        """What the reader must know of it; nothing if all files differ.

        Args:
            run: name of the run, or ``reference``.
        """
        if self.copies:
            are = "is byte for byte a training volume", "are byte for byte training volumes"
            yield f"{len(self.copies)} of {counted(self.volumes, 'volume')} of {run} {are[len(self.copies) > 1]}"
        if self.repeats:
            of_run = "the reference" if run == "reference" else run
            are = "is a repeat of another of them", "are repeats of others of them"
            yield f"{len(self.repeats)} of {counted(self.volumes, 'volume')} of {of_run} {are[len(self.repeats) > 1]}"

    def as_row(self) -> dict[str, object]:
        """JSON-ready."""
        return {"volumes": self.volumes, "copies": list(self.copies), "repeats": list(self.repeats)}


def identity_of(samples: Samples, reference: Samples | None = None) -> Identity:
    """Which volumes of a run have the bytes of a training volume, or of another volume of the run.

    Args:
        samples: the run's, by quantity.
        reference: those of the training structures; None: the run is the reference itself.
    """
    known = set(_hashes(reference.values()).values()) - {None} if reference is not None else set()
    hashes = _hashes(samples.values())
    seen: set[str] = set()
    repeats = []
    for name, sha256 in sorted(hashes.items()):
        if sha256 is not None:
            if sha256 in seen:
                repeats.append(name)
            seen.add(sha256)
    copies = tuple(sorted(name for name, sha256 in hashes.items() if sha256 in known))
    return Identity(len(hashes), copies, tuple(repeats))


def _hashes(samples: Iterable[Sample]) -> dict[str, str | None]:
    return {name: sha256 for sample in samples for name, sha256 in zip(sample.volumes, sample.hashes, strict=True)}
