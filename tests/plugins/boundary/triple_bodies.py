"""Structures with a triple line of known length, for the tests of what reads such lines."""

import numpy as np
import torch


def decoded(labels, phases=3, dtype=torch.float64):
    """A structure as a one-hot field of one sample."""
    one_hot = torch.nn.functional.one_hot(torch.tensor(np.asarray(labels), dtype=torch.int64), phases)
    return one_hot.movedim(-1, 0)[None].to(dtype)


def tee(side=24):
    """Three phases that meet on a straight line along z through the middle, at 180, 90 and 90 degrees."""
    labels = np.zeros((side,) * 3, np.uint8)
    labels[:, side // 2 :, : side // 2], labels[:, side // 2 :, side // 2 :] = 1, 2
    return labels


def cut(gap, side=24, at=12):
    """The same, and Ni cut by a slab of YSZ, so many slices thick."""
    labels = tee(side)
    slab = labels[at : at + gap]
    slab[slab == 0] = 1
    return labels
