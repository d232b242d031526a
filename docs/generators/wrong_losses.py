"""Losses that are wrong on purpose, each in one way; importing this module registers them."""

import torch
from torch import nn

import porenet


@porenet.register(unit="1", reads="straight_through")
class Severed(nn.Module):
    """Squared distance of the pore fraction of the decoded structure from a share."""

    def __init__(self, grid, *, share: float = 0.3):
        super().__init__()
        self.channel, self.share = grid.index("pore"), share

    def forward(self, probabilities, targets):
        structure = probabilities.argmax(dim=1) == self.channel
        dtype = torch.promote_types(probabilities.dtype, torch.float32)
        fraction = structure.to(dtype).mean(dim=(1, 2, 3))
        return (fraction.requires_grad_() - self.share) ** 2


@porenet.register(unit="1", reads="straight_through", needs=("vf",))
class ByNumber(nn.Module):
    """Squared distance of the mean pore probability from its target."""

    def __init__(self, grid):
        super().__init__()

    def forward(self, probabilities, targets):
        dtype = torch.promote_types(probabilities.dtype, torch.float32)
        return (probabilities[:, 2].mean(dim=(1, 2, 3), dtype=dtype) - targets["vf"][:, 2]) ** 2


@porenet.register(unit="1", reads="straight_through")
class OverTheBatch(nn.Module):
    """Squared distance of the mean pore probability from a share."""

    def __init__(self, grid, *, share: float = 0.3):
        super().__init__()
        self.channel, self.share = grid.index("pore"), share

    def forward(self, probabilities, targets):
        dtype = torch.promote_types(probabilities.dtype, torch.float32)
        fraction = probabilities[:, self.channel].mean(dim=(1, 2, 3), dtype=dtype)
        return ((fraction - self.share) ** 2).mean()


@porenet.register(unit="1", reads="straight_through")
class InPlace(nn.Module):
    """Mean squared distance of the pore probability from a share."""

    def __init__(self, grid, *, share: float = 0.3):
        super().__init__()
        self.channel, self.share = grid.index("pore"), share

    def forward(self, probabilities, targets):
        pore = probabilities[:, self.channel]
        pore -= self.share
        return (pore.to(torch.promote_types(pore.dtype, torch.float32)) ** 2).mean(dim=(1, 2, 3))


@porenet.register(unit="1", reads="straight_through")
class Sampled(nn.Module):
    """Squared distance of the mean pore probability of some voxels from a share."""

    def __init__(self, grid, *, share: float = 0.3, voxels: int = 8):
        super().__init__()
        self.channel, self.share, self.voxels = grid.index("pore"), share, voxels

    def forward(self, probabilities, targets):
        pore = probabilities[:, self.channel].flatten(1)
        chosen = torch.randint(pore.shape[1], (self.voxels,))
        dtype = torch.promote_types(pore.dtype, torch.float32)
        return (pore[:, chosen].mean(dim=1, dtype=dtype) - self.share) ** 2
