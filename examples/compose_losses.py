"""Compose losses by name, and see why the relaxation matters.

The field below has pore probability 0.3 at every voxel, and the target pore fraction is 0.3: on soft probabilities the
volume fractions are met exactly. The structure that it decodes to holds no pore at all.
"""

from pathlib import Path

import torch

import porenet

RUN = Path(__file__).with_name("run.toml")


def main() -> None:
    """Print each term on the soft and on the decoded field, and where the gradient goes."""
    objective = porenet.Objective.from_run(RUN)
    vf = torch.tensor([[0.36, 0.34, 0.30]])
    logits = vf.log().view(1, 3, 1, 1, 1).repeat(1, 1, 16, 16, 16).requires_grad_()

    print(f"\n{RUN.name}: the same field, p = (0.36, 0.34, 0.30) at every voxel, shown to the losses in two ways")
    for relax in ("soft", "straight_through"):
        terms = [{"loss": term.component.spec.name, "params": term.params} for term in objective.terms]
        variant = porenet.Objective(objective.grid, terms, relax=relax)
        _, values = variant(logits.softmax(dim=1), {"vf": vf})
        print(f"  {relax:<17}" + "".join(f"{label} = {value:.4f}   " for label, value in values.items()))

    total, _ = objective(logits.softmax(dim=1), {"vf": vf})
    total.backward()
    print("  mean gradient at the logits, straight-through (descent goes against it):")
    for phase, gradient in zip(objective.grid.phases, logits.grad.mean(dim=(0, 2, 3, 4)).tolist(), strict=True):
        print(f"    {phase:<5} {gradient:+.4f}  {'less' if gradient > 0 else 'more'} of it")
    print()


if __name__ == "__main__":
    main()
