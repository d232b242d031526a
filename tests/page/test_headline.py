"""The sentence above a structure, on bodies whose networks are known by construction."""

import numpy as np
import pytest

from porenet.config import GridFile
from porenet.interface import Grid, Volume
from porenet.page.counters import counters_of, measure_rows, requests_of
from porenet.page.headline import headline_of
from porenet.page.supply import supply_of
from porenet.page.triple_sites import triple_sites

PHASES = ("Ni", "YSZ", "pore")
NI, YSZ, PORE = range(3)
FED = {"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}


def headline(labels, *, phases=PHASES, reservoirs=FED, roles=None, triple=None):
    volume = Volume(np.asarray(labels, np.uint8), Grid(phases, (0.1, 0.1, 0.1)))
    grid = GridFile(volume.grid, {}, {phase: face for phase, face in reservoirs.items() if phase in phases})
    supply = supply_of(grid, triple, roles or {})
    sites = triple_sites(volume, supply, supply.triple) if supply.triple else None
    counters = counters_of(measure_rows(volume, requests_of(grid, supply), lambda _: None), volume, supply, sites)
    return headline_of(counters, supply, phases)


def open_channel():
    """Columns of Ni, pore and YSZ through the box; they meet on two lines, along each of which both ends are fed."""
    labels = np.full((6, 5, 5), YSZ)
    labels[:, :, 0] = NI
    labels[:, 1:3, 1:3] = PORE
    return labels


def test_everything_passes():
    assert headline(open_channel()) == {
        "text": "Gas, electrons and ions pass from z = 0 to z = max; 100 % of the triple-phase boundary is active.",
        "tone": "good",
    }


def test_gas_that_ends_on_the_way_but_reaches_sites():
    labels = open_channel()
    labels[3, 1:3, 1:3] = YSZ
    found = headline(labels)
    # Of six edges along each of two lines three are above the plug; one line more of each kind lies round its ends.
    assert found["text"].startswith("No gas can pass from z = 0 to z = max (electrons and ions do); ")
    assert found["text"].endswith(" % of the triple-phase boundary is active.")
    assert found["tone"] == "bad"


def test_an_inlet_that_leads_nowhere_in_part():
    labels = open_channel()
    labels[:2, 4, 3:5] = PORE  # a second pore of two voxels beside four: it touches no Ni
    text = headline(labels)["text"]
    assert text.startswith("Gas, electrons and ions pass from z = 0 to z = max; ")
    assert text.endswith("active, and 33.3 % of the gas inlet leads to none of it.")


def test_gas_that_reaches_no_site():
    labels = np.full((6, 3, 3), YSZ)
    labels[:, 0] = NI
    labels[:1, 2], labels[1:, 1, 1] = PORE, PORE
    found = headline(labels)
    # The pore beside Ni starts below the inlet, and the one at the inlet ends there.
    assert found["text"] == (
        "No gas can pass from z = 0 to z = max (electrons and ions do); none of the triple-phase boundary is active."
    )
    assert found["tone"] == "bad"


def test_a_boundary_at_the_side_may_be_fed_from_outside():
    labels = np.full((4, 4, 4), YSZ)
    labels[:, 0] = NI
    labels[2, 1, :] = PORE  # beside Ni, from side to side
    text = headline(labels)["text"]
    assert text.endswith(
        "none of the triple-phase boundary is active, though some of it may be fed from outside the box."
    )


def test_a_phase_that_is_absent():
    labels = np.full((4, 4, 4), YSZ)
    labels[:, 0] = NI
    assert headline(labels) == {
        "text": "No gas can pass from z = 0 to z = max (electrons and ions do); "
        "there is no triple-phase boundary, so nothing can react.",
        "tone": "bad",
    }


@pytest.mark.parametrize(("phase", "carrier"), [(NI, "electrons"), (YSZ, "ions"), (PORE, "gas")])
def test_any_carrier_that_is_stopped_is_bad_news(phase, carrier):
    labels = open_channel()
    labels[3][labels[3] == phase] = YSZ if phase != YSZ else PORE
    found = headline(labels)
    assert found["tone"] == "bad"
    assert f"No {carrier} can pass" in found["text"]


def test_a_carrier_that_passes_through_another_phase_is_not_stopped():
    labels = np.arange(4)[None, :, None].repeat(3, axis=0)
    names, roles = ("Ni", "Cu", "YSZ", "pore"), {"Cu": "electrons"}
    labels[1, 1] = 3
    assert headline(labels, phases=names, roles=roles)["tone"] == "good", "Ni still crosses"
    labels[1, 0] = 3
    assert headline(labels, phases=names, roles=roles)["tone"] == "bad"


def test_one_phase_alone():
    text = headline(np.full((3, 3, 3), PORE))["text"]
    assert text.startswith("No electrons or ions can pass from z = 0 to z = max (gas does); ")


def test_names_that_nobody_knows():
    labels = np.zeros((4, 4, 4), int)
    labels[:, 2:] = 1
    names = ("solid", "void")
    assert headline(labels, phases=names) == {
        "text": "A network leads from z = 0 to z = max in solid and void.",
        "tone": "good",
    }
    labels[2] = 0
    assert headline(labels, phases=names) == {
        "text": "No network leads from z = 0 to z = max in void (in solid one does).",
        "tone": "bad",
    }
    labels[:] = np.arange(4)[:, None, None] % 2
    assert headline(labels, phases=names)["text"] == "No network leads from z = 0 to z = max in solid or void."
    assert headline(labels, phases=names, roles={"void": "gas"})["text"] == "No gas can pass from z = 0 to z = max."


def test_two_phases_that_carry_the_same_are_told_by_name():
    labels = np.arange(4)[None, :, None].repeat(3, axis=0)
    names = ("Ni", "Cu", "YSZ", "pore")
    roles = {"Cu": "electrons"}
    assert headline(labels, phases=names, roles=roles)["text"] == (
        "A network leads from z = 0 to z = max in Ni, Cu, YSZ and pore."
    )


@pytest.mark.parametrize("count", [5, 40])
def test_many_phases_are_counted(count):
    labels = np.arange(count)[None, :, None].repeat(3, axis=0)
    labels[1, 0] = 1
    names = tuple(f"grain {number}" for number in range(count))
    assert headline(labels, phases=names) == {
        "text": f"In {count - 1} of {count} phases a network leads from z = 0 to z = max.",
        "tone": "bad",
    }


def test_a_structure_of_one_layer_has_nothing_to_cross():
    answer = headline([[[0, 1]]], phases=("solid", "void"), reservoirs={})
    text = "The structure is one voxel thick along z, so that there is nothing to cross."
    assert answer == {"text": text, "tone": "good"}
