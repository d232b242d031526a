"""What people call a quantity, and the names under which porenet has it."""

from __future__ import annotations

from collections.abc import Mapping

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "area": ("ssa",),
    "bottleneck": ("breakthrough_diameter", "neck_diameter", "constrictivity"),
    "chi": ("euler_number",),
    "chord": ("chord_length",),
    "composite": ("effective_conductivity", "conductivity_tensor"),
    "conductivity": ("effective_conductivity", "conductance", "tortuosity"),
    "contact_area": ("dpb",),
    "correlation": ("correlation_length", "s2"),
    "curvature": ("mean_curvature",),
    "diffusivity": ("tortuosity", "conductance"),
    "double_phase_boundary": ("dpb",),
    "effective_conductivity_tensor": ("conductivity_tensor",),
    "effective_diffusivity": ("tortuosity", "conductance"),
    "euler": ("euler_number",),
    "euler_characteristic": ("euler_number",),
    "euler_density": ("euler_number",),
    "geodesic": ("geodesic_tortuosity",),
    "graded": ("vf_profile", "ssa_profile", "tpb_profile"),
    "integral_of_mean_curvature": ("mean_curvature",),
    "interface_area": ("dpb",),
    "interfacial_area": ("dpb",),
    "island": ("isolation", "connectivity"),
    "isolated": ("isolation", "connectivity"),
    "katz_thompson": ("permeability_katz_thompson",),
    "local_thickness": ("phase_size",),
    "mean_breadth": ("mean_curvature",),
    "mean_width": ("mean_curvature",),
    "mercury_intrusion": ("intrusion_size",),
    "minkowski_functionals": ("vf", "ssa", "mean_curvature", "euler_number"),
    "mip": ("intrusion_size",),
    "neck": ("neck_diameter", "neck_density"),
    "neck_size": ("neck_diameter",),
    "particle_size": ("phase_size",),
    "path_length": ("geodesic_tortuosity",),
    "percolating": ("percolates", "maximin", "first_passage"),
    "percolation": ("percolates", "connectivity", "maximin", "first_passage"),
    "permeability": ("permeability_katz_thompson",),
    "phase_fraction": ("vf",),
    "pore_size": ("phase_size", "intrusion_size"),
    "porosimetry": ("intrusion_size",),
    "porosity": ("vf",),
    "profile": ("vf_profile", "ssa_profile", "tpb_profile"),
    "psd": ("phase_size", "intrusion_size"),
    "representative_elementary_volume": ("representative_volume", "representative_size"),
    "rev": ("representative_volume", "representative_size"),
    "rve": ("representative_volume", "representative_size"),
    "shortest_path": ("geodesic_tortuosity", "first_passage"),
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
    """The known components that somebody may mean who writes a synonym; empty if it is not a synonym.

    Args:
        name: as it was written; case, spaces and hyphens do not matter.
        known: names of the components of the kind in question.
    """
    folded = name.strip().casefold().replace("-", "_").replace(" ", "_")
    return [component for component in SYNONYMS.get(folded, ()) if component in known]
