"""The audit: severed paths, loopholes, fights, and what it leaves untouched."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import porenet
from porenet import flood_fill
from porenet.config import parse_run
from porenet.errors import InputError
from porenet.gradient_audit import audit, audit_run, hand_made_states
from porenet.gradient_audit.generator import SmallGenerator, training_structures
from porenet.gradient_audit.reading import at_logits, separating_voxels
from porenet.gradient_audit.records import UNITS
from porenet.gradient_audit.states import GAP, flat_fractions
from porenet.interface import Grid, Witness
from porenet.objective import Objective
from porenet.registry import Registry

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
FIXTURE = (0.36, 0.34, 0.30)


class Fake(nn.Module):
    """A loss of the last phase; subclasses say what of it."""

    def __init__(self, grid):
        super().__init__()
        self.calls = 0

    def last(self, probabilities):
        return probabilities[:, -1]


class Fractions(Fake):
    """The published volume fraction."""

    def forward(self, probabilities, targets):
        return (probabilities.mean(dim=(2, 3, 4)) - targets["vf"]).square().sum(dim=1)


class Faces(Fake):
    """Share of the faces along x whose two voxels differ; a soft count, target under 'faces'."""

    def descriptor(self, probabilities):
        one, other = probabilities[..., 1:], probabilities[..., :-1]
        return (one * (1 - other) + other * (1 - one)).mean(dim=(2, 3, 4))

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) - targets["faces"]).square().sum(dim=1)


class Severed(Faces):
    """The published bug: computed on a detached field, and it requires a gradient all the same."""

    def __init__(self, grid):
        super().__init__(grid)
        self.scale = nn.Parameter(torch.ones(()))

    def descriptor(self, probabilities):
        return super().descriptor(probabilities.detach())

    def forward(self, probabilities, targets):
        return super().forward(probabilities.detach(), targets) * self.scale


class SeveredHinge(Severed):
    """The same, below a limit: met on most batches, so it owes no gradient there."""

    def forward(self, probabilities, targets):
        return torch.relu(0.1 - self.last(probabilities.detach()).mean(dim=(1, 2, 3))) * self.scale


class Rounded(Fake):
    """Detached by rounding: no graph at all."""

    def forward(self, probabilities, targets):
        return self.last((probabilities > 0.5).float()).mean(dim=(1, 2, 3)) + 0.1


class SameForAll(Fake):
    """A gradient that no softmax passes: the same for all phases."""

    def forward(self, probabilities, targets):
        return probabilities.square().sum(dim=1).mean(dim=(1, 2, 3)) * 0 + probabilities.sum(dim=1).mean(dim=(1, 2, 3))


class Less(Fake):
    """Mean of the last phase."""

    def forward(self, probabilities, targets):
        return self.last(probabilities).mean(dim=(1, 2, 3))


class More(Fake):
    """Its opposite."""

    def forward(self, probabilities, targets):
        return 1 - self.last(probabilities).mean(dim=(1, 2, 3))


class Thinnest(Fake):
    """What the thinnest slices lack of a fifth."""

    def forward(self, probabilities, targets):
        return torch.relu(0.2 - self.last(probabilities).mean(dim=(2, 3)).amin(dim=1))


class Undecided(Fake):
    """Entropy-like: largest where nothing is decided, without gradient there."""

    def forward(self, probabilities, targets):
        return (1 - probabilities.square().sum(dim=1)).mean(dim=(1, 2, 3))


class NotFinite(Fake):
    def forward(self, probabilities, targets):
        return Less.forward(self, probabilities, targets) * float("nan")


class SteepAtZero(Fake):
    """Value fine, gradient infinite where the phase is absent."""

    def forward(self, probabilities, targets):
        return self.last(probabilities).mean(dim=(1, 2, 3)).sqrt()


class Raises(Fake):
    def forward(self, probabilities, targets):
        raise RuntimeError("no such kernel")


class Averaged(Fake):
    def forward(self, probabilities, targets):
        return Less.forward(self, probabilities, targets).mean()


class WholeBatch(Fake):
    """One value a batch."""

    def forward(self, probabilities, targets):
        return Less.forward(self, probabilities, targets).mean().view(1)


@pytest.fixture(autouse=True)
def losses(use):
    """A process in which the losses of this file are all there is."""
    use(Registry())
    porenet.register(Fractions, name="fractions", unit="1", needs=("vf",), weight=1000)
    porenet.register(Faces, name="faces", unit="1", needs=("faces",), weight=1, tolerance=1e-4)
    fault = {"gradient_reaches_logits": "the published bug."}
    porenet.register(Severed, name="severed", unit="1", needs=("faces",), weight=1)
    porenet.register(Severed, name="severed_declared", unit="1", needs=("faces",), weight=1, deviations=fault)
    porenet.register(SeveredHinge, name="severed_hinge", unit="1", weight=1)
    porenet.register(Undecided, name="undecided", unit="1", weight=1, dead_states={"flat": "symmetric there"})
    porenet.register(WholeBatch, name="whole_batch", unit="1", weight=1, batchwise=True)
    porenet.register(Less, name="soft_only", unit="1", weight=1, reads="soft")
    for one in (Rounded, SameForAll, Less, More, Thinnest, NotFinite, SteepAtZero, Raises, Averaged):
        porenet.register(one, unit="1", weight=1)


class Flat(nn.Module):
    """A generator of three parameters: the same logits in every voxel."""

    def __init__(self, fractions=FIXTURE, side=8):
        super().__init__()
        self.logits, self.side = nn.Parameter(torch.tensor(fractions).log()), side

    def forward(self, inputs):
        field = self.logits.softmax(dim=0).view(1, -1, 1, 1, 1)
        return field.expand(len(inputs), -1, self.side, self.side, self.side)


def objective(*rows, relax="soft", grid=GRID):
    return Objective(grid, [{"loss": row} if isinstance(row, str) else row for row in rows], relax=relax)


def audited(*rows, relax="soft", grid=GRID, targets=None, size=8, **options):
    """The audit of terms with a small generator; targets that it does not meet."""
    chosen = objective(*rows, relax=relax, grid=grid)
    phases = len(grid.phases)
    generator = SmallGenerator(phases, (size, size, size))
    own = {"vf": torch.full((2, phases), 1 / phases), "faces": torch.full((2, phases), 0.05)}
    return audit(chosen, generator, (generator.noise(2), own | (targets or {})), **options)


def texts(found, kind):
    return [one.text for one in found.findings if one.kind == kind]


# Dead


@pytest.mark.parametrize(("name", "claim"), [("severed", "although requires_grad is True"), ("rounded", "is False")])
def test_a_severed_path_is_dead_whatever_requires_grad_says(name, claim):
    found = audited(name, "less")
    one = found.term(name)
    assert one.dead
    assert found.failed
    assert one.value > 0.01
    assert one.probability_gradient == one.logit_gradient == one.reached == 0
    assert set(one.groups.values()) == {0.0}
    (text,) = texts(found, "dead")
    assert text.startswith(f"{name} is dead: no gradient reaches the generator")
    assert claim in text
    assert not found.term("less").dead


def test_a_severed_path_is_dead_even_while_it_is_met():
    found = audited("severed_hinge")
    one = found.term("severed_hinge")
    assert one.met
    assert one.value == 0
    assert one.states["collapsed_pore"].value == pytest.approx(0.1)
    assert one.dead
    assert found.failed
    assert "any hand-made state that it does not meet" in texts(found, "dead")[0]


def test_a_declared_bug_is_a_fault_all_the_same_and_says_why():
    found = audited("severed_declared")
    assert found.failed
    assert texts(found, "dead")[0].endswith("Its plugin says so: the published bug.")


def test_a_gradient_that_is_the_same_for_all_phases_is_dead():
    found = audited("same_for_all")
    one = found.term("same_for_all")
    assert one.probability_gradient > 0
    assert one.reached == 0
    assert one.dead
    assert "a softmax passes none of it" in texts(found, "dead")[0]


def test_a_relaxation_that_cuts_a_term_off_is_told_from_the_term():
    found = audited("less", relax="sharpen(1e-6)")
    assert found.term("less").dead
    assert "so the relaxation of the batch (sharpen(1e-06)) cuts it off" in texts(found, "dead")[0]


@pytest.mark.parametrize("relax", ["soft", "straight_through", "sharpen(0.1)", "gumbel(0.5)"])
def test_a_term_that_is_met_is_not_dead(relax):
    found = audited("thinnest", relax=relax, grid=Grid(("Ni", "pore"), (0.1, 0.1, 0.1)))
    assert not found.term("thinnest").dead
    assert not found.failed


def test_a_sound_objective_gets_no_fault_and_no_warning():
    found = audited("fractions", relax="straight_through")
    assert not found.failed
    assert not found.fooled
    assert {one.level for one in found.findings} <= {"note"}
    assert found.term("fractions").reached == 1


# Not finite, broken


def test_a_nan_is_named():
    found = audited("less", "not_finite")
    assert found.failed
    assert texts(found, "not_finite") == ["not_finite is not finite on the generator's batch: its value."]
    assert found.term("not_finite").value is None
    assert found.term("less").finite


def test_a_gradient_that_explodes_where_a_phase_is_absent_is_named():
    found = audited("steep_at_zero")
    assert found.failed
    assert found.term("steep_at_zero").finite
    (text,) = texts(found, "not_finite")
    assert text.startswith("steep_at_zero is not finite on collapsed_pore:")
    assert found.term("steep_at_zero").states["collapsed_pore"].value == 0


@pytest.mark.parametrize(("name", "words"), [("raises", "no such kernel"), ("averaged", "returned () where (2,)")])
def test_a_loss_that_cannot_be_evaluated_is_a_fault_and_the_others_are_audited(name, words):
    found = audited(name, "less")
    assert found.failed
    assert words in texts(found, "broken")[0]
    assert found.term("less").reached == 1


# Fooled


def test_the_published_loophole_is_caught():
    found = audited("fractions")
    one = found.term("fractions")
    assert "flat_probabilities" in one.fooled
    assert one.states["flat_probabilities"].value == pytest.approx(0, abs=1e-12)
    # By hand: the argmax is Ni alone, (1 - 0.36)^2 + 0.34^2 + 0.30^2.
    assert one.states["flat_probabilities"].hard == pytest.approx(0.6152, abs=1e-6)
    (text,) = texts(found, "fooled")
    assert "p = (0.36, 0.34, 0.30) everywhere; its argmax is Ni alone, with no YSZ and no pore" in text
    assert 'relax = "straight_through"' in text
    assert not found.failed


def test_the_loophole_on_the_generators_own_batch():
    found = audit(objective("fractions"), Flat(), (torch.zeros(2), {"vf": torch.tensor([FIXTURE] * 2)}))
    assert "batch" in found.term("fractions").fooled
    assert found.generator.fractions == pytest.approx(dict(zip(GRID.phases, FIXTURE, strict=True)))
    assert found.generator.hard_fractions == {"Ni": 1.0, "YSZ": 0.0, "pore": 0.0}


def test_who_is_shown_the_structure_is_not_fooled():
    one = audited("fractions", "faces", relax="straight_through").term("fractions")
    assert one.fooled == ()
    assert all(state.value == state.hard for state in one.states.values())


@pytest.mark.parametrize("relax", ["sharpen(0.5)", "gumbel(0.5)"])
def test_between_soft_and_decided_the_loophole_is_open(relax):
    assert "flat_probabilities" in audited("fractions", relax=relax).term("fractions").fooled


def test_a_descriptor_that_counts_doubt_is_a_loophole():
    # On the flat fixture each phase's faces read 2 p (1 - p); the argmax has none.
    one = audited("faces").term("faces")
    assert "flat_probabilities" in one.fooled
    assert one.states["flat_probabilities"].hard == pytest.approx(
        sum((2 * p * (1 - p)) ** 2 for p in FIXTURE), rel=1e-5
    )


def test_a_rounding_error_is_no_target():
    class Filtered(Faces):
        def descriptor(self, probabilities):
            return probabilities.diff(dim=4).abs().mean(dim=(2, 3, 4)) + 1e-7 * (probabilities.amax() < 1)

        def forward(self, probabilities, targets):
            aim = targets["faces"]
            return ((self.descriptor(probabilities) - aim) / torch.where(aim == 0, 1, aim)).square().sum(dim=1)

    porenet.register(Filtered, name="filtered", unit="1", needs=("faces",), weight=1)
    assert audited("filtered").term("filtered").fooled == ()


def test_a_loss_that_always_reads_the_soft_field_gets_other_advice():
    porenet.register(Fractions, name="always_soft", unit="1", needs=("vf",), weight=1, reads="soft")
    assert texts(audited("always_soft"), "fooled")[0].endswith("add a term that reads the structure.")


def test_a_term_that_is_met_everywhere_was_not_tried():
    class Content(Fake):
        def forward(self, probabilities, targets):
            return (self.last(probabilities).mean(dim=(1, 2, 3)) - 2).clamp_min(0)

    porenet.register(Content, name="content", unit="1", weight=1)
    found = audited("content", "fractions")
    assert not found.term("content").dead
    (text,) = texts(found, "met_everywhere")
    assert text.startswith(
        "content is met on the generator's batch and on every hand-made state that it can be tried on:"
    )


def test_a_term_that_is_met_and_pulls_all_the_same_was_seen_to_train():
    class Light(Fake):
        def forward(self, probabilities, targets):
            return 1e-3 * self.last(probabilities).mean(dim=(1, 2, 3))

    porenet.register(Light, name="light", unit="1", weight=1, tolerance=0.01)
    found = audited("light")
    assert found.term("light").met
    assert not texts(found, "met_everywhere")


# Sizes, fights, schedules


def test_gradient_norms_by_hand():
    found = audit(objective({"loss": "less", "weight": 3}), Flat(), (torch.zeros(2), {}))
    one = found.term("less")
    voxels = 2 * 8**3
    assert one.value == pytest.approx(0.30)
    assert one.weighted_value == pytest.approx(0.90)
    assert one.probability_gradient == pytest.approx(1 / math.sqrt(voxels))
    # p (g - sum p g) with g = 1 on pore: 0.3 (-0.36, -0.34, 0.70), in every voxel / their number.
    at_the_parameter = math.hypot(0.108, 0.102, 0.21)
    assert one.logit_gradient == pytest.approx(at_the_parameter / math.sqrt(voxels), rel=1e-5)
    assert one.groups == {"Flat": pytest.approx(at_the_parameter, rel=1e-5)}
    assert one.weighted_gradient == pytest.approx(3 * one.logit_gradient)
    assert found.generator.groups == {"Flat": 3}


def test_opposites_fight_and_the_heavier_wins():
    found = audited("less", {"loss": "more", "weight": 5})
    (pair,) = found.cosines
    assert (pair.first, pair.second) == ("less", "more")
    assert pair.cosine == pytest.approx(-1, abs=1e-5)
    assert pair.fight
    assert "less and more fight" in texts(found, "fight")[0]
    assert "more wins" in texts(found, "fight")[0]
    assert not found.failed


def test_twins_do_not_fight():
    (pair,) = audited("less", {"loss": "less", "label": "twin"}).cosines
    assert pair.cosine == pytest.approx(1, abs=1e-5)
    assert not pair.fight


def test_a_term_without_a_say_is_negligible():
    found = audited({"loss": "less", "weight": 0.0332}, {"loss": "less", "label": "loud"})
    assert texts(found, "negligible") == [
        "less is negligible: its weighted gradient is 3.3 % of that of loud, which outvotes it (a weight of 1 would "
        "make them equal)."
    ]
    assert not texts(audited({"loss": "less", "weight": 0.0334}, {"loss": "less", "label": "loud"}), "negligible")


def test_a_term_outside_its_schedule_is_audited_at_its_full_weight():
    row = {"loss": "less", "start": 500, "stop": 900, "weight": 4}
    found = audited(row)
    one = found.term("less")
    assert (one.weight, one.weight_now) == (4, 0)
    assert one.weighted_value == pytest.approx(4 * one.value)
    assert texts(found, "schedule") == ["less counts from step 500 to 899 only; audited at its full weight."]
    assert audited(row, step=500).term("less").weight_now == 4


def test_a_whole_batch_term():
    one = audited("whole_batch").term("whole_batch")
    assert one.reached == 1
    assert not one.dead


def test_a_sample_without_gradient_is_noticed():
    class SecondOnly(Fake):
        def forward(self, probabilities, targets):
            means = self.last(probabilities).mean(dim=(1, 2, 3))
            return torch.cat([means[:1].detach(), means[1:]])

    porenet.register(SecondOnly, name="second_only", unit="1", weight=1)
    found = audited("second_only")
    assert found.term("second_only").unreached_samples == 1
    assert "1 of the samples" in texts(found, "unreached")[0]


# States


def test_who_closes_a_cut_channel_and_who_widens_it():
    found = audited("thinnest", "less", "more", size=16)
    cut = {label: found.term(label).states["severed_pore"] for label in ("thinnest", "less", "more")}
    assert cut["thinnest"].value > 0 == found.term("thinnest").states["one_hot"].value
    assert [cut[label].gap_push for label in cut] == ["closes", "widens", "closes"]
    # The gradient of `more` is the same in every voxel: no more of it on the gap than the gap has of the voxels.
    assert cut["more"].gap_gradient == pytest.approx(cut["more"].gap_voxels)
    # That of `thinnest` lies in the two slices of the gap, whatever the phase of the voxel there.
    assert cut["thinnest"].gap_gradient == pytest.approx(cut["thinnest"].gap_voxels * 16 / GAP)
    assert texts(found, "repair")[0].startswith("a cut channel of pore is closed by thinnest")
    assert texts(found, "widens") == ["a cut channel of pore: less pushes the wrong way, and would widen the gap."]
    assert "a cut channel of Ni and YSZ" in texts(found, "no_repair")[0]


def test_a_declared_dead_state_is_told_as_declared():
    found = audited("undecided")
    one = found.term("undecided")
    assert one.states["uniform"].reached == 0
    assert one.states["uniform"].value == pytest.approx(2 / 3)
    assert one.states["uniform"].declared == "symmetric there"
    assert texts(found, "declared") == ["undecided has no gradient on uniform, as its plugin says: symmetric there."]
    assert not texts(found, "no_gradient")


@given(
    phases=st.integers(2, 6),
    shape=st.tuples(st.integers(4, 12), st.integers(4, 12), st.integers(4, 12)),
    periodic=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_the_states_are_what_they_are_called(phases, shape, periodic):
    grid = Grid(tuple(f"p{one}" for one in range(phases)), (0.1, 0.2, 0.3), periodic)
    found = hand_made_states(grid, shape)
    for state in found.values():
        assert state.field.shape == (1, phases, *shape)
        assert torch.allclose(state.field.sum(dim=1), torch.ones(1, *shape))
    labels = {name: state.field[0].argmax(dim=0).numpy().astype("uint8") for name, state in found.items()}
    assert (labels["uniform"] == 0).all()
    assert (labels["flat_probabilities"] == 0).all()
    assert found["flat_probabilities"].field[0, :, 0, 0, 0].diff().max() < 0
    for label, phase in enumerate(grid.phases):
        assert flood_fill.spanning(labels["one_hot"], label, "z").any()
        if f"severed_{phase}" in labels:
            severed = labels[f"severed_{phase}"]
            assert not flood_fill.spanning(severed, label, "z").any()
            assert found[f"severed_{phase}"].gap.sum() == GAP * (labels["one_hot"][0] == label).sum()
            assert not (labels[f"collapsed_{phase}"] == label).any()
    assert sum(name.startswith("severed_") for name in labels) == min(phases, 4)


@given(phases=st.integers(2, 4), shape=st.tuples(st.integers(4, 9), st.integers(4, 9), st.integers(4, 9)))
def test_speckle_has_the_fractions_of_the_channels(phases, shape):
    states = hand_made_states(Grid(tuple("abcd"[:phases]), (0.1, 0.2, 0.3)), shape)
    intact, speckle = (states[name].field[0].argmax(dim=0) for name in ("one_hot", "speckle"))
    places = torch.meshgrid(*map(torch.arange, shape), indexing="ij")
    even = sum(places) % 2 == 0
    assert torch.equal(speckle[even], intact[even])
    rows = shape[1] - shape[1] % 2
    if shape[0] % 2 == 0:  # else a slice more has the one half of its voxels mirrored
        counts = [torch.bincount(labels[:, :rows].flatten(), minlength=phases) for labels in (intact, speckle)]
        assert torch.equal(*counts)
    assert not torch.equal(speckle, intact)


class Means(Fractions):
    """Fractions with a descriptor: met by every structure that has them, however fine."""

    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4))


def walls(volume):
    """Faces along x between unlike voxels, um^-1."""
    labels = volume.labels
    return {"x": float((labels[..., 1:] != labels[..., :-1]).mean()) / volume.grid.voxel_um[2]}


def witnessed(**fields):
    porenet.register(walls, name="walls", unit="um^-1", kind="metric")
    porenet.register(Means, name="means", unit="1", needs=("vf",), weight=1, tolerance=1e-6, **fields)
    return audited("means", relax="straight_through", size=16).term("means")


def test_a_term_that_speckle_meets_is_blind_by_its_witness():
    term = witnessed(witness=Witness("walls", {}, 1.5))
    assert term.blind == ("speckle",)
    speckle = term.states["speckle"]
    assert speckle.blind
    assert speckle.met
    assert speckle.witness > 3
    assert term.states["one_hot"].witness is None
    assert not term.states["one_hot"].blind
    assert not term.states["collapsed_pore"].blind  # not met


def test_a_blind_term_is_a_warning_that_names_the_state_and_the_ratio():
    porenet.register(walls, name="walls", unit="um^-1", kind="metric")
    fields = {"unit": "1", "needs": ("vf",), "weight": 1, "tolerance": 1e-6, "witness": Witness("walls")}
    porenet.register(Means, name="means", **fields)
    audited_means = audited("means", relax="straight_through")
    (text,) = texts(audited_means, "blind")
    assert "is met (0) by the channels, every other voxel of them mirrored, though its witness reads" in text
    assert audited_means.blind == ("means",)
    assert not audited_means.failed


@pytest.mark.parametrize("witness", [None, Witness("no_such_metric"), Witness("walls", {}, 1000.0)])
def test_without_a_witness_that_doubts_no_term_is_blind(witness):
    term = witnessed(witness=witness)
    assert term.blind == ()
    assert term.states["speckle"].met


def test_what_a_plugin_says_a_term_does_not_see_is_a_warning_of_its_own():
    porenet.register(Means, name="means", unit="1", needs=("vf",), weight=1, blind_when={"walls": ("grid", "any")})
    assert audited("means", relax="straight_through").blind == ()

    class Chosen(Means):
        def __init__(self, grid, *, estimator: str = "fine"):
            super().__init__(grid)

    porenet.register(Chosen, name="chosen", unit="1", needs=("vf",), weight=1, blind_when={"walls": ("estimator", "x")})
    found = audited({"loss": "chosen", "params": {"estimator": "x"}}, relax="straight_through")
    assert found.term("chosen").unseen == "walls"
    assert found.blind == ("chosen",)
    assert texts(found, "blind")[0].startswith("chosen is blind: as its plugin says, it does not see walls.")
    assert audited("chosen", relax="straight_through").blind == ()


def test_states_of_many_phases_and_the_fixtures_numbers():
    many = hand_made_states(Grid(tuple(f"p{one}" for one in range(50)), (0.1, 0.1, 0.1)), 8)
    assert len(many["one_hot"].field[0].argmax(dim=0).unique()) == 50
    assert flat_fractions(3) == FIXTURE
    assert flat_fractions(2) == pytest.approx((0.55, 0.45))
    assert sum(flat_fractions(50)) == pytest.approx(1)
    with pytest.raises(InputError, match="no room for a channel of each of 50 phases"):
        hand_made_states(Grid(tuple(f"p{one}" for one in range(50)), (0.1, 0.1, 0.1)), 4)
    with pytest.raises(InputError, match="4 or more"):
        hand_made_states(GRID, (3, 8, 8))


def test_reached_means_that_a_softmax_passes_it():
    same = torch.full((1, 3, 2, 2, 2), 0.1)
    assert not separating_voxels(same).any()
    same[0, 1, 0, 0, 0] += 0.01
    assert separating_voxels(same).sum() == 1
    flat = torch.tensor(FIXTURE).view(1, 3, 1, 1, 1)
    gradient = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1, 1)
    torch.testing.assert_close(at_logits(flat, gradient).flatten(), torch.tensor([-0.108, -0.102, 0.21]))


# The generator


def test_nothing_is_left_behind():
    generator = nn.Sequential(nn.Conv3d(2, 3, 1), nn.BatchNorm3d(3), nn.Dropout(0.5), nn.Softmax(dim=1))
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    found = audit(objective("less", relax="gumbel(0.5)"), generator, (torch.randn(2, 2, 8, 8, 8), {}))
    for name, value in generator.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(one.grad is None for one in generator.parameters())
    assert generator.training
    assert set(found.generator.groups) == {"0", "1"}


def test_the_random_numbers_of_the_caller_are_not_used_up():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    audited("less", relax="gumbel(0.5)")
    assert torch.equal(torch.rand(4), expected)


def test_an_audit_under_no_grad_is_the_same():
    with torch.no_grad():
        assert not audited("less").failed


@pytest.mark.parametrize("why", ["detached", "frozen"])
def test_a_generator_that_cannot_learn_is_a_fault(why):
    generator = Flat()
    if why == "frozen":
        generator.logits.requires_grad_(False)
    batch = (torch.zeros(2), {})
    found = audit(objective("less"), generator if why == "frozen" else _Detached(generator), batch)
    assert found.failed
    assert not found.term("less").dead
    assert "depends on no parameter that can be trained" in texts(found, "generator")[0]


class _Detached(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, inputs):
        return self.inner(inputs).detach()


def test_a_saturated_generator_is_told_from_a_dead_term():
    found = audit(objective("more"), Flat((1 - 2e-5, 1e-5, 1e-5)), (torch.zeros(2), {}))
    assert not found.failed
    assert "100% of the voxels are decided" in texts(found, "saturated")[0]
    found = audit(objective("more"), _Decided(), (torch.zeros(2), {}))
    assert not found.term("more").dead
    assert "the graph between them is cut, or saturated" in texts(found, "generator")[0]


class _Decided(Flat):
    def forward(self, inputs):
        return (super().forward(inputs).log() * 1e4).softmax(dim=1)


def test_groups_of_ones_own_and_wrappers():
    generator = SmallGenerator(3, (8, 8, 8))
    batch = (generator.noise(2), {})
    assert list(audit(objective("less"), generator, batch).generator.groups) == ["coarse", "fine", "head"]
    wrapped = nn.Sequential(generator)
    assert list(audit(objective("less"), wrapped, batch).generator.groups) == ["0.coarse", "0.fine", "0.head"]
    groups = {"all": list(generator.parameters()), "none": []}
    found = audit(objective("less"), lambda noise: generator(noise), batch, groups=groups)
    assert found.generator.groups == {"all": sum(one.numel() for one in generator.parameters())}
    assert found.term("less").groups["all"] > 0
    found = audit(objective("less"), lambda noise: generator(noise), batch)
    assert "exposes no parameters" in texts(found, "generator")[0]
    assert not found.failed


def test_several_inputs_and_bfloat16():
    def generator(noise, condition):
        return (noise + condition).softmax(dim=1)

    noise = torch.randn(2, 3, 8, 9, 10, dtype=torch.bfloat16, requires_grad=True)
    found = audit(objective("less"), generator, ((noise, torch.zeros(())), {}), groups={"noise": [noise]})
    assert found.term("less").groups["noise"] > 0
    assert found.generator.shape == (2, 3, 8, 9, 10)


@pytest.mark.parametrize(
    ("generator", "batch", "words"),
    [
        (lambda _: torch.randn(2, 3, 8, 8, 8), (0, {}), "Are these logits"),
        (lambda _: torch.ones(2, 2, 8, 8, 8), (0, {}), r"not \(2, 2, 8, 8, 8\)"),
        (lambda _: torch.full((2, 3, 8, 8, 8), math.nan), (0, {}), "not finite"),
        (lambda _: None, (0, {}), "not NoneType"),
        (Flat(), torch.zeros(2), "a pair"),
    ],
)
def test_what_cannot_be_audited_is_refused(generator, batch, words):
    with pytest.raises(InputError, match=words):
        audit(objective("less"), generator, batch)


def test_a_missing_target_and_no_objective_are_refused():
    with pytest.raises(InputError, match="'vf' is missing, needed by fractions"):
        audit(objective("fractions"), Flat(), (torch.zeros(2), {}))
    with pytest.raises(InputError, match=r"a porenet\.Objective was expected"):
        audit(nn.Identity(), Flat(), (torch.zeros(2), {}))


# Without a generator of one's own


RUN = """
[grid]
phases = {phases}
voxel_um = [0.1, 0.2, 0.05]
periodic = {periodic}

[objective]
relax = "{relax}"

[[objective.terms]]
loss = "faces"
[[objective.terms]]
loss = "less"
"""


@pytest.mark.parametrize(
    ("phases", "relax", "periodic"),
    [
        (2, "soft", "[true, true, true]"),
        (3, "straight_through", "[false, true, false]"),
        (5, "soft", "[false, false, false]"),
        (70, "straight_through", "[true, false, false]"),
    ],
)
def test_a_run_of_any_grid(phases, relax, periodic):
    text = RUN.format(phases=[f"p{one}" for one in range(phases)], relax=relax, periodic=periodic)
    found = audit_run(parse_run(text), size=8, batch=2)
    assert not found.failed
    assert found.generator.shape == (2, phases, 8, 8, 8)
    assert found == audit_run(parse_run(text), size=8, batch=2)


def test_a_target_that_cannot_be_measured_is_named():
    text = RUN.format(phases='["Ni", "pore"]', relax="soft", periodic="[false, false, false]")
    with pytest.raises(InputError) as error:
        audit_run(parse_run(text.replace('"faces"', '"fractions"')), size=8)
    assert "'vf'" in str(error.value)
    assert "fractions" in str(error.value)
    assert "porenet.audit(objective, generator, (inputs, targets))" in str(error.value)
    assert "porenet audit --help" in error.value.wording.command
    with pytest.raises(InputError, match="device: 'nowhere' cannot be used"):
        audit_run(parse_run(text), device="nowhere")


def test_the_small_generator_depends_on_its_seed_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (SmallGenerator(4, (9, 8, 11), seed=seed) for seed in (1, 1, 2))
    fields = [one(one.noise(2)) for one in (first, again, other)]
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(fields[0], fields[1])
    assert not torch.equal(fields[0], fields[2])
    assert fields[0].shape == (2, 4, 9, 8, 11)
    torch.testing.assert_close(fields[0].sum(dim=1), torch.ones(2, 9, 8, 11))


@pytest.mark.parametrize("phases", [2, 3, 5])
def test_training_structures_have_the_fractions_of_the_fixture(phases):
    grid = Grid(tuple(f"p{one}" for one in range(phases)), (0.1, 0.1, 0.1))
    labels = training_structures(grid, (24, 24, 24), count=40)
    shares = torch.bincount(labels.flatten(), minlength=phases) / labels.numel()
    # One structure of 24^3 at 1/8 of its edge scatters by 0.04 and less; 40 of them by 0.007: six of these.
    assert shares.tolist() == pytest.approx(flat_fractions(phases), abs=0.04)
    assert torch.equal(labels[:2], training_structures(grid, (24, 24, 24), count=2))


# As data


def test_an_audit_is_json():
    found = audited("severed", "not_finite", "raises", "fractions")
    data = found.as_data()
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text)["failed"] is True
    assert json.loads(text)["fooled"] == ["fractions"]
    assert json.loads(text)["terms"][0]["label"] == "severed"
    assert json.loads(text)["units"] == UNITS
    with pytest.raises(KeyError):
        found.term("nobody")


def test_the_public_name_is_the_function():
    assert porenet.audit is audit


def test_inference_mode_around_an_audit_does_not_make_everything_dead():
    generator = torch.nn.Sequential(torch.nn.Conv3d(4, 3, 1), torch.nn.Softmax(dim=1))
    made = objective("fractions"), generator, (torch.randn(2, 4, 8, 8, 8), {"vf": torch.full((2, 3), 1 / 3)})
    with torch.inference_mode():
        found = audit(*made)
    assert not found.failed
    assert found.term("fractions").reached > 0
