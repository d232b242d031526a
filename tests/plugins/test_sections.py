"""Components on sections, grids of two dimensions: closed forms, and bodies that do not change along z."""

import functools
import math
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

import porenet
from porenet import formats
from porenet.errors import ConfigError, DoubtfulTarget, PluginError
from porenet.interface import Grid, InputError, Undefined, Volume
from porenet.registry import installed
from porenet.registry.dimensions import refuse_dims
from porenet.registry.field_guard import METHODS, guarded

PHASES = ("Ni", "YSZ", "pore")
STRIPES = (np.arange(64) % 8 >= 4).astype(int) * np.ones((64, 1), int)
BRICKS = np.tile(np.kron([[0, 1], [2, 2]], np.ones((4, 4), int)), (3, 2))
SEED = np.random.default_rng(25)


def electrode(shape=(22, 26)):
    fields = SEED.normal(size=(3, *shape))
    for axis in (1, 2):
        fields = sum(np.roll(fields, step, axis) for step in (-2, -1, 0, 1, 2))
    return fields.argmax(axis=0)


LABELS = electrode()


def one_hot(labels, phases=3):
    return torch.nn.functional.one_hot(torch.as_tensor(labels), phases).movedim(-1, 1).double()


@pytest.mark.parametrize(("wraps", "perimeter"), [(True, 2.5), (False, 2.34375)])
def test_stripes_have_their_perimeter_per_area_in_every_form(wraps, perimeter, tmp_path):
    Image.fromarray((STRIPES * 255).astype(np.uint8)).save(tmp_path / "stripes.png")
    values = {"solid": 0, "pore": 255}
    by_image = formats.read(tmp_path / "stripes.png", phases=values, voxel_um=0.1, periodic=(wraps, wraps))
    grid = Grid(("solid", "pore"), (0.1, 0.1), (wraps, wraps))
    field = one_hot(STRIPES[None], 2)
    by_metric = porenet.metrics.ssa(Volume(STRIPES, grid), estimator="faces")
    by_array = porenet.metrics.ssa(
        STRIPES, phases=("solid", "pore"), voxel_um=0.1, periodic=(wraps, wraps), estimator="faces"
    )
    loss = porenet.create_loss("ssa", grid, estimator="faces")
    assert by_metric == by_array == porenet.metrics.ssa(by_image, estimator="faces")
    assert by_metric == pytest.approx({"solid": perimeter, "pore": perimeter}, rel=1e-12)
    for shape in (field, field.unsqueeze(2)):
        assert loss.descriptor(shape).tolist() == [pytest.approx([perimeter] * 2, rel=1e-12)]
        assert loss(shape, {"ssa": torch.full((1, 2), perimeter)}).tolist() == pytest.approx([0], abs=1e-12)


@pytest.mark.parametrize("edges", [(0.1, 0.1), (0.05, 0.1)])
@pytest.mark.parametrize("radius_um", [0.8, 2.0])
def test_crofton_reads_the_perimeter_of_discs(edges, radius_um):
    y, x = (edge * (np.arange(round(4.8 / edge)) + 0.5) - 2.37 for edge in edges)
    disc = (y[:, None] ** 2 + x**2 <= radius_um**2).astype(int)
    ratio = (
        porenet.metrics.ssa(disc, phases=("outside", "disc"), voxel_um=edges)["disc"]
        * 4.8**2
        / (2 * math.pi * radius_um)
    )
    assert ratio == pytest.approx(1, abs=0.02)


def test_crofton_in_the_plane_reads_lines_in_random_direction_rightly_and_aligned_ones_low():
    from porenet_estimators.interfaces import DIRECTIONS, circle_shares

    for edges, aligned in (((1, 1, 1), (0.948, 0.948)), ((1, 0.5, 1), (0.905, 0.934))):
        steps = np.array(DIRECTIONS) * edges
        units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
        turns = np.linspace(0, np.pi, 721)[:-1]
        normals = np.stack([0 * turns, np.sin(turns), np.cos(turns)], axis=1)
        bias = np.pi / 2 * np.abs(normals @ units.T) @ circle_shares(edges)
        assert bias.mean() == pytest.approx(1, abs=1e-4)
        assert bias[[360, 0]] == pytest.approx(aligned, abs=2e-3)


@pytest.mark.parametrize("edges", [(0.1, 0.1), (0.1, 0.2)])
def test_triple_points_are_counted_per_area(edges):
    volume = Volume(BRICKS, Grid(PHASES, edges, (True, True)))
    lengths = porenet.metrics.tpb(volume)
    assert lengths.pop("total") == pytest.approx(4 / (64 * edges[0] * edges[1]), rel=1e-12)
    assert set(lengths.values()) == {Undefined("a section does not show it")}


def test_the_euler_number_counts_pieces_less_holes_per_area():
    ring = np.ones((9, 9), int)
    ring[3:6, 3:6] = 0
    ring[4, 4] = 1
    ring[6, 6] = 0  # joined to the hole at a corner only
    volume = Volume(ring, Grid(("pore", "Ni"), (0.1, 0.2)))
    for connectivity, pore, nickel in ((6, 1 - 1 + 1, 2 - 1), (26, 1 - 1, 2 - 2 + 0)):
        measured = porenet.metrics.euler_number(volume, connectivity=connectivity)
        area = 81 * 0.02
        assert measured["pore"] * area == pytest.approx(pore, abs=1e-9)
        assert measured["Ni"] * area == pytest.approx(nickel, abs=1e-9)


EXTRUDED = {
    "vf": {},
    "ssa": {"estimator": "guarded"},
    "dpb": {"estimator": "heat"},
    "tpb": {"estimator": "coarea"},
    "s2": {"axis": "y"},
    "lineal_path": {"axis": "x"},
    "chord_length": {"axis": "y"},
    "correlation_length": {"axis": "y"},
    "percolates": {},
    "connectivity": {"axis": "y"},
    "first_passage": {"inlet": "x_min"},
    "breakthrough_diameter": {"axis": "x"},
    "phase_size": {},
    "intrusion_size": {"inlet": "y_max"},
    "constrictivity": {"inlet": "y_min"},
    "neck_diameter": {},
    "tortuosity": {"axis": "x"},
    "geodesic_tortuosity": {"axis": "x"},
    "effective_conductivity": {"axis": "y", "conductivities": {"Ni": 2.0, "YSZ": 0.5, "pore": 0.0}},
    "vf_profile": {"axis": "y"},
    "ssa_profile": {"axis": "y", "estimator": "faces"},
}


@pytest.mark.parametrize("metric", EXTRUDED)
@pytest.mark.parametrize("wraps", [False, True])
def test_a_section_reads_as_a_body_that_does_not_change_along_z(metric, wraps):
    edges = (0.1, 0.15)
    section = Volume(LABELS, Grid(PHASES, edges, (wraps, False)))
    body = Volume(np.repeat(LABELS[None], 3, axis=0), Grid(PHASES, (0.12, *edges), (True, wraps, False)))
    measured, of_body = (getattr(porenet.metrics, metric)(volume, **EXTRUDED[metric]) for volume in (section, body))
    assert set(measured) <= set(of_body)
    for key, value in measured.items():
        if value != Undefined("a section does not show it"):
            assert value == (of_body[key] if isinstance(value, Undefined) else pytest.approx(of_body[key], rel=2e-3))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("vf", {}), ("ssa", {}), ("ssa", {"estimator": "faces"}), ("ssa", {"estimator": "heat"}), ("dpb", {}),
        ("dpb", {"estimator": "faces"}), ("tpb", {}), ("tpb", {"estimator": "coarea"}), ("s2", {}),
        ("s2", {"directions": "axes"}), ("s2", {"directions": "radial"}), ("lineal_path", {}),
        ("first_passage", {"phase": "pore"}), ("conductance", {"phase": "pore", "axis": "x"}),
    ],
)  # fmt: skip
def test_the_descriptor_of_a_loss_is_its_metric_on_sections(name, params):
    grid = Grid(PHASES, (0.1, 0.15), (False, True))
    loss = porenet.create_loss(name, grid, **params)
    twin = porenet.losses.vf(grid).term.component if name == "vf" else None
    spec = twin.spec if twin else getattr(porenet.losses, name)(grid, **params).term.component.spec
    values = porenet.create_metric(spec.twin, **getattr(loss, "twin_params", {}))(Volume(LABELS, grid))
    keys = getattr(loss, "twin_keys", None) or tuple(values)
    described = loss.descriptor(one_hot(LABELS[None]))[0].tolist()
    assert described == pytest.approx([values[key] for key in keys], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("loss", ["isolation", "connectivity", "face_hinge", "maximin", "tortuosity", "slice_floor"])
def test_losses_without_a_twin_read_sections_along_y(loss):
    grid, params = Grid(PHASES, 0.1, dims=2), {"floor": 0.3} if loss == "slice_floor" else {}
    built = porenet.create_loss(loss, grid, phase="pore", **params)
    field = one_hot(LABELS[None]).mul(0.6).add(0.4 / 3).requires_grad_()
    built(field, {}).sum().backward()
    assert field.grad.abs().sum() > 0
    assert field.grad.shape == field.shape
    assert "z" not in str(getattr(built, "inlet", ""))
    assert getattr(built, "axis", "y") == "y"


def test_isolation_has_four_neighbours_on_a_section():
    labels = np.zeros((5, 5), int)
    labels[2, 2] = labels[2, 3] = 1
    loss = porenet.create_loss("isolation", Grid(("solid", "pore"), 1.0, dims=2), phase="pore")
    assert float(loss(one_hot(labels[None], 2), {})) == pytest.approx(6 / 4 / 25)


@pytest.mark.parametrize(
    "metric",
    ["mean_curvature", "tpb_voxel_count", "dpb_active", "tpb_active_share", "conductivity_tensor"],
)
def test_what_is_not_meant_for_sections_is_refused(metric):
    params = {"conductivities": dict.fromkeys(PHASES, 1.0)} if metric == "conductivity_tensor" else {}
    volume = Volume(LABELS, Grid(PHASES, 0.1, dims=2))
    for measure in (getattr(porenet.metrics, metric), lambda each, **_: porenet.create_metric(metric, **params)(each)):
        with pytest.raises(InputError, match=f"porenet:{metric} is defined in 3-D only"):
            measure(volume, **params)
    with pytest.raises(InputError, match="porenet:tpb_active is defined in 3-D only"):
        porenet.create_loss("tpb_active", volume.grid)


def test_every_component_of_volumes_alone_refuses_sections_by_name():
    grid = Grid(PHASES, 0.1, dims=2)
    of_volumes = [
        each for each in installed().components if each.spec.kind in ("loss", "metric") and 2 not in each.spec.dims
    ]
    assert {"tpb_active", "mean_curvature", "conductivity_tensor"} <= {each.spec.name for each in of_volumes}
    for component in of_volumes:
        with pytest.raises(InputError, match=rf"^{component.full_name} is defined in 3-D only"):
            refuse_dims(component, grid)


def test_parameters_name_the_axes_that_a_section_has():
    volume = Volume(LABELS, Grid(PHASES, 0.1, dims=2))
    assert porenet.measure(volume, "connectivity")[0]["params"] == {"axis": "y"}
    assert set(porenet.metrics.connectivity(volume, axis="all")) >= {"pore.y", "pore.x"}
    assert porenet.create_metric("first_passage")(volume) == porenet.metrics.first_passage(volume, inlet="y_min")
    for call in (
        lambda: porenet.metrics.tortuosity(volume, axis="z"),
        lambda: porenet.create_metric("tortuosity", axis="z")(volume),
        lambda: porenet.metrics.first_passage(volume, inlet="z_max"),
        lambda: porenet.create_loss("face_hinge", volume.grid, phase="pore", faces=["y_min", "z_min"]),
    ):
        with pytest.raises(ConfigError, match="a 2-D grid has the axes y and x, not 'z"):
            call()


def test_nothing_crosses_a_volume_along_an_axis_of_one_voxel():
    layer = Volume(LABELS[None], Grid(PHASES, 0.1))
    thin = Undefined("one voxel thick along z")
    measures = porenet.metrics
    assert measures.percolates(layer)["pore.z"] == thin
    assert measures.percolates(layer)["pore.y"] in (0, 1)
    conductivities = dict.fromkeys(PHASES, 1.0)
    for values in (
        measures.connectivity(layer),
        measures.tortuosity(layer),
        measures.geodesic_tortuosity(layer),
        measures.breakthrough_diameter(layer),
        measures.effective_conductivity(layer, conductivities=conductivities),
    ):
        assert set(values.values()) == {thin}
    for values in (measures.first_passage(layer), measures.intrusion_size(layer), measures.constrictivity(layer)):
        assert set(values.values()) == {thin}
    for active in ("spanning", "reachable"):
        lengths = measures.tpb(layer, active=active)
        assert lengths.pop("total") > 0
        profile = measures.tpb_profile(layer, axis="y", parts=2, active=active)
        parts = (value for key, value in profile.items() if not key.startswith("total."))
        shares, areas = measures.tpb_active_share(layer, active=active), measures.dpb_active(layer, estimator="faces")
        assert {*lengths.values(), *parts, *shares.values(), *areas.values()} == {thin}
    along_y = {"Ni": "y_min", "YSZ": "y_max", "pore": "y_min"}
    assert isinstance(measures.tpb(layer, active="reachable", reservoirs=along_y)["active"], float)
    assert isinstance(measures.first_passage(layer, inlet="y_min")["pore.through"], float)
    for values in (measures.ssa(layer), measures.dpb(layer)):
        assert {value.reason for value in values.values()} == {
            "one voxel thick along z: a section has a grid of two edges, voxel_um=(y, x)"
        }
    assert measures.ssa(layer, estimator="faces")["pore"] > 0


CROSSING = [
    ("first_passage", {"phase": "pore"}),
    ("first_passage", {"phase": "pore", "inlet": "x_min", "outlet": "z_max"}),
    ("maximin", {"phase": "pore"}),
    ("connectivity", {"phase": "pore"}),
    ("tortuosity", {"phase": "pore"}),
    ("conductance", {"phase": "pore"}),
    ("tpb_active", {}),
    ("distribution", {"descriptor": "conductance", "params": {"phase": "pore"}}),
]


@pytest.mark.parametrize(("name", "params"), CROSSING)
def test_losses_refuse_a_field_that_nothing_crosses_since_it_has_one_layer(name, params):
    layer = one_hot(LABELS[None]).unsqueeze(2).float()
    for wraps in (False, True):
        loss = porenet.create_loss(name, Grid(PHASES, 0.1, (wraps,) * 3), **params)
        calls = [functools.partial(loss, layer, {})]
        calls += [functools.partial(getattr(loss, name), layer) for name in METHODS if hasattr(loss, name)]
        for call in calls:
            with pytest.raises(
                InputError, match=rf"one voxel thick along z, and {params.get('descriptor', name)} meas"
            ):
                call()
        if hasattr(loss, "descriptor"):
            assert loss.descriptor(layer.repeat(1, 1, 2, 1, 1)).isfinite().all()


def test_losses_refuse_a_line_of_pixels_and_what_is_measured_on_one_layer():
    section = porenet.create_loss("conductance", Grid(PHASES, 0.1, dims=2), phase="pore")
    line = one_hot(LABELS[None, :1]).float()
    for field in (line, line.unsqueeze(2)):
        with pytest.raises(
            InputError, match="one voxel thick along y, and conductance measures what crosses it"
        ) as caught:
            section(field, {})
        assert "two edges" not in str(caught.value)
    along_x = porenet.create_loss("conductance", Grid(PHASES, 0.1), phase="pore", axis="x")
    assert along_x.descriptor(line.unsqueeze(2)).isfinite().all()
    objective = porenet.Objective(
        Grid(PHASES, 0.1), {"conductance": {"weight": 1, "params": {"phase": "pore", "target": "structures"}}}
    )
    with pytest.raises(InputError, match="one voxel thick along z, and conductance measures what crosses it"):
        objective.targets_of(torch.as_tensor(LABELS[None, None]))


def test_a_loss_that_names_what_is_no_axis_as_crossed_is_refused():
    loss = torch.nn.Identity()
    for loss.crossed_axes in (("z", "depth"), "z", None, lambda: ("z",)):
        with pytest.raises(PluginError, match=r"crossed_axes must be a tuple of axes out of 'z', 'y', 'x', not"):
            guarded(loss, Grid(PHASES, 0.1), porenet.losses.vf(Grid(PHASES, 0.1)).term.component.spec)


@pytest.mark.parametrize(("line", "axis"), [(LABELS[:1], "y"), (LABELS[:, :1], "x")])
def test_a_line_of_pixels_has_no_perimeter_by_crofton(line, axis):
    measures, volume = porenet.metrics, Volume(line, Grid(PHASES, 0.1, dims=2))
    values = {
        *measures.ssa(volume).values(),
        *measures.dpb(volume).values(),
        *measures.ssa_profile(volume, axis="y" if axis == "x" else "x", parts=2).values(),
    }
    assert {value.reason for value in values} == {f"one voxel thick along {axis}: a line has no perimeter"}
    wraps = Volume(line, Grid(PHASES, (0.1, 0.1), periodic=(axis == "y", axis == "x")))
    assert measures.ssa(wraps)["pore"] > 0


def test_rows_of_sections_say_so_and_have_their_units():
    rows = porenet.measure(LABELS, ["euler_number", "vf"], phases=PHASES, voxel_um=(0.1, 0.2), periodic=(True, False))
    assert {(row["dims"], *row["voxel_um"], *row["periodic"], *row["shape"]) for row in rows} == {
        (2, 0.1, 0.2, True, False, 22, 26)
    }
    assert {row["unit"] for row in rows} == {"um^-2", "1"}
    assert porenet.measure(Volume(LABELS[None], Grid(PHASES, 0.1)), "euler_number")[0]["unit"] == "um^-3"


def test_targets_of_sections_are_those_of_sections_only():
    section, volume = Grid(PHASES, (0.1, 0.1)), Grid(PHASES, 0.1)
    terms = {"vf": 1000, "ssa": 100, "tpb": 100, "s2": 1}
    objective = porenet.Objective(section, terms)
    targets = objective.targets_of(torch.as_tensor(LABELS[None]))
    assert targets.dims == 2
    field = one_hot(LABELS[None]).float().requires_grad_()
    total, _ = objective(field, targets)
    assert float(total.detach()) == pytest.approx(0, abs=1e-6)
    assert objective.gaps(field.detach(), targets)
    in_3d = porenet.Objective(volume, terms)
    complaint = "measured on 2-D structures, and the loss measures 3-D ones"
    with pytest.raises(InputError, match=complaint):
        in_3d(field.detach().unsqueeze(2).repeat(1, 1, 4, 1, 1), targets)
    with pytest.raises(InputError, match=complaint):
        porenet.create_loss("vf", volume)(field.detach().unsqueeze(2), targets)
    with pytest.raises(InputError, match="measured on 3-D structures, and the loss measures 2-D ones"):
        objective(field, in_3d.targets_of(torch.as_tensor(LABELS[None, None]).repeat(1, 4, 1, 1)))
    with pytest.raises(InputError, match=r"shape \(B, 3, Y, X\).*not \(1, 3, 4, 22, 26\)"):
        objective(field.detach().unsqueeze(2).repeat(1, 1, 4, 1, 1), targets)
    for call in (lambda: in_3d(field, {}), lambda: porenet.create_loss("vf", volume)(field, {})):
        with pytest.raises(InputError, match=r"shape \(B, 3, Z, Y, X\).*not \(1, 3, 22, 26\)\. .*voxel_um=\(y, x\)"):
            call()
    with pytest.raises(InputError, match=r"shape \(N, Z, Y, X\) .*not \(1, 22, 26\)\. .*voxel_um=\(y, x\)"):
        in_3d.targets_of(torch.as_tensor(LABELS[None]))


def test_targets_of_volumes_that_are_measured_on_one_layer_are_doubted():
    layers = torch.as_tensor(LABELS[None, None])
    for grid, terms, doubted in (
        (Grid(PHASES, 0.1), ["vf", "tpb"], True),
        (Grid(PHASES, 0.1), ["vf", "s2"], False),
        (Grid(PHASES, 0.1), {"tpb": {"weight": 1, "planes": "z"}}, False),
        (Grid(PHASES, 0.1, (True, False, False)), ["tpb"], False),
        (Grid(PHASES, 0.1, dims=2), ["tpb"], False),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            porenet.Objective(grid, terms).targets_of(layers)
        assert [each.category for each in caught] == [DoubtfulTarget] * doubted
        assert not doubted or "one voxel thick along z" in str(caught[0].message)
    loss, field = porenet.losses.ssa(Grid(PHASES, 0.1)), one_hot(LABELS[None]).unsqueeze(2)
    for call in (lambda: loss.targets_of(layers), lambda: loss(field.repeat(1, 1, 3, 1, 1), layers)):
        with pytest.warns(DoubtfulTarget, match="one voxel thick along z") as caught:
            call()
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss(field, layers)  # one layer beside one layer


def test_an_objective_of_sections_is_written_down_and_read_back():
    objective = porenet.Objective(Grid(PHASES, (0.1, 0.2), (True, False)), ["vf"])
    again = porenet.Objective.from_run(objective.to_dict())
    assert again.grid == objective.grid
    assert again.to_dict() == objective.to_dict()
    dataset = porenet.TargetDataset(np.stack([LABELS, LABELS.T[: len(LABELS)].repeat(2, 1)[:, :26]]), objective)
    fields, targets = next(iter(torch.utils.data.DataLoader(dataset, batch_size=2)))
    assert fields.shape == (2, 3, 22, 26)
    assert targets.dims == 2
    assert objective.criterion(fields, fields.argmax(1)).item() == pytest.approx(0, abs=1e-9)
    direct = porenet.losses.vf(objective.grid)
    assert direct(fields, direct.targets_of(dataset.labels)).item() == pytest.approx(0, abs=1e-9)
    assert objective.targets_from({"vf": [[0.2, 0.3, 0.5]]}).dims == 2


def test_the_witness_of_triple_points_believes_real_sections():
    from porenet.synthetic import plurigaussian

    section, _ = plurigaussian((120, 120), voxel_um=0.05, length_um=0.3, seed=1, fractions=(0.4, 0.3, 0.3))
    low, high = porenet.create_loss("tpb", section.grid).witness_range
    by_edges, by_loss = (porenet.metrics.tpb(section, estimator=name)["total"] for name in ("edges", "triple"))
    assert low < by_edges / by_loss < high
    volumes = porenet.create_loss("tpb", Grid(PHASES, 0.05)).witness_range
    assert (low, high) == pytest.approx([2 / 3 * edge for edge in volumes])


def test_probabilities_and_labels_of_sections_are_decoded_for_metrics():
    from porenet.integrations.decoded import decoded_labels

    grid = Grid(PHASES, 0.1, dims=2)
    fields = one_hot(LABELS[None]), one_hot(LABELS[None, None])  # the latter with their layer
    for batch in (*fields, torch.as_tensor(LABELS[None]), torch.as_tensor(LABELS[None, None])):
        assert np.array_equal(decoded_labels(batch, grid)[0], LABELS)
    with pytest.raises(InputError, match=r"\(B, 3, Y, X\)"):  # a volume of three layers, in one channel
        decoded_labels(torch.as_tensor(np.stack([LABELS] * 3))[None, None], grid)
    with pytest.raises(InputError, match=r"\(B, 3, Y, X\)"):
        decoded_labels(one_hot(np.stack([LABELS] * 2)[None]), grid)
