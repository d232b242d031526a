"""Structures with the descriptors of another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from porenet.errors import InputError, argument
from porenet.interface import Volume
from porenet.reconstruction.original_sections import Plane
from porenet.reconstruction.reconstructor import STEPS, Reconstructor, Structure
from porenet.reconstruction.section_reconstructor import SectionReconstructor
from porenet.reconstruction.spectral_start import Start
from porenet.reconstruction.structure_report import StructureReport


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Reconstructed structures.

    Attributes:
        structures: in the order of their seeds.
        notes: what was left out or changed, in words.
    """

    structures: tuple[Structure, ...]
    notes: tuple[str, ...]

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The structures alone."""
        return tuple(structure.volume for structure in self.structures)

    @property
    def reports(self) -> tuple[StructureReport, ...]:
        """What each reached."""
        return tuple(structure.report for structure in self.structures)


def reconstruct(
    volume: Volume | Sequence[Volume],
    *,
    shape: Sequence[int] | None = None,
    count: int = 1,
    seed: int = 0,
    terms: Iterable[Mapping[str, Any]] | None = None,
    steps: int = STEPS,
    start: Start = "spectral",
    device: str = "cpu",
    from_plane: str | Sequence[Plane] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reconstruction:
    """Structures with the descriptors of another one: voxels optimised directly for losses, with no network.

    By default for the volume fractions, the two-point probabilities at all lags of a ball, the surfaces (with the guard
    against speckle) and the triple line. It makes other samples of the material, not copies: the report has the
    agreement with the original. Two-point statistics do not hold the connection of a phase; add terms that do.

    Args:
        volume: the structure whose descriptors are aimed at; with ``from_plane`` also several sections, of any size.
        shape: ``(Z, Y, X)`` of the results, voxels of the same edges; default: that of the structure. Of a section
            ``(Y, X)``: the results are sections too.
        count: number of structures.
        seed: of the first structure; each following one has the next integer.
        terms: as `porenet.Objective` takes them, in place of the default ones; any registered loss.
        steps: steps of the optimiser.
        start: ``spectral``, noise with the spectrum of each phase; ``noise``, white; or ``coarse``, a reconstruction of
            half the resolution by the default terms with three times the steps, for large structures.
        device: a torch device, such as ``cuda``.
        from_plane: the original is known by its sections alone, which are taken as the same in z, y and x: normals of
            layers (``"z"``: all layers across z are sections), or pairs of a normal and the number of a layer.
        progress: called after each step with the number of the structure, from 0, and of the step, from 1.

    Raises:
        InputError: what `Reconstructor` refuses, or a count below 1.
        ConfigError, PluginError: as for `porenet.Objective`.

    Example:
        >>> import porenet
        >>> from porenet.synthetic import plurigaussian
        >>> original, _ = plurigaussian((16,) * 3, voxel_um=0.1, length_um=0.4, thresholds=(0, 0), seed=0)
        >>> result = porenet.reconstruct(original, steps=5)
        >>> result.volumes[0].labels.shape
        (16, 16, 16)
    """
    if type(count) is not int or count < 1:
        raise InputError(f"a number of structures, 1 or more, was expected, not {count!r}", where=argument("count"))
    settings: dict[str, Any] = {"shape": shape, "terms": terms, "steps": steps, "start": start, "device": device}
    if from_plane is None:
        maker = Reconstructor(_single_volume(volume), **settings)
    else:
        maker = SectionReconstructor(volume, from_plane, **settings)
    structures = []
    for number in range(count):
        steps_of = None if progress is None else (lambda step, number=number: progress(number, step))
        structures.append(maker.structure(seed + number, steps_of))
    return Reconstruction(tuple(structures), tuple(maker.notes))


def _single_volume(volume: Volume | Sequence[Volume]) -> Volume:
    if isinstance(volume, list | tuple):
        raise InputError(
            f"one porenet.Volume was expected, not {len(volume)}",
            where="reconstruct",
            fix="Several are sections of one material: from_plane='z'.",
        )
    return cast("Volume", volume)
