"""Differentiable effective conductivity: one solve per sample gives the value and all of its derivatives.

The problem is its own adjoint: with the potential u at hand, the derivative of the effective conductivity with respect
to a link between two cells is (u_i - u_j)^2. On a CPU in float32 each sample goes through the compiled solver of the
metric, in threads over the batch; in float64 and on other devices all samples go through
`porenet_transport.solver.batch` at once, as they do everywhere with ``PORENET_FUSED=0`` in the environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from porenet.fused import in_threads, loops_run_on
from porenet.interface import AXES, Axis
from porenet.slopes import with_slope
from porenet_transport.solver.batch import conduct_batch
from porenet_transport.solver.batch_system import slopes_of

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-13}
"""Limit of the relative error of the value in torch. In float64 it is meant to be exact."""
SETTLED = {torch.float32: 0.02, torch.float64: None}
"""Limit of the change of derivatives in the last steps in torch, see `porenet_transport.solver.batch.conduct_batch`.
With it derivatives differ from the exact ones by 0.06 % in the median, 1.4 % in the 99th percentile and 2 % at most
(Euclidean norm over a volume, the volumes of `COMPILED_TOLERANCE`), and values by 6e-8 in the median and 1.3e-4 at
most."""
COMPILED_TOLERANCE = 1e-4
"""Likewise of the compiled solver, in float32, which moreover goes on until the derivatives have settled
(`porenet_transport.solver.samples.SETTLED`) and makes a last step: values are right to 3e-7 in the median and 1.2e-5 at
most, derivatives to 0.1 % in the median, 2.3 % in the 99th percentile and 2.9 % at most of their norm (317 volumes of
12^3 to 24^3, noise, rounded features, channels and real phases, kmin 1e-2 to 1e-7, against a factorisation in float64).
The energy alone at 1e-7 took a third more steps, and left derivatives of one of the volumes 12 % off."""
MAX_STEPS = {torch.float32: 300, torch.float64: 1000}
"""Steps after which a sample is left as it is. Phases of real volumes take 5 to 40 in float32; what hardly percolates
takes more, white noise at the threshold 193 at 64^3."""
GRAIN = 2**12
"""Voxels below which a thread of its own costs more than it saves."""

ARGUMENTS = "int axis, float[] voxel_um, bool[] periodic"


def effective_conductivity(
    cells: Tensor,
    *,
    axis: Axis = "z",
    voxel_um: tuple[float, float, float] = (1.0, 1.0, 1.0),
    periodic: tuple[bool, bool, bool] = (False, False, False),
) -> tuple[Tensor, Tensor]:
    """Effective conductivity of volumes from one face of an axis to the other, with its derivative per voxel.

    As `porenet_transport.solver.one_volume.conduct` with the potentials on the outer faces. It can be differentiated
    once.

    Args:
        cells: ``(B, Z, Y, X)``, conductivity of each voxel, above 0, any unit, float32 or float64.
        axis: axis along which the potential drops; taken as open.
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.
        periodic: per axis (z, y, x), whether the volume wraps.

    Returns:
        Effective conductivity ``(B,)``, in the unit and dtype of the cells, and its derivatives with respect to theirs,
        ``(B, Z, Y, X)``, dimensionless, >= 0, detached.
    """
    value, slopes = _solve_with_slope(cells, AXES.index(axis), voxel_um, periodic)
    return value, slopes.detach()


@torch.library.custom_op(
    "porenet::effective_conductivity", mutates_args=(), schema=f"(Tensor cells, {ARGUMENTS}) -> (Tensor, Tensor)"
)
def _solve(cells: Tensor, axis: int, voxel_um: Sequence[float], periodic: Sequence[bool]) -> tuple[Tensor, Tensor]:
    order = (axis, *(other for other in range(3) if other != axis))
    turned = cells.detach().movedim(1 + axis, 1).contiguous()
    along, first, second = (voxel_um[place] for place in order)
    wraps = (periodic[order[1]], periodic[order[2]])
    if loops_run_on(cells.device.type) and cells.dtype == torch.float32:
        values, slopes = _compiled(turned, (along, first, second), wraps)
    else:
        weights = (1.0, (along / first) ** 2, (along / second) ** 2)
        solved = conduct_batch(
            turned,
            weights=weights,
            periodic=wraps,
            tolerance=TOLERANCE[cells.dtype],
            max_steps=MAX_STEPS[cells.dtype],
            settled=SETTLED[cells.dtype],
        )
        values, slopes = solved.conductivity.to(cells.dtype), slopes_of(turned, solved.potential, weights, wraps)
    return values, slopes.movedim(1, 1 + axis).contiguous()


def _compiled(cells: Tensor, voxel_um: tuple[float, float, float], wraps: tuple[bool, bool]) -> tuple[Tensor, Tensor]:
    from porenet_transport.solver.samples import conduct_samples

    volumes, derivatives, values = cells.numpy(), torch.empty_like(cells), cells.new_empty(len(cells))

    def run(start: int, stop: int) -> None:
        conduct_samples(
            volumes,
            range(start, stop),
            voxel_um,
            wraps,
            (COMPILED_TOLERANCE, MAX_STEPS[torch.float32]),
            values.numpy(),
            derivatives.numpy(),
        )

    samples, threads = len(cells), torch.get_num_threads()  # a sample is a part: some take many more steps than others
    in_threads(run, samples, voxels=cells.numel(), grain=GRAIN, threads=threads, parts=samples)
    return values, derivatives


@torch.library.custom_op(
    "porenet::effective_conductivity_gradient", mutates_args=(), schema="(Tensor scale, Tensor slopes) -> Tensor"
)
def _gradient(scale: Tensor, slopes: Tensor) -> Tensor:
    return scale.view(-1, 1, 1, 1) * slopes


@_solve.register_fake
def _(cells: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    return cells.new_empty(len(cells)), torch.empty_like(cells, memory_format=torch.contiguous_format)


@_gradient.register_fake
def _(_scale: Tensor, slopes: Tensor) -> Tensor:
    return torch.empty_like(slopes)


_solve_with_slope = with_slope(
    _solve,
    _gradient,
    reads=lambda _, outputs: outputs[1:],
    refusal="an effective conductivity can be differentiated once; its gradient cannot",
)
