"""The tables and the picture of soft-and-hard.md: what losses say of a field and of the structure it decodes to."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

import porenet
from porenet.errors import FooledTerm
from porenet.synthetic import plurigaussian

PICTURE = Path(__file__).parents[1] / "pictures" / "soft_and_hard.svg"
GRID = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
FRACTIONS = (0.36, 0.34, 0.30)
SIDE = 24
SHOWN = ("soft", "sharpen(0.5)", "sharpen(0.1)", "gumbel(0.5)", "straight_through")
PORE = {"phase": "pore"}
TERMS = (
    {"loss": "vf"},
    {"loss": "ssa"},
    {"loss": "tpb"},
    {"loss": "tpb_proxy", "weight": 1, "params": {"target": 0.03}},
    {"loss": "isolation", "params": PORE},
    {"loss": "slice_floor", "weight": 1, "params": PORE | {"floor": 0.25}},
    {"loss": "face_hinge", "label": "face_hinge, per voxel", "params": PORE},
    {"loss": "face_hinge", "label": "face_hinge, target 0.25", "params": PORE | {"target": 0.25}},
)


def structure() -> Tensor:
    """A plurigaussian electrode, labels ``(1, Z, Y, X)``: where the targets come from."""
    volume, _ = plurigaussian((SIDE,) * 3, voxel_um=(0.1,) * 3, length_um=0.4, fractions=FRACTIONS, seed=3)
    return torch.tensor(volume.labels)[None].long()


def undecided() -> Tensor:
    """The fixture: the same probabilities at every voxel, the pore never the largest."""
    return torch.tensor(FRACTIONS).view(1, 3, 1, 1, 1).expand(1, 3, SIDE, SIDE, SIDE)


def losses() -> str:
    """One row a loss: what it says of the undecided field, as each relaxation shows it."""
    objective = porenet.Objective(GRID, TERMS)
    targets = dict(objective.targets_of(structure())) | {"vf": torch.tensor([FRACTIONS])}
    torch.manual_seed(0)
    columns = [objective.values(undecided(), targets, as_read=name) for name in SHOWN]
    rows = [
        f"| `{label.partition(',')[0]}`{label.partition(',')[1]}{label.partition(',')[2]} | "
        + " | ".join(_number(column[label].item()) for column in columns)
        + " |"
        for label in columns[0]
    ]
    head = ["| loss | " + " | ".join(f"`{name}`" for name in SHOWN) + " |", "| --- |" + " --- |" * len(SHOWN)]
    return "\n".join((*head, *rows))


def training(relax: str, steps: int = 400) -> list[tuple[int, float, float, float]]:
    """Steps, soft and hard value of ``vf``, and pore in the argmax, of a field that is trained on ``vf`` alone."""
    objective = porenet.Objective(GRID, [{"loss": "vf"}], relax=relax)
    # A field that varies smoothly in space, as a generator's does, and starts with little pore.
    coarse = torch.randn(1, 3, 6, 6, 6, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(coarse, size=(SIDE,) * 3, mode="trilinear")
    bias = torch.tensor([0.0, 0.0, -1.0]).view(1, 3, 1, 1, 1).requires_grad_()
    scale = torch.tensor(0.2).requires_grad_()
    targets = {"vf": torch.tensor([FRACTIONS])}
    optimiser = torch.optim.Adam([bias, scale], lr=0.02)
    found = []
    for step in range(steps + 1):
        field = (bias + scale * smooth).softmax(dim=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FooledTerm)
            gap = objective.gaps(field, targets)["vf"]
        found.append((step, gap.soft, gap.hard, (field.argmax(dim=1) == 2).float().mean().item()))
        total, _ = objective(field, targets, step)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    return found


def trained() -> str:
    """One row a relaxation: where training on ``vf`` alone ends."""
    head = "| trained with | `vf` on probabilities | `vf` on the argmax | pore in the argmax |"
    rows = [head, "| --- |" + " --- |" * 3]
    for relax in ("soft", "sharpen(0.1)", "straight_through"):
        _, soft, hard, pore = training(relax)[-1]
        rows.append(f"| `{relax}` | {_number(soft)} | {_number(hard)} | {pore:.3f} |")
    return "\n".join(rows)


def _number(value: float) -> str:
    return "0" if value < 5e-5 else f"{value:.4f}"


def main() -> None:
    """Draw the picture: the same loss, the same start, shown the field in two ways."""
    import matplotlib.pyplot as plt

    from docs.pictures import themed_svg
    from porenet.interface.phase_colours import colours_of

    themed_svg.begin()
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
    for axes, relax in zip(panels, ("soft", "straight_through"), strict=True):
        steps, soft, hard, pore = zip(*training(relax), strict=True)
        axes.plot(steps, soft, color="#d9631e", label="vf on the probabilities")
        axes.plot(steps, hard, color="#2f9be0", linestyle="--", label="vf on the argmax")
        axes.plot(steps, pore, color=colours_of(GRID.phases)[2], linestyle=":", label="pore in the argmax")
        axes.axhline(FRACTIONS[2], color="#888888", linewidth=0.8)
        axes.set(title=f'relax = "{relax}"', xlabel="step")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False)
    themed_svg.save(figure, PICTURE)


if __name__ == "__main__":
    main()
