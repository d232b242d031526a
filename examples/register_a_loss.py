"""Register a loss of your own, without a package: in a notebook or a script.

The loss drives the contact area of two phases' channels with a face of the box, which porenet has no loss for: how much
of the current collector at z = 0 is covered by Ni. It is checked by the same laws as porenet's own, composed by name
beside them, and audited.
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

import porenet
from porenet.interface import Face, Grid, Phase
from porenet.testing import Case, laws_for

AXIS = {"z": 2, "y": 3, "x": 4}


def covered(field: Tensor, face: Face) -> Tensor:
    """Share of a face that each phase covers.

    Args:
        field: ``(B, P, Z, Y, X)``, dimensionless.
        face: of the box.

    Returns:
        ``(B, P)``, dimensionless.
    """
    axis, end = face.split("_")
    layer = field.select(AXIS[axis], 0 if end == "min" else -1)
    return layer.mean(dim=(2, 3), dtype=torch.promote_types(field.dtype, torch.float32))


class Contact(nn.Module):
    """Squared distance of a phase's share of a face from what is wanted, dimensionless."""

    def __init__(
        self, grid: Grid, *, phase: Phase, face: Face = "z_min", share: Annotated[float, Ge(0), Le(1)] = 0.4
    ) -> None:
        super().__init__()
        self.channel, self.face, self.share = grid.index(phase), face, share

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """``(B,)``, dimensionless, >= 0."""
        return (covered(probabilities, self.face)[:, self.channel] - self.share).square()


SPEC = porenet.Spec(
    api=1,
    kind="loss",
    name="contact",
    target=f"{__name__}:Contact",
    summary="Squared distance of a phase's share of a face from what is wanted.",
    unit="1",
    weight=100,
    tolerance=1e-4,  # off by 0.01
    deviations={
        "not_met_by_flat_probabilities": "a share is a density, which probabilities can have without the structure"
    },
)


def main() -> None:
    """Register it, hold it to the laws, compose it, look where its gradient goes."""
    porenet.register(SPEC)

    laws = laws_for(Case(SPEC, params={"phase": "Ni", "share": 0.3}))
    for check in laws.values():
        check()
    print(f"{SPEC.name} obeys {len(laws)} laws, one of them by a declared deviation")

    grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
    rows = [{"loss": "vf"}, {"loss": "contact", "params": {"phase": "Ni"}}]
    objective = porenet.Objective(grid, rows)
    logits = torch.zeros(1, 3, 12, 12, 12) + 0.1 * torch.randn(3, 12, 12, 12, generator=torch.manual_seed(0))
    logits.requires_grad_()
    targets = {"vf": torch.tensor([[0.36, 0.34, 0.30]])}
    optimiser = torch.optim.Adam([logits], lr=0.02)
    for step in range(101):
        total, terms = objective(logits.softmax(dim=1), targets, step)
        if step % 50 == 0:
            print(f"step {step:>3}: " + ", ".join(f"{label} = {value:.4f}" for label, value in terms.items()))
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    labels = logits.argmax(dim=1)
    print(f"Ni covers {(labels[0, 0] == 0).float().mean():.2f} of z = 0; 0.40 was wanted")


if __name__ == "__main__":
    main()
