"""The example on the page of a component, run here, with what it prints."""

from __future__ import annotations

import contextlib
import io

from component_cases import params_of, telling_key

from porenet.commands import listing
from porenet.registry import Component
from porenet.synthetic import plurigaussian

STRUCTURE = """\
from porenet.synthetic import plurigaussian
{name}, _ = plurigaussian(({side},) * 3, voxel_um=0.1, length_um=0.3, thresholds=(0.25, 0), seed=3)
"""
METRIC = """\
import porenet
{structure}
values = porenet.metrics.{call}
print(f"{{values['{key}']:.4g}}")
"""
LOSS = """\
import porenet, torch
{structure}
_ = torch.manual_seed(0)
logits = torch.randn(1, 3, 16, 16, 16, requires_grad=True)
loss = porenet.losses.{call}
value = loss(logits.softmax(dim=1){target})
{rest}
"""
GRADIENT = """\
value.backward()
print(f"{value:.3g}, steepest slope {logits.grad.abs().max():.1g}")"""
NO_GRADIENT = """\
print(f"{value:.3g}")
value.backward()
print(logits.grad)"""
SCORE = """\
import numpy as np, porenet
real, generated = np.random.default_rng(0).normal((1.0, 1.1), 0.1, (50, 2)).T
print(f"{{porenet.create_score('{name}')(real, generated).value:.3f}}")
"""
SIDES = {"metric": 24, "loss": 16}


def example(component: Component) -> str:
    """A fenced block: a session whose output is what the code prints."""
    spec = component.spec
    if spec.kind == "score":
        return _session(SCORE.format(name=spec.name))
    required = listing.full_data(component)["parameters"].get("required", ())
    params = {name: _code(value) for name, value in params_of(component).items() if name in required}
    long = {name: value for name, value in params.items() if len(value) > 20}
    arguments = "".join(f", {name}={name if name in long else value}" for name, value in params.items())
    before = "\n".join(f"{name} = {value}" for name, value in long.items())
    if spec.kind == "metric":
        structure = STRUCTURE.format(name="volume", side=SIDES["metric"]) + before
        call, key = f"{spec.name}(volume{arguments})", telling_key(_keys(component))
        return _session(METRIC.format(structure=structure, call=call, key=key))
    return _session(
        LOSS.format(
            structure=STRUCTURE.format(name="real", side=SIDES["loss"]) + before,
            call=f"{spec.name}(real.grid{arguments})",
            target=", torch.tensor(real.labels)[None]" if spec.needs else "",
            rest=NO_GRADIENT if "severed" in spec.name else GRADIENT,
        )
    )


def _keys(component: Component) -> list[str]:
    volume, _ = plurigaussian((12,) * 3, voxel_um=0.1, length_um=0.2, fractions=(0.4, 0.3, 0.3), seed=0)
    return list(component.load()(volume, **params_of(component)))


def _code(value: object) -> str:
    """A value as it is written in Python, with the quotes of these docs."""
    return repr(value).replace("'", '"')


def _session(code: str) -> str:
    """Code as typed at a prompt, and below it what it prints."""
    lines = [line for line in code.splitlines() if line]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile("\n".join(lines), "example", "exec"), {"__name__": "example"})
    typed = [("... " if line.startswith(" ") else ">>> ") + line for line in lines]
    printed = output.getvalue().splitlines()
    # In a session each print shows its line at once: all prints but the last are not at the end.
    for place in [number for number, line in enumerate(typed) if line.startswith(">>> print(")][::-1]:
        typed.insert(place + 1, printed.pop())
    return "\n".join(["```pycon", *typed, "```"])
