"""The law of losses on fields of a single layer, in which nothing leads from face to face."""

from __future__ import annotations

import numpy as np
import torch

from porenet.errors import InputError
from porenet.interface import AXES, Volume, thin_along
from porenet.testing.case import Case
from porenet.testing.fields import one_hot

SHAPE = (3, 4, 5)


def single_layers_are_refused_where_the_twin_is_undefined(case: Case) -> None:
    """A loss whose twin is undefined along a single layer refuses fields of one, by its attribute ``crossed_axes``."""
    if case.twin is None:
        raise InputError(f"the loss names the twin {case.spec.twin!r}", where=str(case), fix="Give Case(twin=Spec).")
    grid = case.grid()
    loss = case.loss(grid)
    for number, axis in enumerate(AXES):
        shape = (*SHAPE[:number], 1, *SHAPE[number + 1 :])
        labels = np.random.default_rng(number).integers(len(case.phases), size=shape, dtype=np.uint8)
        measured = case.twin.resolve()(Volume(labels, grid), **getattr(loss, "twin_params", {}))
        thin = thin_along(grid, shape, (axis,))
        keys = getattr(loss, "twin_keys", measured)
        if not hasattr(loss, "descriptor") or thin not in map(measured.get, keys):
            continue
        try:
            loss.descriptor(one_hot(torch.as_tensor(labels, dtype=torch.int64)[None], len(case.phases)))
        except InputError:
            continue
        case.expect(
            False,
            f"describes a structure of a single layer along {axis}, of which the metric {case.spec.twin} says "
            f"{thin.reason if thin else ''!r}; set self.crossed_axes = ({axis!r},)",
        )
