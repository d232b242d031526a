"""How a field is shown to the losses: as it is, or as the structure that will be decoded."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from porenet.errors import InputError
from porenet.interface.relaxation_name import canonical, parsed
from porenet.relaxation import gumbel, relaxed, sharpen, soft, straight_through
from porenet.testing import probability_fields

FIELDS = st.integers(2, 5).flatmap(lambda phases: probability_fields(phases))
NAMES = ["soft", "straight_through", "sharpen(0.3)", "gumbel(0.5)"]
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


def uniform(*shares, shape=(1, 4, 3, 2), dtype=torch.float64):
    """A field that is the same at every voxel."""
    batch, *size = shape
    return torch.tensor(shares, dtype=dtype).view(1, -1, 1, 1, 1).expand(batch, len(shares), *size).clone()


# The published failure: a volume fraction that is met by the probabilities and by not one voxel of the structure.
def test_a_pore_probability_of_30_percent_everywhere_is_no_pore_at_all():
    field = uniform(0.36, 0.34, 0.30)
    assert torch.allclose(soft(field).mean(dim=(0, 2, 3, 4)), torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64))
    assert straight_through(field).mean(dim=(0, 2, 3, 4)).tolist() == [1.0, 0.0, 0.0]


def test_soft_is_the_field_itself():
    field = uniform(0.36, 0.34, 0.30)
    assert soft(field) is field


@given(FIELDS)
def test_straight_through_is_exactly_the_decoded_structure(field):
    shown = straight_through(field)
    assert shown.shape == field.shape
    assert set(shown.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(shown.sum(dim=1), torch.ones_like(shown[:, 0]))
    assert torch.equal(shown.argmax(dim=1), field.argmax(dim=1))


@given(FIELDS)
def test_straight_through_of_a_structure_is_the_structure(field):
    structure = straight_through(field)
    assert torch.equal(straight_through(structure), structure)


@pytest.mark.parametrize(
    ("shares", "winner"),
    [((0.5, 0.5), 0), ((0.4, 0.4, 0.2), 0), ((0.2, 0.4, 0.4), 1), ((0.25,) * 4, 0), ((0.1, 0.3, 0.3, 0.3), 1)],
)
def test_a_tie_goes_to_the_lower_phase(shares, winner):
    assert straight_through(uniform(*shares))[0, :, 0, 0, 0].tolist() == [
        float(k == winner) for k in range(len(shares))
    ]


def test_one_phase_is_everywhere_and_what_is_nan_is_nowhere():
    assert straight_through(uniform(1.0)).unique().tolist() == [1.0]
    assert straight_through(uniform(0.2, float("nan"), 0.5)).unique().tolist() == [0.0]


def test_each_voxel_is_decided_on_its_own():
    field = torch.tensor([[0.2, 0.7, 0.5], [0.8, 0.3, 0.5]], dtype=torch.float64).view(1, 2, 1, 1, 3)
    assert straight_through(field)[0, :, 0, 0].tolist() == [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]


@given(FIELDS, st.integers(0, 2**31 - 1))
def test_the_gradient_passes_straight_through_unchanged(field, seed):
    field = field.clone().requires_grad_()
    arriving = torch.randn(field.shape, generator=torch.Generator().manual_seed(seed), dtype=field.dtype)
    (gradient,) = torch.autograd.grad(straight_through(field), field, arriving)
    assert torch.equal(gradient, arriving)


def test_the_gradient_reaches_phases_that_lost_everywhere():
    field = uniform(0.36, 0.34, 0.30).requires_grad_()
    straight_through(field)[:, 2].sum().backward()
    assert torch.equal(field.grad[:, 2], torch.ones_like(field.grad[:, 2]))
    assert not field.grad[:, :2].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_the_type_is_kept(name, dtype):
    assert relaxed(name, uniform(0.36, 0.34, 0.30, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("name", NAMES)
@given(field=FIELDS)
def test_the_field_is_left_alone(name, field):
    before = field.clone()
    relaxed(name, field)
    assert torch.equal(field, before)


@pytest.mark.parametrize("name", NAMES)
@given(field=FIELDS, seed=st.integers(0, 2**31 - 1))
def test_what_is_shown_is_a_field_of_probabilities_with_a_finite_gradient(name, field, seed):
    torch.manual_seed(seed)
    field = field.clone().requires_grad_()
    shown = relaxed(name, field)
    assert shown.shape == field.shape
    assert shown.min() >= 0
    assert torch.allclose(shown.sum(dim=1), torch.ones_like(shown[:, 0]))
    (gradient,) = torch.autograd.grad((shown * torch.randn_like(shown)).sum(), field)
    assert gradient.isfinite().all()


def test_names_and_functions_are_the_same():
    field = uniform(0.36, 0.34, 0.30)
    assert relaxed("soft", field) is field
    assert torch.equal(relaxed("straight_through", field), straight_through(field))
    assert torch.equal(relaxed("sharpen(0.3)", field), sharpen(field, 0.3))
    torch.manual_seed(1)
    drawn = relaxed("gumbel(0.3)", field)
    torch.manual_seed(1)
    assert torch.equal(drawn, gumbel(field, 0.3))


# By hand: 0.36^2, 0.34^2, 0.30^2 over their sum 0.3352.
def test_sharpened_by_half_the_probabilities_are_squared():
    shown = sharpen(uniform(0.36, 0.34, 0.30), 0.5)[0, :, 0, 0, 0]
    assert shown.tolist() == pytest.approx([0.1296 / 0.3352, 0.1156 / 0.3352, 0.09 / 0.3352])


@given(FIELDS)
def test_sharpening_by_one_changes_nothing_and_much_of_it_decides(field):
    assert torch.allclose(sharpen(field, 1.0), field)
    two = field.topk(2, dim=1).values
    clear = (two[:, :1] > 1.001 * two[:, 1:]).expand_as(field)
    assert torch.allclose(sharpen(field, 1e-5)[clear], straight_through(field)[clear])


@given(FIELDS, st.floats(0.05, 1))
def test_sharpening_keeps_a_structure_and_the_order_of_the_phases(field, temperature):
    structure = straight_through(field)
    assert torch.allclose(sharpen(structure, temperature), structure, rtol=0, atol=1e-300)
    shown = sharpen(field, temperature)
    assert torch.allclose(shown.gather(1, field.argmax(dim=1, keepdim=True)), shown.amax(dim=1, keepdim=True))


def test_the_gradient_of_sharpening_is_right():
    field = torch.rand(1, 3, 2, 2, 2, dtype=torch.float64).softmax(dim=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: sharpen(one, 0.3), field)


# A draw is phase c with probability p_c: 40,000 voxels, so a standard deviation of 0.0024 at most.
def test_a_draw_holds_each_phase_in_proportion_to_its_probability():
    torch.manual_seed(0)
    for temperature in (0.1, 1.0, 5.0):
        drawn = gumbel(uniform(0.36, 0.34, 0.30, shape=(1, 40, 40, 25)), temperature)
        assert set(drawn.unique().tolist()) == {0.0, 1.0}
        assert drawn.mean(dim=(0, 2, 3, 4)).tolist() == pytest.approx([0.36, 0.34, 0.30], abs=0.01)


def test_a_draw_never_shows_a_phase_of_probability_zero():
    torch.manual_seed(0)
    assert not gumbel(uniform(0.5, 0.5, 0.0, shape=(1, 40, 40, 25), dtype=torch.float32), 1.0)[:, 2].any()


def test_the_seed_makes_the_draw():
    field = uniform(0.36, 0.34, 0.30)
    torch.manual_seed(3)
    first = gumbel(field, 0.5)
    torch.manual_seed(3)
    assert torch.equal(gumbel(field, 0.5), first)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("soft", "soft"),
        (" straight_through ", "straight_through"),
        ("sharpen(0.10)", "sharpen(0.1)"),
        ("sharpen( 1e-1 )", "sharpen(0.1)"),
        ("gumbel(2)", "gumbel(2)"),
    ],
)
def test_a_name_has_one_way_of_writing(text, name):
    assert canonical(text) == name
    assert parsed(canonical(text)) == parsed(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hard", "must be 'soft', 'straight_through', 'sharpen(T)' or 'gumbel(T)', not 'hard'"),
        ("sharpenn(0.1)", "did you mean 'sharpen'?"),
        ("", "must be 'soft'"),
        ("soft(0.1)", "must be 'soft'"),
        ("sharpen", "needs its temperature, such as 'sharpen(0.5)'"),
        ("gumbel(0)", "needs a temperature above 0, not '0'"),
        ("gumbel(-1)", "needs a temperature above 0, not '-1'"),
        ("sharpen(nan)", "needs a temperature above 0, not 'nan'"),
        ("sharpen(inf)", "needs a temperature above 0, not 'inf'"),
        ("sharpen(T)", "needs a temperature above 0, not 'T'"),
    ],
)
def test_a_name_that_is_none(text, complaint):
    with pytest.raises(InputError) as caught:
        relaxed(text, uniform(0.6, 0.4))
    assert str(caught.value).startswith("relax: ")
    assert complaint in str(caught.value)


def test_without_a_gradient_to_keep_none_is_made():
    assert straight_through(uniform(0.6, 0.4)).grad_fn is None
