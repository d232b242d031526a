from .documents import parse
from .grid_file import GridFile, GridTable, grid_of, load_grid
from .preset_file import Preset, Quantity, load_preset, preset_names
from .run import Run, build_terms, load_run, parse_run, run_in, run_of
from .tables import Findings, Table
from .term import Term
from .whole_documents import Document, Place, read_document

__all__ = [
    "Document", "Findings", "GridFile", "GridTable", "Place", "Preset", "Quantity", "Run", "Table", "Term",
    "build_terms", "grid_of", "load_grid", "load_preset", "load_run", "parse", "parse_run", "preset_names",
    "read_document", "run_in", "run_of",
]  # fmt: skip
