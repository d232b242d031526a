"""Wrong losses, and what ``porenet check`` says of each, for the page on writing a loss (cog)."""

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("wrong_losses.py")
RUN = "import wrong_losses; from porenet.cli import main; main(prog_name='porenet')"


@dataclass(frozen=True)
class WrongLoss:
    """A class of ``wrong_losses``.

    Attributes:
        name: of the class.
        title: what is wrong, as a heading.
        first_cause: the law that ``porenet check`` names first.
        text: why it is wrong, and what to write.
    """

    name: str
    title: str
    first_cause: str
    text: str

    @property
    def registered(self) -> str:
        """Name of the loss."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()


WRONG = (
    WrongLoss(
        "Severed",
        "A gradient that does not arrive",
        "gradient_reaches_logits",
        """\
The value is right, `loss.requires_grad` is true, and nothing trains: `argmax` has no gradient, and `requires_grad_()`
starts a new graph behind it. The published surface-area loss was of this kind. Read the probabilities; the decoded
structure comes from the objective, with a gradient (`reads="straight_through"`).""",
    ),
    WrongLoss(
        "ByNumber",
        "A phase by its number",
        "phases_may_be_reordered",
        """\
It works on the grid of whoever wrote it. On a grid with its phases in another order it drives another phase, towards
the target of that phase. `grid.index("pore")` is the channel, of fields and of `targets["vf"]`.""",
    ),
    WrongLoss(
        "OverTheBatch",
        "A mean over the batch",
        "one_value_per_sample",
        """\
The average is the objective's, which weights the samples and reports each value. Return `(B,)`.""",
    ),
    WrongLoss(
        "InPlace",
        "A field changed in place",
        "inputs_are_untouched",
        """\
`pore` is a view of the field: `-=` changes what the other terms read, and the next call gives another value. So nearly
every law is broken, and the first cause stands first. Write `pore = pore - self.share`.""",
    ),
    WrongLoss(
        "Sampled",
        "Voxels drawn at random",
        "random_state_is_untouched",
        """\
It draws from the generator of the whole training, which one more term then changes; and a value that depends on the
draw has no finite differences. Read all voxels, or draw from a `torch.Generator` that each call seeds anew.""",
    ),
)


def page() -> str:
    """Heading, text, class and verdict of each."""
    return "\n\n".join(f"### {loss.title}\n\n{loss.text}\n\n{_source(loss)}\n\n{_checked(loss)}" for loss in WRONG)


def _source(loss: WrongLoss) -> str:
    """A fenced block of the class, with its decorator."""
    text = SOURCE.read_text(encoding="utf-8")
    (node,) = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name == loss.name)
    lines = text.splitlines()[node.decorator_list[0].lineno - 1 : node.end_lineno]
    return "```python\n" + "\n".join(lines) + "\n```"


def _checked(loss: WrongLoss) -> str:
    """A fenced block of what ``porenet check`` says is broken; what holds shows as one line of dots."""
    command = [sys.executable, "-c", RUN, "check", loss.registered]  # in a process: nobody else has these losses
    done = subprocess.run(command, cwd=SOURCE.parent, capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise RuntimeError(f"{loss.registered} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    # The last digits differ from machine to machine.
    text = re.sub(r"\d\.\d{3,}", lambda number: f"{float(number[0]):.3f}", done.stdout)
    text = re.sub(r"^law +statement.*?\n\n", "...\n\n", text, flags=re.DOTALL | re.MULTILINE)
    return f"```text\n$ porenet check {loss.registered}\n{text.rstrip()}\n```"
