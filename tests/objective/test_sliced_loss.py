"""Terms with `planes`: losses on slices, whose descriptors are averaged before they are compared."""

import math

import pytest
import torch
from torch.nn import functional

import porenet
from porenet.config import run_of
from porenet.errors import ConfigError, InputError
from porenet.gradient_audit import audit_run, fields_read
from porenet.interface import Grid, section_grid
from porenet.objective.sliced_loss import slices_of

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.2, 0.4), (True, False, False))
LABELS = torch.randint(0, 3, (2, 4, 5, 6), generator=torch.Generator().manual_seed(1))
FIELD = functional.one_hot(LABELS, 3).movedim(-1, 1).double()
FACES = {"params": {"estimator": "faces"}}
TERMS = {
    "vf": {"planes": "zyx", "weight": 1},
    "ssa": {"planes": "xz", "weight": 1, **FACES},
    "dpb": {"planes": "y", "weight": 1},
    "tpb": {"planes": "zyx", "weight": 1, "params": {"estimator": "edges"}},
    "s2": {"planes": "z", "weight": 1, "params": {"directions": "radial", "reach_um": 0.4}},
    "lineal_path": {"planes": "zyx", "weight": 1, "params": {"lags_um": [0.2, 0.4]}},
}


@pytest.mark.parametrize("name", TERMS)
def test_descriptors_are_averaged_over_slices_and_errors_over_families(name):
    objective = porenet.Objective(GRID, {name: TERMS[name]})
    (loss,), (term,) = objective.losses, objective.terms
    targets = {key: 1.2 * objective.targets_of(LABELS.flip(2))[key] for key in term.needs}
    errors = []
    for axis in ("zyx".index(normal) for normal in term.planes):
        flat = porenet.create_loss(name, section_grid(GRID, "zyx"[axis]), **TERMS[name].get("params", {}))
        layers = torch.unbind(FIELD, dim=axis + 2)
        mean = torch.stack([flat.descriptor(layer) for layer in layers]).mean(dim=0)
        errors.append(flat.from_descriptor(mean, targets))
        shuffled = FIELD.roll(1, axis + 2)
        in_order = porenet.Objective(GRID, {name: {**TERMS[name], "planes": "zyx"[axis]}}).losses[0]
        torch.testing.assert_close(in_order(shuffled, targets), errors[-1])  # the order of the slices does not count
    torch.testing.assert_close(loss(FIELD, targets), torch.stack(errors).mean(dim=0))
    assert term.planes == "".join(sorted(TERMS[name]["planes"], reverse=True))  # z, y, x, however written


def test_the_target_of_a_structures_own_slices_is_met():
    objective = porenet.Objective(GRID, {label: {**term, "planes": "y"} for label, term in TERMS.items()})
    targets = objective.targets_of(LABELS)
    assert targets.dims == 2
    _, values = objective(FIELD, targets)
    assert {label: float(value) for label, value in values.items()} == pytest.approx(dict.fromkeys(TERMS, 0), abs=1e-12)
    one_layer = objective.targets_of(LABELS[:, :, :1])  # a section, whatever the planes
    assert one_layer["vf"].tolist() != targets["vf"].tolist()


def test_a_section_is_measured_in_its_own_plane():
    objective = porenet.Objective(GRID, {"tpb": TERMS["tpb"]})
    section = torch.tensor([[0, 1], [2, 2]]).view(1, 1, 2, 2)
    area = 4 * math.prod(GRID.voxel_um[1:])
    assert objective.targets_of(section)["tpb"].item() == pytest.approx(1 / area)


def test_every_loss_of_slices_has_a_gradient_and_some_slices_may_be_drawn():
    objective = porenet.Objective(GRID, {label: {**term, "slices": 2} for label, term in TERMS.items()})
    targets = objective.targets_of(LABELS.flip(2))
    field = (FIELD.float() * 3).softmax(dim=1).requires_grad_()
    total, _ = objective(field, targets)
    (gradient,) = torch.autograd.grad(total, field)
    assert gradient.abs().sum() > 0
    assert slices_of(FIELD, 1, 2).shape == (4, 3, 1, 4, 6)
    assert slices_of(FIELD, 2, 99).shape == (12, 3, 1, 4, 5)


def test_planes_stand_in_all_that_describes_a_term():
    objective = porenet.Objective(GRID, {"vf": {"planes": "xy", "slices": 3, "weight": 1}})
    assert porenet.Objective.from_run(objective.to_dict()).to_dict() == objective.to_dict()
    assert "planes yx" in repr(objective)
    assert objective.terms[0].as_data()["planes"] == "yx"


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ({"isolation": {"weight": 1, "planes": "z", "params": {"phase": "pore"}}}, "isolation cannot be evaluated on"),
        ({"s2": {"weight": 1, "planes": "z"}}, "s2 cannot be evaluated on slices.*'radial'"),
        ({"tpb_active": {"weight": 1, "planes": "z"}}, "tpb_active is defined in 3-D only: a section does not show it"),
        ({"vf": {"weight": 1, "planes": "zz"}}, "each of z, y and x once"),
        ({"vf": {"weight": 1, "planes": "t"}}, "each of z, y and x once"),
        ({"vf": {"weight": 1, "slices": 2}}, "name them: planes = 'zyx'"),
    ],
)
def test_what_has_no_slices_is_refused_by_name(term, message):
    with pytest.raises(ConfigError, match=message):
        porenet.Objective(GRID, term)


def test_sections_have_no_planes():
    with pytest.raises(ConfigError, match="planes: the grid is one of sections"):
        porenet.Objective(Grid(GRID.phases, (0.1, 0.2)), {"vf": {"weight": 1, "planes": "z"}})


def test_sections_and_volumes_are_never_mixed():
    solid = porenet.Objective(GRID, {"ssa": FACES})
    flat = porenet.Objective(GRID, {"ssa": TERMS["ssa"]})
    with pytest.raises(InputError, match=r"to_3d.*planes"):
        solid(FIELD, flat.targets_of(LABELS))
    with pytest.raises(InputError, match="measured on volumes"):
        flat(FIELD, solid.targets_of(LABELS))
    with pytest.raises(InputError, match="one voxel thick along z"):
        flat(FIELD[:, :, :1], flat.targets_of(LABELS))
    both = porenet.Objective(GRID, {"vf": {"weight": 1}, "ssa": TERMS["ssa"]})
    with pytest.raises(InputError, match="ssa compare slices with sections, and vf the volume"):
        both.targets_of(LABELS)
    beside = porenet.Objective(GRID, {"ssa": TERMS["ssa"], "face_hinge": {"phase": "pore", "target": 0.1}})
    beside(FIELD, beside.targets_of(LABELS))  # a term without a target may read the volume


def test_lags_of_all_families_are_the_same_distances():
    """Two families may have as many columns, and of other distances."""
    axes, complaint = {"weight": 1, "params": {"directions": "axes"}}, r"differs: 0\.2 um across z, 0\.1 um across x"
    for term in (TERMS["s2"], axes, {"loss": "lineal_path", "weight": 1}):
        with pytest.raises(ConfigError, match=rf"distances are multiples .* that {complaint}.*lags_um"):
            porenet.Objective(GRID, {"s2": {**term, "planes": "zx"}})
    stated = {"loss": "lineal_path", "weight": 1, "planes": "zx", "params": {"lags_um": [0.2, 0.4]}}
    assert porenet.Objective(GRID, {"paths": stated}).targets_of(LABELS)["lineal_path"].shape == (len(LABELS), 6)
    radial = {"weight": 1, "planes": "zx", "params": {"directions": "radial"}}
    shells = porenet.Objective(Grid(GRID.phases, 0.1), {"s2": radial})
    with pytest.raises(InputError, match=r"values: the lags differ.*reach_um"):
        shells.targets_of(LABELS[:, :2])


def test_a_run_file_takes_planes():
    run = run_of(
        {
            "grid": {"phases": ["Ni", "YSZ", "pore"], "voxel_um": [0.1, 0.1, 0.1]},
            "objective": {"terms": [{"loss": "vf", "weight": 1, "planes": "zy", "slices": 4}]},
        }
    )
    assert (run.terms[0].planes, run.terms[0].slices) == ("zy", 4)


def test_a_plain_target_under_the_label_of_a_term_is_that_of_its_sections():
    objective = porenet.Objective(GRID, [{"loss": "ssa", "label": "faces", "planes": "z", **FACES}])
    target = torch.tensor([[2.0, 3.0, 4.0]], dtype=torch.float64)
    by_label, by_key = (float(objective(FIELD, {key: target})[0]) for key in ("faces", "ssa"))
    assert by_label == by_key > 0


def test_an_audit_says_which_terms_read_slices():
    hinge = {"loss": "face_hinge", "params": {"phase": "pore", "target": 0.1}}
    faces = {"loss": "ssa", "label": "faces", "planes": "z", **FACES}
    terms = [{"loss": "vf", "weight": 1, "planes": "zx"}, hinge, faces]
    run = run_of(
        {"grid": {"phases": ["Ni", "YSZ", "pore"], "voxel_um": [0.1, 0.1, 0.1]}, "objective": {"terms": terms}}
    )
    audit = audit_run(run, size=8)
    read = [f"read the straight_through field on slices across {axes}" for axes in ("z, x: vf", "z: faces")]
    assert set(read) <= set(fields_read(audit))
    assert not [finding.text for finding in audit.findings if finding.kind == "not_tried"]
    assert audit.terms[0].met or audit.terms[0].logit_gradient > 0


@pytest.mark.parametrize(
    ("loss", "params"),
    [
        ("vf", {}),
        ("ssa", {}),
        ("ssa", {"estimator": "faces", "phase_subset": ("pore", "Ni")}),
        ("dpb", {}),
        ("tpb", {}),
        ("tpb", {"estimator": "edges"}),
        ("s2", {"directions": "radial"}),
        ("lineal_path", {}),
    ],
)
def test_the_value_of_a_descriptor_is_that_of_its_field(loss, params):
    objective = porenet.Objective(GRID, [{"loss": loss, "params": params}])
    (built,) = objective.losses
    targets = objective.targets_of(LABELS.flip(0))
    torch.testing.assert_close(built.from_descriptor(built.descriptor(FIELD), targets), built(FIELD, targets))
    columns = getattr(built, "descriptor_of_targets", lambda values: values[loss])
    of_its_own = built.from_descriptor(columns(objective.targets_of(LABELS)), objective.targets_of(LABELS))
    torch.testing.assert_close(of_its_own, torch.zeros_like(of_its_own), atol=1e-9, rtol=0)
