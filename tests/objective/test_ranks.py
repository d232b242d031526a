"""Terms that read the whole batch, over two processes: the gradient is that of one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("porenet_statistics")

RANK = """
import sys
import torch
import torch.distributed as distributed
from torch.nn.parallel import DistributedDataParallel
import porenet
from porenet.errors import InputError
from porenet.objective import ranks
from porenet.targets import Targets

torch.set_num_threads(1)
rank, folder = int(sys.argv[1]), sys.argv[2]
grid = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
spread = {"descriptor": "ssa", "params": {"estimator": "faces"}}
terms = {"distribution": spread, "vf": 1}


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv3d(2, 3, 3, padding=1), torch.nn.Softmax(dim=1)).double()


def gradient(net, noise, targets, **options):
    objective = porenet.Objective(grid, terms, relax="soft", **options)
    objective(net(noise), targets)[0].backward()
    return torch.cat([parameter.grad.flatten() for parameter in net.parameters()])


noise = torch.randn(6, 2, 5, 5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
real = torch.randint(0, 3, (5, 5, 5, 5), generator=torch.Generator().manual_seed(2))
values = porenet.Objective(grid, terms).targets_of(real)
aims = {"distribution": values["distribution"].double(), "vf": torch.full((6, 3), 1 / 3, dtype=torch.float64)}
targets = Targets(aims, whole={"distribution"})


def balanced(net, noise, targets, steps=2):
    # Norms and the gradient of the generator, when the objective is balanced against another loss.
    objective = porenet.Objective(grid, terms, relax="soft")
    for number in range(steps):
        field = net(noise)
        balance = objective.balanced(field, (number + 1) * field.square().sum() / len(field), targets)
    field.backward(balance.gradient)
    norms = torch.stack([balance.other_norm, balance.objective_norm, balance.scale])
    return norms, torch.cat([parameter.grad.flatten() for parameter in net.parameters()])


alone = gradient(network(), noise, targets)
expected = balanced(network(), noise, targets)

distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
rows = slice(3 * rank, 3 * rank + 3)


def error(**options):
    together = gradient(DistributedDataParallel(network()), noise[rows], targets.rows(rows), **options)
    return float((together - alone).norm() / alone.norm())


assert error() < 1e-6, error()
assert error(check_every=0) < 1e-6
assert error(gather=False) > 0.01

together = balanced(DistributedDataParallel(network()), noise[rows], targets.rows(rows))
assert all(torch.allclose(*pair, rtol=1e-6) for pair in zip(expected, together, strict=True)), (expected, together)

loss = porenet.create_loss("distribution", grid, **spread)
field = network()(noise).detach()
leaf = field[rows].clone().requires_grad_()
by_descriptor = ranks.value_over_ranks(loss, leaf, targets)
assert torch.equal(by_descriptor, loss(field, targets))


class OfFields(torch.nn.Module):
    def forward(self, field, targets):
        return loss(field, targets)


by_field = ranks.value_over_ranks(OfFields(), leaf, targets)
assert torch.equal(by_field, by_descriptor)
gradients = [torch.autograd.grad(value, leaf)[0] for value in (by_descriptor, by_field)]
assert torch.allclose(*gradients, rtol=1e-9, atol=1e-15)

objective = porenet.Objective(grid, terms, relax="soft")
try:
    objective(network()(noise[: 3 - rank]), targets.rows(slice(0, 3 - rank)))
except InputError as refusal:
    assert "batches of 3, 2 samples on ranks 0 to 1" in str(refusal)
else:
    raise SystemExit("unequal batches were not refused")
if rank == 0:  # to evaluate, a rank waits for no other
    objective.gaps(field, targets)
    with torch.no_grad():
        objective(field, targets)
distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_ranks_have_the_gradient_of_one_process(tmp_path):
    script = tmp_path / "rank.py"
    script.write_text(RANK)
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "plugins"), os.environ.get("PYTHONPATH", "")])
    both = [
        subprocess.Popen(
            [sys.executable, script, str(rank), str(tmp_path)],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in (0, 1)
    ]
    try:
        outputs = [process.communicate(timeout=120)[0] for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0], "\n".join(outputs)
