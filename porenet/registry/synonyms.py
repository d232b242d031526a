"""What people call a quantity, and the names under which porenet has it."""

from __future__ import annotations

from collections.abc import Mapping

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "area": ("ssa",),
    "bottleneck": ("breakthrough_diameter",),
    "chord": ("chord_length",),
    "conductivity": ("conductance", "tortuosity"),
    "contact_area": ("dpb",),
    "diffusivity": ("tortuosity", "conductance"),
    "double_phase_boundary": ("dpb",),
    "effective_conductivity": ("conductance", "tortuosity"),
    "effective_diffusivity": ("tortuosity", "conductance"),
    "euler": ("euler_number",),
    "euler_characteristic": ("euler_number",),
    "interface_area": ("dpb",),
    "interfacial_area": ("dpb",),
    "island": ("isolation", "connectivity"),
    "isolated": ("isolation", "connectivity"),
    "percolating": ("percolates", "maximin", "first_passage"),
    "percolation": ("percolates", "connectivity", "maximin", "first_passage"),
    "phase_fraction": ("vf",),
    "porosity": ("vf",),
    "representative_elementary_volume": ("representative_volume",),
    "rev": ("representative_volume",),
    "rve": ("representative_volume",),
    "specific_surface_area": ("ssa",),
    "surface": ("ssa",),
    "surface_area": ("ssa",),
    "tau": ("tortuosity",),
    "total_variation": ("ssa",),
    "tortuosity_factor": ("tortuosity",),
    "tpb_density": ("tpb",),
    "tpb_length": ("tpb",),
    "triple_line": ("tpb",),
    "triple_phase_boundary": ("tpb",),
    "two_point_correlation": ("s2",),
    "volume_fraction": ("vf",),
    "volume_fractions": ("vf",),
}


def meant(name: str, known: list[str]) -> list[str]:
    """The known components that somebody may mean who writes a synonym; none if it is no synonym.

    Args:
        name: as it was written; case, spaces and hyphens do not matter.
        known: names of the components of the kind in question.
    """
    folded = name.strip().casefold().replace("-", "_").replace(" ", "_")
    return [component for component in SYNONYMS.get(folded, ()) if component in known]
