"""Face hinge: how far a phase falls short on the faces of the box that it must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Ge, Le, MinLen
from torch import Tensor, nn

from porenet.interface import Face, Grid, InputError, Phase, faces_of, layer_of

BOTH_ENDS: tuple[Face, ...] = faces_of("z")


def face_deficit(probabilities: Tensor, channel: int, faces: tuple[Face, ...], margin: float) -> Tensor:
    """Mean over the faces of the mean over their voxels of ``ReLU(strongest other phase - p + margin)``.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
        channel: channel of the phase, 0 to P - 1.
        faces: outer layers of the array, at least one.
        margin: by which the phase must lead, dimensionless.

    Returns:
        ``(B,)``, dimensionless, 0 to 1 + margin, at least float32.
    """
    deficits = []
    for layer in _layers(probabilities, faces):
        # Copies of one layer are small; a mask of -inf would be as large as the field.
        rivals = torch.cat([layer[:, :channel], layer[:, channel + 1 :]], dim=1).amax(dim=1)
        deficits.append(torch.relu(rivals - layer[:, channel] + margin).mean(dim=(1, 2)))
    return torch.stack(deficits, dim=1).mean(dim=1)


def face_fractions(probabilities: Tensor, channel: int, faces: tuple[Face, ...]) -> Tensor:
    """Mean over the voxels of each face of the phase's probability.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
        channel: channel of the phase, 0 to P - 1.
        faces: outer layers of the array, at least one.

    Returns:
        ``(B, faces)``, dimensionless, 0 to 1, at least float32; on one-hot fields the area fractions of the phase.
    """
    return torch.stack([layer[:, channel].mean(dim=(1, 2)) for layer in _layers(probabilities, faces)], dim=1)


class FaceHinge(nn.Module):
    r"""Penalty on faces of the box that a phase does not fill, per voxel or by area fraction.

    Without ``target`` it is the published form (https://github.com/Fangedan/GAN-PH), a mean over faces and their
    voxels:

    .. math:: L = \langle \max(0, \max_{k \ne c} p_k(v) - p_c(v) + m) \rangle_{v \in F}

    With ``target`` it is a hinge on the area fraction, which leaves room for the other phases:

    .. math:: L = \langle \max(0, t - \langle p_c \rangle_{v \in f}) \rangle_f

    Known defects. The published form is zero only where the whole face is this phase: on a structure it is
    (1 + m)(1 - a), with a the phase's share of the faces. So hinges of two phases on one face cannot both be met, and
    both oppose the volume fractions: one phase gains the face by cutting off the others. An ablation that put it on Ni,
    which percolated already, lowered Ni's S-value from 0.905 to 0.752. With ``target`` it can be met, like every mean
    of probabilities, without a voxel of the phase (0.3 everywhere meets a target of 0.3), so run it with
    ``relax = "straight_through"``. Both read the face only, not whether a channel lies behind it.

    Args:
        grid: the phases.
        phase: the phase that must hold the faces.
        faces: the faces; at least one, each once. On a periodic axis they are the layers at the ends of the array,
            because percolation along an axis is judged with that axis open.
        margin: lead over the strongest other phase that every voxel of the faces must have; has no effect with
            ``target``.
        target: least area fraction of the phase on each face, 0 to 1; none for the published form.

    Raises:
        InputError: a face is named twice, or the grid has no such phase.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase: Phase,
        faces: Annotated[tuple[Face, ...], MinLen(1)] = BOTH_ENDS,
        margin: Annotated[float, Ge(0)] = 0.05,
        target: Annotated[float, Ge(0), Le(1)] | None = None,
    ) -> None:
        super().__init__()
        if len(set(faces)) < len(faces):
            raise InputError(f"each face can be named once, not {list(faces)}", where="faces")
        self.phase, self.faces, self.margin, self.target = phase, faces, margin, target
        self.channel = grid.index(phase)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Area fractions of the phase, ``(B, faces)`` in the order of ``faces``, dimensionless."""
        return face_fractions(probabilities, self.channel, self.faces)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read; the target is a parameter.

        Returns:
            ``(B,)``, dimensionless, 0 to ``1 + margin``, or 0 to ``target``.
        """
        if self.target is None:
            return face_deficit(probabilities, self.channel, self.faces, self.margin)
        return torch.relu(self.target - self.descriptor(probabilities)).mean(dim=1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        form = f"margin={self.margin}" if self.target is None else f"target={self.target}"
        return f"phase={self.phase!r}, faces={self.faces!r}, {form}"


def _layers(field: Tensor, faces: tuple[Face, ...]) -> list[Tensor]:
    """The layer ``(B, P, ., .)`` at each face, at least float32."""
    dtype = torch.promote_types(field.dtype, torch.float32)
    # Both ends of an axis in one view: going backward, each view of the field is filled up to a field of zeros.
    ends = []
    for axis in (2, 3, 4):
        across = slice(None, None, max(field.shape[axis] - 1, 1))
        ends.append(field[(*[slice(None)] * axis, across)])
    layers = []
    for face in faces:
        axis, end = layer_of(face)
        layers.append(ends[axis].select(2 + axis, end).to(dtype))
    return layers
