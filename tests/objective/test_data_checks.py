"""What an objective refuses or warns of at its border: fields, targets and losses that are not what they seem."""

import copy
import pickle

import numpy as np
import pytest
import torch

import porenet
from porenet import Grid, Objective, Volume
from porenet.errors import DoubtfulTarget, InputError, NoGradient, PluginError
from porenet.interface import Phase
from porenet.registry import Registry, registry
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
THIRDS = torch.full((2, 3), 1 / 3)


def field(seed=0, side=6, **options):
    torch.manual_seed(seed)
    return torch.randn(2, 3, side, side, side, **options).softmax(dim=1)


@pytest.fixture
def register(monkeypatch):
    """Registers a loss in a registry of this test's own, with porenet's plugins."""
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    for module in (porenet.registry, registry):
        monkeypatch.setattr(module, "installed", lambda: own)
    return porenet.register


def module(forward):
    """A loss class with one phase as parameter and the given function as forward."""

    class Written(torch.nn.Module):
        def __init__(self, grid, *, phase: Phase = "pore"):
            super().__init__()
            self.channel = grid.index(phase)

        def forward(self, probabilities, targets):
            return forward(probabilities, targets)

    return Written


def _repeated(objective, probabilities, targets):
    for step in range(3):
        objective(probabilities, targets, step)


# Fields.


@pytest.mark.parametrize("relax", ["soft", "straight_through"])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda logits: logits.softmax(dim=2), r"They add up to 1 along dimension 2: was the softmax taken there\?"),
        (lambda logits: logits.softmax(dim=4), r"along dimension 4"),
        (lambda logits: logits - logits.sum(dim=1, keepdim=True) / 3 + 1 / 3, r"negative values, down to -.* logits"),
        (lambda logits: torch.stack([1.5 * logits[0].softmax(0), 0.5 * logits[1].softmax(0)]),
         r"add up to 0\.5 to 1\.5, not to 1, in 432 of 432 voxels"),
        (lambda logits: logits.softmax(dim=1).index_fill(4, torch.tensor([0]), 0.0), r"in 72 of 432 voxels"),
    ],
)  # fmt: skip
def test_every_voxel_must_hold_probabilities(relax, wrong, words):
    torch.manual_seed(0)
    probabilities = wrong(torch.randn(2, 3, 6, 6, 6))
    with pytest.raises(InputError, match=words):
        Objective(GRID, [{"loss": "vf"}], relax=relax)(probabilities, {"vf": THIRDS})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_an_honest_softmax_passes_in_every_precision(dtype):
    torch.manual_seed(0)
    for spread in (0.1, 3.0, 30.0):
        probabilities = (spread * torch.randn(2, 3, 8, 8, 8)).to(dtype).softmax(dim=1)
        Objective(GRID, [{"loss": "vf"}])(probabilities, {"vf": THIRDS})


def test_a_loss_called_by_itself_refuses_what_is_no_field_of_its_grid():
    for name, params in (("isolation", {"phase": "pore"}), ("vf", {}), ("ssa", {}), ("dpb", {}), ("tpb", {}),
                         ("face_hinge", {"phase": "pore"}), ("maximin", {"phase": "pore"})):  # fmt: skip
        loss = porenet.create_loss(name, GRID, **params)
        for wrong in (field()[:, :2], torch.cat([field(), field()[:, :1]], dim=1), field()[0], field().long(),
                      field()[..., :0], field().numpy(), None):  # fmt: skip
            with pytest.raises(InputError, match="probabilities: "):
                loss(wrong, {})
        with pytest.raises(InputError, match=r"shape \(B, 3, Z, Y, X\) for the phases Ni, YSZ, pore was expected"):
            loss(probabilities=field()[:, :1], targets={})


@pytest.mark.parametrize(("name", "method"), [("vf", "descriptor"), ("ssa", "target_of"), ("tpb", "descriptor")])
def test_descriptor_and_target_of_refuse_it_too(name, method):
    measure = getattr(porenet.create_loss(name, GRID), method)
    for wrong in (field()[:, :2], field()[0], field()[..., 0], field().long(), None):
        with pytest.raises(InputError, match="probabilities: "):
            measure(wrong)
        with pytest.raises(InputError, match="probabilities: "):
            measure(probabilities=wrong)
    with pytest.raises(TypeError, match="probabilities"):
        measure()


def test_a_guarded_descriptor_is_copied_with_its_loss():
    loss = porenet.create_loss("vf", GRID)
    duplicate = pickle.loads(pickle.dumps(copy.deepcopy(loss)))
    assert duplicate.descriptor.loss is duplicate
    assert loss.descriptor.loss is loss
    assert torch.equal(duplicate.descriptor(field()), loss.descriptor(field()))
    compiled = torch.compile(loss.descriptor, backend="eager", fullgraph=True)
    assert torch.equal(compiled(field()), loss.descriptor(field()))


def test_the_faces_loop_reads_no_channel_that_is_not_there():
    # Called beside the guard, as a descriptor or a stranger's code does it: it read beyond the tensor.
    loss = porenet.create_loss("isolation", GRID, phase="pore")
    for wrong in (field()[:, :2], field()[:, :1]):
        with pytest.raises(InputError, match="channels 2 to 2 were asked for"):
            loss.__class__.forward(loss, wrong, {})


# Schedules.


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"ramp": 100}, "vf ramps over 100 steps, and no step was given: it would keep 1 % of its weight"),
        ({"start": 5}, "vf starts at step 5, and no step was given: it would stay off"),
        ({"start": 5, "ramp": 7}, "it would stay off"),
        ({"stop": 9}, "vf stops at step 9, and no step was given: it would never stop"),
    ],
)
def test_a_schedule_needs_a_step(schedule, words):
    objective = Objective(GRID, [{"loss": "isolation", "params": {"phase": "pore"}}, {"loss": "vf", **schedule}])
    with pytest.raises(InputError, match=words) as error:
        objective(field(), {"vf": THIRDS})
    assert "objective(field, targets, step)" in str(error.value)
    objective(field(), {"vf": THIRDS}, 0)
    objective(field(), {"vf": THIRDS}, step=1)


# A field without a gradient.


def test_a_detached_structure_trains_nothing_and_that_is_said_once():
    objective = Objective(GRID, [{"loss": "vf"}])
    decoded = torch.nn.functional.one_hot(field().argmax(dim=1), 3).movedim(-1, 1).float()
    with pytest.warns(NoGradient, match="the field carries no gradient, so these terms train nothing") as caught:
        _repeated(objective, decoded, {"vf": THIRDS})
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("error::porenet.errors.NoGradient")
def test_evaluation_and_training_are_not_warned_of():
    objective, probabilities = Objective(GRID, [{"loss": "vf"}]), field()
    with torch.no_grad():
        objective(probabilities, {"vf": THIRDS})
    objective.eval()(probabilities, {"vf": THIRDS})
    objective.train()(field().requires_grad_(), {"vf": THIRDS})
    Objective(GRID, [{"loss": "vf", "start": 5}])(probabilities, {"vf": THIRDS}, 0)  # no term is on


# Targets.


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ([35.0, 34.0, 31.0], "35, 34, 31 look like percent: divide by 100"),
        ([-0.2, 0.6, 0.6], "volume fractions lie between 0 and 1, and these from -0.2 to 0.6"),
        ([0.3, 0.3, 0.3], "the volume fractions of sample 0 add up to 0.9, not to 1"),
    ],
)
def test_volume_fractions_are_fractions(fractions, words):
    with pytest.raises(InputError, match=words):
        Objective(GRID, [{"loss": "vf"}])(field(), {"vf": torch.tensor([fractions] * 2)})
    own = {"vf": THIRDS, "other": torch.tensor([fractions] * 2)}
    with pytest.raises(InputError, match=r"targets\['other'\]"):
        Objective(GRID, [{"loss": "vf"}, {"loss": "vf", "label": "other"}])(field(), own)


@pytest.mark.parametrize("fractions", [[0.35, 0.34, 0.31], [1.0, 0.0, 0.0], [float("nan"), 0.3, 0.9]])
def test_honest_fractions_and_undefined_ones_pass(fractions):
    Objective(GRID, [{"loss": "vf"}])(field(), {"vf": torch.tensor([fractions] * 2)})


@pytest.mark.parametrize(("key", "columns", "unit"), [("ssa", 3, "um^-1"), ("dpb", 3, "um^-1"), ("tpb", 1, "um^-2")])
def test_densities_are_not_negative(key, columns, unit):
    objective = Objective(GRID, [{"loss": key}])
    target = objective.targets_of(field().argmax(dim=1))[key].clone()
    target[1, -1] = -2.0
    with pytest.raises(InputError, match=r"a density cannot be negative, and one is -2 " + unit.replace("^", r"\^")):
        objective(field(), {key: target})


@pytest.mark.parametrize("factor", [1e6, 1e-3])
def test_a_target_in_another_unit_is_warned_of_once(factor):
    objective = Objective(GRID, [{"loss": "ssa"}])
    targets = {key: value * factor for key, value in objective.targets_of(field().argmax(dim=1)).items()}
    with pytest.warns(DoubtfulTarget, match=r"the target 'ssa' of ssa is about .* is it in another unit") as caught:
        _repeated(objective, field().requires_grad_(), targets)
    assert len(caught) == 1


def test_a_target_of_real_size_is_not_warned_of():
    objective = Objective(GRID, [{"loss": "ssa"}, {"loss": "dpb"}, {"loss": "tpb"}])
    coarse = torch.zeros(2, 6, 6, 6, dtype=torch.long)
    coarse[:, 2:4], coarse[:, 4:, 3:] = 1, 2
    objective(field(), objective.targets_of(coarse))  # warnings are errors
    collapsed = torch.tensor([0.4, 0.3, 0.3]).view(1, 3, 1, 1, 1).expand(2, 3, 6, 6, 6)
    fresh = Objective(GRID, [{"loss": "ssa"}, {"loss": "dpb"}, {"loss": "tpb"}])
    fresh(collapsed, objective.targets_of(field().argmax(dim=1)))


def test_a_warning_names_the_line_of_the_call():
    objective = Objective(GRID, [{"loss": "tpb"}])
    with pytest.warns(DoubtfulTarget) as caught:
        objective(field().requires_grad_(), {"tpb": torch.tensor([1e12, 1e12])})
    assert caught[0].filename == __file__


# Losses of others.


def test_a_loss_that_raises_is_named_with_its_term(register):
    @register(unit="1", name="fragile")
    class Fragile(module(lambda probabilities, targets: [][0])):
        """Fails."""

    with pytest.raises(PluginError, match=r"term mine \(registered:fragile\): the loss failed: IndexError"):
        Objective(GRID, [{"loss": "fragile", "label": "mine", "weight": 1}])(field(), {})


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (
            lambda probabilities, targets: targets["vf"].zero_(),
            r"wrote into targets\['vf'\], which other terms read too",
        ),
        (lambda probabilities, targets: probabilities.detach().mul_(0.5), "wrote into the field"),
    ],
)
def test_a_loss_that_writes_into_what_it_is_given_is_caught(register, write, words):
    def forward(probabilities, targets):
        write(probabilities, targets)
        return probabilities.mean(dim=(1, 2, 3, 4))

    @register(unit="1", name="vandal", needs=("vf",))
    class Vandal(module(forward)):
        """Writes."""

    objective = Objective(GRID, [{"loss": "vandal", "weight": 1}, {"loss": "vf"}])
    with pytest.raises(PluginError, match=words):
        objective(field(), {"vf": THIRDS.clone()})


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64, torch.bool])
def test_a_loss_returns_real_numbers(register, dtype):
    @register(unit="1", name="other_numbers")
    class OtherNumbers(module(lambda probabilities, targets: probabilities.mean(dim=(1, 2, 3, 4)).to(dtype))):
        """Of another type."""

    with pytest.raises(PluginError, match=rf"the loss returned {dtype}, where real numbers were expected"):
        Objective(GRID, [{"loss": "other_numbers", "weight": 1}])(field(), {})


def test_targets_and_fields_in_inference_mode_pass():
    with torch.inference_mode():
        objective = Objective(GRID, [{"loss": "vf"}])
        objective(field(), Targets({"vf": THIRDS + 0}))


def test_volumes_and_arrays_of_numpy_still_measure():
    labels = np.random.default_rng(0).integers(0, 3, (6, 6, 6), np.uint8)
    assert porenet.measure(Volume(labels, GRID), "vf")
