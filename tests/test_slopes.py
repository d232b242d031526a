"""A value and a slope as one differentiable call: gradients, what stays in memory, and second derivatives."""

import ast

import pytest
import torch
from checkout import ROOT
from torch.autograd import forward_ad

from porenet.relaxation import straight_through
from porenet.slopes import with_first_slope, with_slope

REFUSAL = "a weighted product can be differentiated once; its gradient can not"


def fields(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(2, 3, 4, generator=generator, dtype=dtype).requires_grad_() for _ in range(2)]


# sum(weight * p * q^2) per sample; the second output serves the slope alone.
def value(p, q, weight, name):
    assert name == "setting"
    squared = q.square().mul_(weight)
    return (p * squared).sum(dim=(1, 2)), squared


def slope_of_inputs(gradient, p, q, weight, name):
    each = gradient[:, None, None] * weight
    return each * q.square(), each * 2 * p * q


def slope_of_first(gradient, squared):
    return gradient[:, None, None] * squared


BY_INPUTS = with_slope(value, slope_of_inputs, refusal=REFUSAL)
BY_OUTPUT = with_slope(value, slope_of_first, reads=lambda _, outputs: outputs[1:], refusal=REFUSAL)


def BOTH(*inputs):  # noqa: N802
    return BY_INPUTS(*inputs)[0]


def FIRST(*inputs):  # noqa: N802
    return BY_OUTPUT(*inputs)[0]


@torch.library.custom_op(
    "porenet_tests::cubes", mutates_args=(), schema="(Tensor field, float weight, bool[] unused) -> (Tensor, Tensor)"
)
def cubes(field, weight, unused):
    return weight * field.pow(3).flatten(1).sum(dim=1), 3 * weight * field.square()


@torch.library.custom_op(
    "porenet_tests::cubes_gradient", mutates_args=(), schema="(Tensor gradient, Tensor slope) -> Tensor"
)
def cubes_gradient(gradient, slope):
    return gradient.view(-1, *[1] * (slope.ndim - 1)) * slope


@cubes.register_fake
def _(field, weight, unused):
    return field.new_empty(len(field)), torch.empty_like(field)


@cubes_gradient.register_fake
def _(gradient, slope):
    return torch.empty_like(slope)


CUBES = with_slope(cubes, cubes_gradient, reads=lambda _, outputs: outputs[1:], refusal=REFUSAL)


def operator(field, weight=2.0):
    return CUBES(field, weight, [True])[0]


def test_gradients_are_those_of_differences():
    p, q = fields()
    assert torch.autograd.gradcheck(lambda p, q: BOTH(p, q, 1.5, "setting"), (p, q))
    assert torch.equal(BOTH(p, q, 1.5, "setting"), (1.5 * p * q.square()).sum(dim=(1, 2)))


def test_an_operator_has_the_gradient_of_differences():
    assert torch.autograd.gradcheck(operator, fields()[0])
    torch.library.opcheck(torch.ops.porenet_tests.cubes, (fields()[0].detach(), 2.0, [True]))


def test_inputs_after_those_that_the_slope_returns_get_no_gradient():
    p, q = fields()
    FIRST(p, q, 1.5, "setting").sum().backward()
    torch.testing.assert_close(p.grad, 1.5 * q.detach().square())
    assert q.grad is None


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(BOTH, ["p", "q"]), (FIRST, ["squared", "p", "q"])],
)
def test_what_the_slope_reads_is_saved_and_the_fields_that_a_refusal_needs(quantity, expected):
    p, q = fields()
    tensors = {"p": p, "q": q, "squared": 1.5 * q.square()}
    saved = []

    def pack(tensor):
        saved.append(next(name for name, known in tensors.items() if torch.equal(tensor, known)))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        quantity(p, q, 1.5, "setting")
    assert saved == expected


class _NoGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return None


def test_no_slope_is_computed_for_a_gradient_that_is_none():
    def forbidden(*_):
        raise AssertionError("computed")

    p, q = fields()
    quantity = with_slope(value, forbidden, refusal=REFUSAL)
    _NoGradient.apply(quantity(p, q, 1.5, "setting")[0]).sum().backward()
    assert p.grad is None


def by_grad(gradient, field):
    torch.autograd.grad(gradient.sum(), field)


def by_backward(gradient, field):
    gradient.sum().backward()


def by_norm(gradient, field):  # as a gradient penalty has it
    (gradient.square().sum() + field.sum()).backward()


@pytest.mark.parametrize("differentiate", [by_grad, by_backward, by_norm])
@pytest.mark.parametrize(
    "function",
    [
        lambda p, q: BOTH(p, q, 1.5, "setting"),
        lambda p, q: FIRST(p, q, 1.5, "setting"),
        lambda p, q: operator(p),
    ],
)
def test_a_refusal_is_raised_however_a_second_derivative_is_asked_for(function, differentiate):
    p, q = fields()
    (gradient,) = torch.autograd.grad(function(p, q).sum(), p, create_graph=True)
    with pytest.raises(RuntimeError, match=REFUSAL):
        differentiate(gradient, p)


def test_a_hessian_is_refused():
    p, q = fields()
    with pytest.raises(RuntimeError, match=REFUSAL):
        torch.autograd.functional.hessian(lambda p: BOTH(p, q.detach(), 1.5, "setting").sum(), p)


@pytest.mark.parametrize("quantity", [BOTH, FIRST])
def test_it_compiles_to_one_graph(quantity):
    def loss(p, q):
        return quantity(p, q, 1.5, "setting").square().sum()

    gradients = []
    torch._dynamo.reset()
    for call in (loss, torch.compile(loss, backend="aot_eager", fullgraph=True)):
        p, q = fields()
        call(p, q).backward()
        gradients.append(p.grad)
    torch.testing.assert_close(*gradients, rtol=1e-14, atol=0)


def test_an_operator_compiles_to_one_graph():
    gradients = []
    torch._dynamo.reset()
    for call in (operator, torch.compile(operator, backend="aot_eager", fullgraph=True)):
        field = fields()[0]
        call(field).square().sum().backward()
        gradients.append(field.grad)
    assert torch.equal(*gradients)


WAYS = [lambda p, q: BOTH(p, q, 1.5, "setting"), lambda p, q: FIRST(p, q, 1.5, "setting"), lambda p, q: operator(p)]


@pytest.mark.parametrize("quantity", WAYS)
def test_the_transforms_of_torch_give_what_backward_gives(quantity):
    p, q = fields()
    (expected,) = torch.autograd.grad(quantity(p, q).sum(), p)
    p, q = p.detach(), q.detach()

    def sample(p, q):
        return quantity(p[None], q[None])[0]

    assert torch.equal(torch.func.grad(lambda p: quantity(p, q).sum())(p), expected)
    assert torch.equal(torch.func.jacrev(quantity)(p, q).sum(dim=0), expected)
    torch.testing.assert_close(torch.func.vmap(sample)(p, q), quantity(p, q), rtol=1e-14, atol=0)
    assert torch.equal(torch.func.vmap(torch.func.grad(sample))(p, q), expected)
    assert torch.equal(torch.func.vmap(torch.func.vmap(torch.func.grad(sample)))(p[None], q[None])[0], expected)


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda total, p: torch.func.grad(lambda p: torch.func.grad(total)(p).sum())(p),
        lambda total, p: torch.func.hessian(total)(p),
        lambda total, p: torch.func.jvp(torch.func.grad(total), (p,), (p,)),
    ],
)
@pytest.mark.parametrize("quantity", WAYS)
def test_transforms_refuse_a_second_derivative(quantity, differentiate):
    p, q = (field.detach() for field in fields())
    with pytest.raises(RuntimeError, match=f"{REFUSAL}|jvp"):  # torch itself where it goes forward
        differentiate(lambda p: quantity(p, q).sum(), p)


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # of torch, where it goes on without a graph
@pytest.mark.parametrize("quantity", [WAYS[0], WAYS[2], lambda p, q: straight_through(p[:, :, None, None, None]).sum()])
def test_a_slope_is_not_left_out_of_a_compiled_transform(quantity):
    p, q = (field.detach() for field in fields())

    def gradient(p):
        return torch.func.grad(lambda p: quantity(p, q).sum())(p)

    torch._dynamo.reset()
    with pytest.raises(Exception, match="leaves hand-written slopes out of"):
        torch.compile(gradient, backend="eager", fullgraph=True)(p)
    torch._dynamo.reset()
    assert torch.equal(torch.compile(gradient, backend="eager")(p), gradient(p))


def test_vmap_needs_the_samples_first():
    p, weights = fields()[0].detach(), torch.rand(5, dtype=torch.float64)
    quantity = with_slope(lambda p, w: p.sum() * w, lambda gradient, p, w: gradient, refusal=REFUSAL)
    with pytest.raises(RuntimeError, match="samples of a batch along their first axis"):
        torch.func.vmap(quantity, in_dims=(0, None))(p, weights)


@pytest.mark.parametrize("function", [lambda p, q: BOTH(p, q, 1.5, "setting"), lambda p, q: operator(p)])
def test_fields_without_values_keep_their_shape(function):
    p, q = (field.detach().to("meta").requires_grad_() for field in fields())
    quantity = function(p, q)
    quantity.sum().backward()
    assert (quantity.shape, p.grad.shape, p.grad.is_meta) == ((2,), p.shape, True)


def cubed(field, weight):
    return weight * field.pow(3).sum(dim=1)


def by_hand(gradient, field, weight):
    assert not torch.is_grad_enabled()
    return gradient[:, None] * 3 * weight * field.square()


WITH_FIRST = with_first_slope(cubed, cubed, by_hand)


def test_the_plain_form_serves_all_but_the_first_gradient():
    field = torch.rand(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    assert torch.autograd.gradcheck(lambda values: WITH_FIRST(values, 2.0), field)
    assert torch.autograd.gradgradcheck(lambda values: WITH_FIRST(values, 2.0), field)
    exact = 6 * field.detach().square()
    (slope,) = torch.autograd.grad(WITH_FIRST(field, 2.0).sum(), field)
    torch.testing.assert_close(slope, exact)
    torch.testing.assert_close(torch.func.grad(lambda values: WITH_FIRST(values, 2.0).sum())(field), exact)
    apart = torch.func.vmap(lambda row: WITH_FIRST(row[None], 2.0)[0])(field)
    torch.testing.assert_close(apart, cubed(field, 2.0))
    with forward_ad.dual_level():
        value = WITH_FIRST(forward_ad.make_dual(field.detach(), torch.ones(2, 3, dtype=torch.float64)), 2.0)
        torch.testing.assert_close(forward_ad.unpack_dual(value).tangent, exact.sum(dim=1))
    compiled = torch.compile(WITH_FIRST, backend="eager", fullgraph=True)
    torch.testing.assert_close(torch.autograd.grad(compiled(field, 2.0).sum(), field)[0], exact)


def test_every_function_of_torch_is_of_the_kind_that_transforms_take():
    classes = [
        (path.name, node)
        for folder in ("porenet", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if "autograd.Function" in (text := path.read_text(encoding="utf-8"))
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith("autograd.Function") for base in node.bases)
    ]
    names = {name for name, _ in classes}
    assert {"slopes.py", "relaxation.py", "ranks.py"} <= names  # without porenet's plugins these alone
    assert names <= {"slopes.py", "relaxation.py", "gaussian_fields.py", "gaussian_loops.py", "ranks.py"}
    for name, node in classes:
        methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        in_transforms = name != "ranks.py" and node.name != "_FirstSlope"
        assert methods == {"forward", "setup_context", "backward"} | ({"vmap"} if in_transforms else set()), node.name
