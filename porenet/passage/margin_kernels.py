"""The loops behind the lead of a phase: its value, and the way of its gradient back to all phases."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np

from porenet.kernels import inner, kernel

VOXELS = 1024
"""Voxels that are worked on at a time, all phases of them: they stay in the nearest cache."""


@inner(error_model="numpy")
def strongest(field, sample, channel, first, stop, rivals):
    """Write the largest value of the other phases, NaN where one of them is, of some voxels of a sample."""
    begun = False
    for phase in range(field.shape[1]):
        if phase == channel:
            continue
        values = field[sample, phase, first:stop]
        for i in range(stop - first):
            value = values[i]
            # Written so that NaN stays: it is not below, and nothing is above it.
            rivals[i] = value if not begun or value > rivals[i] or value != value else rivals[i]
        begun = True


@kernel(error_model="numpy")
def lead(field, channel, start, stop, margin):
    """Write the lead of a phase.

    Args:
        field: ``(B, P, N)``, C order.
        channel: of the phase.
        start: first sample.
        stop: one past the last.
        margin: ``(B, N)``, written.
    """
    voxels = field.shape[2]
    for sample in range(start, stop):
        for first in range(0, voxels, VOXELS):
            last = first + VOXELS if first + VOXELS < voxels else voxels
            own, out = field[sample, channel, first:last], margin[sample, first:last]
            strongest(field, sample, channel, first, last, out)
            for i in range(last - first):
                out[i] = own[i] - out[i]


@kernel(error_model="numpy")
def send_back(field, gradient, channel, start, stop, back):
    """Write the gradient of a field: all of it on the phase, less on its strongest rivals, in even parts.

    Args:
        field: ``(B, P, N)``, C order.
        gradient: ``(B, N)``, of the lead.
        channel: of the phase.
        start: first sample.
        stop: one past the last.
        back: ``(B, P, N)``, written.
    """
    phases, voxels = field.shape[1:]
    rivals, parts = np.empty(VOXELS, field.dtype), np.empty(VOXELS, field.dtype)
    unit, none = field.dtype.type(1), field.dtype.type(0)
    for sample in range(start, stop):
        for first in range(0, voxels, VOXELS):
            last = first + VOXELS if first + VOXELS < voxels else voxels
            size, of_margin = last - first, gradient[sample, first:last]
            strongest(field, sample, channel, first, last, rivals)
            for i in range(size):
                parts[i] = none
            for phase in range(phases):
                if phase != channel:
                    values = field[sample, phase, first:last]
                    for i in range(size):
                        parts[i] += unit if values[i] == rivals[i] else none
            own = back[sample, channel, first:last]
            for i in range(size):
                own[i] = of_margin[i]
            for i in range(size):
                parts[i] = -of_margin[i] / parts[i]
            for phase in range(phases):
                if phase != channel:
                    values, out = field[sample, phase, first:last], back[sample, phase, first:last]
                    for i in range(size):
                        out[i] = parts[i] if values[i] == rivals[i] else none
