"""What people call a quantity, and the names under which porenet has it."""

from __future__ import annotations

from collections.abc import Mapping

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "area": ("ssa",),
    "bottleneck": ("breakthrough_diameter", "neck_diameter", "constrictivity"),
    "chord": ("chord_length",),
    "correlation": ("correlation_length", "s2"),
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
    "local_thickness": ("phase_size",),
    "mercury_intrusion": ("intrusion_size",),
    "mip": ("intrusion_size",),
    "neck": ("neck_diameter", "neck_density"),
    "neck_size": ("neck_diameter",),
    "particle_size": ("phase_size",),
    "percolating": ("percolates", "maximin", "first_passage"),
    "percolation": ("percolates", "connectivity", "maximin", "first_passage"),
    "phase_fraction": ("vf",),
    "pore_size": ("phase_size", "intrusion_size"),
    "porosimetry": ("intrusion_size",),
    "porosity": ("vf",),
    "psd": ("phase_size", "intrusion_size"),
    "representative_elementary_volume": ("representative_volume", "representative_size"),
    "rev": ("representative_volume", "representative_size"),
    "rve": ("representative_volume", "representative_size"),
    "specific_surface_area": ("ssa",),
    "surface": ("ssa",),
    "surface_area": ("ssa",),
    "tau": ("tortuosity",),
    "thickness": ("phase_size",),
    "throat": ("neck_diameter", "neck_density"),
    "tortuosity_factor": ("tortuosity",),
    "total_variation": ("ssa",),
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
