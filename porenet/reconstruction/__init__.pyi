from .descriptor_terms import default_terms, usual_reach_um
from .overlap import Overlap, overlap_of
from .reconstruction import Reconstruction, reconstruct
from .reconstructor import Reconstructor, Structure
from .section_reconstructor import SectionReconstructor
from .spectral_start import Start, start_logits
from .structure_report import MISSED_AT, StructureReport

__all__ = [
    "MISSED_AT", "Overlap", "Reconstruction", "Reconstructor", "SectionReconstructor", "Start", "Structure",
    "StructureReport", "default_terms", "overlap_of", "reconstruct", "start_logits", "usual_reach_um",
]  # fmt: skip
