"""What kernels are written in: numba compiles some short words of Python to much code, which a first use waits for."""

import ast

import pytest
from checkout import ROOT

KERNELS = [
    *("porenet/flood_fill/bit_words.py", "porenet/flood_fill/bit_blocks.py"),
    "porenet/flood_fill/phase_flood_kernels.py",
    *("porenet/flood_fill/run_kernels.py", "porenet/flood_fill/union_find.py"),
    *("porenet/contacts/bit_planes.py", "porenet/contacts/kernels.py"),
    *("plugins/porenet_estimators/rank_kernels.py", "plugins/porenet_topology/ball_kernels.py"),
    *(f"plugins/porenet_transport/solver/{name}.py" for name in ("aggregation", "cell_kernels", "island_kernels")),
    *(f"plugins/porenet_transport/solver/{name}.py" for name in ("kernels", "multigrid", "sweeps")),
]
"""Files of the kernels that `porenet measure` compiles by default."""
CALLS = {"min", "max", "divmod"}
METHODS = {"zeros", "full", "array", "concatenate", "zeros_like", "reshape", "copy", "min", "max", "sum", "astype"}
KEPT = {
    ("multigrid", "grid", "reshape"): "three views of one store, whose shapes differ by level",
    ("rank_kernels", "by_rank", "zeros"): "it returns what it allocates",
    ("sweeps", "ascend", "a bare number"): "it is counted up, which makes it an int64, before it is handed on",
}
DECORATORS = {"kernel", "inner"}


def costly(source):
    """The function and the word, of each word that costs numba 0.05 to 2 seconds."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or not any(map(_is_kernel, function.decorator_list)):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Name) and called.id in CALLS:
                    yield function.name, called.id
                if isinstance(called, ast.Attribute) and called.attr in METHODS:
                    yield function.name, called.attr
            if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
                written = (part for target in node.targets for part in ast.walk(target))
                yield from ((function.name, "a slice written") for part in written if isinstance(part, ast.Slice))
        if any(isinstance(node, ast.Name) and node.id in _numbers(function) for node in _handed_on(function)):
            yield function.name, "a bare number"


def _numbers(function):
    """Names that begin as a number: a type of its own for numba until it has seen what else is assigned to them."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                for name, value in pairs:
                    if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and type(value.value) is int:
                        yield name.id


def _handed_on(function):
    """Arguments of the calls of other kernels."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in {"range", "len"}:
            yield from node.args


def _is_kernel(decorator):
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in DECORATORS


@pytest.mark.parametrize("path", KERNELS)
def test_kernels_are_light_to_compile(path):
    module = path.rpartition("/")[2].removesuffix(".py")
    words = {(module, *entry) for entry in costly((ROOT / path).read_text(encoding="utf-8"))}
    assert words == {kept for kept in KEPT if kept[0] == module}


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("a[1:3] = b[1:3]", "a slice written"),
        ("low = min(a, b)", "min"),
        ("rows = np.zeros(3)", "zeros"),
        ("flat = a.reshape(-1)", "reshape"),
        ("level, low = 0, step(level)", "a bare number"),
    ],
)
def test_a_costly_word_is_seen(statement, word):
    assert list(costly(f"@inner()\ndef loop(a, b):\n    {statement}\n")) == [("loop", word)]
    assert list(costly("@kernel()\ndef loop(a):\n    a[:] = 0\n    rows = np.empty(3)\n")) == []
    assert list(costly(f"def loop(a, b):\n    {statement}\n")) == []
