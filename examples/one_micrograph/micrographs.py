"""The sections that a run is trained on, and batches of crops of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge
from pydantic import Field
from torch import Tensor

from examples.wgan_gp.settings import Count, Settings
from porenet import formats
from porenet.config import Table
from porenet.errors import InputError
from porenet.generation import DRAWS, Batch, Batches, Structures, one_hot, seed_of, turned
from porenet.interface import Volume, section


class SectionData(Table):
    """Micrographs: ``source = "sections"``.

    Attributes:
        path: an image of a section, a volume to take a layer from, or several of them; relative to the run's folder.
        normal: axis of a volume that its sections lie across.
        layer: of a volume, the one that is seen; the middle one unless given. The rest is for the evaluation alone.
        size: edge of the volumes that are generated, and of the crops that critics see, voxels.
        crops: number that the critics see at a time, flipped and transposed.
        named_losses: whether the generator sees the objective; without it, this is SliceGAN's recipe.
    """

    source: Literal["sections"]
    path: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)]
    normal: Literal["z", "y", "x"] = "z"
    layer: Annotated[int, Ge(0)] | None = None
    size: Annotated[int, Ge(8)]
    crops: Count = 16
    named_losses: bool = True


SOURCES = {"sections": SectionData}


def read_sections(settings: Settings) -> tuple[list[Tensor], list[Volume]]:
    """The sections, uint8 labels ``(A, B)``, and the volumes that some were taken from.

    Raises:
        InputError: a file cannot be read, is too small, or the voxels of the run are not cubes.
    """
    data, grid, sections, volumes = settings.data, settings.run.grid, list[Tensor](), list[Volume]()
    if grid.dims != 3 or max(grid.voxel_um) > min(grid.voxel_um) * (1 + 1e-6) or any(grid.periodic):
        raise InputError(
            "the volume has the edge of a pixel in z, y and x, and is open", where="grid",
            fix="Write voxel_um = [e, e, e], and no periodic.",
        )  # fmt: skip
    if settings.network.condition or settings.network.hold_vf:
        raise InputError("is conditioned on nothing here", where="network", fix="Write condition = [], and no hold_vf.")
    for path in data.path:
        read = formats.read(path, phases=settings.run.values or grid.phases, voxel_um=grid.voxel_um[0])
        if read.grid.dims == 3:
            volumes.append(read)
            count = read.labels.shape["zyx".index(data.normal)]
            read = section(read, data.normal, count // 2 if data.layer is None else data.layer)
        elif data.layer is not None:
            raise InputError("is a section, and has no layers", where=path, fix="Leave data.layer out.")
        sections.append(torch.from_numpy(read.labels[0].copy()))
        if min(sections[-1].shape) < data.size:
            raise InputError(f"is smaller than crops of {data.size}", where=path, fix="Lower data.size.")
    return sections, volumes


def load_sections(settings: Settings) -> Structures:
    """What the shared trainer knows of the data: no training volume, and sections by their name and hash."""
    data, (sections, _) = settings.data, read_sections(settings)
    digest = hashlib.sha256(b"".join(repr(tuple(each.shape)).encode() + each.numpy().tobytes() for each in sections))
    nothing = torch.zeros((0, *[data.size] * 3), dtype=torch.uint8)
    sides = ", ".join(" x ".join(map(str, each.shape)) for each in sections)
    return Structures(
        nothing, nothing, [], [], settings.run.grid, f"{len(sections)} section(s) of {sides} voxels",
        digest.hexdigest(), (len(sections), 0), 8,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class CropBatches(Batches):
    """Batches whose ``real`` are crops of sections, ``(R, P, Y, X)``, and whose targets are those of the sections."""

    sections: list[Tensor]
    crops: int

    def draw(self, number: int) -> Batch:
        """The batch of that number, whatever was drawn before."""
        source = torch.Generator().manual_seed(seed_of(self.seed, number, DRAWS))
        edge, mine = self.structures.size[0], slice(self.rank, None, self.processes)
        chosen = torch.randint(len(self.sections), (self.crops,), generator=source).tolist()
        places = torch.rand((self.crops, 2), generator=source).tolist()
        cut = [_crop(self.sections[which], place, edge) for which, place in zip(chosen, places, strict=True)]
        ways = torch.randint(self.structures.symmetries, (self.crops,), generator=source)
        real = one_hot(turned(torch.stack(cut), ways), len(self.structures.grid.phases), self.device).squeeze(2)
        blend = torch.rand((self.crops, 1, 1, 1), generator=source).to(self.device)
        noises = torch.randn((2, self.batch, *self.noise_shape), generator=source)[:, mine].to(self.device)
        return Batch(real, noises.new_zeros((noises.shape[1], 0)), self.targets, noises, blend)


def _crop(labels: Tensor, place: Any, edge: int) -> Tensor:
    first, second = (int(share * (side - edge + 1)) for share, side in zip(place, labels.shape, strict=True))
    return labels[None, first : first + edge, second : second + edge]
