from .drafts import draft_of, write_error, write_whole
from .finding import Listing, find
from .interface import MAX_VOXELS, grid_text
from .label_slabs import LabelSlabs
from .reading import grid_of_volume, open_slabs, read, shape_of, stated_values
from .sample import sample_file
from .text_files import check_regular, read_json, read_text, writable
from .unchanged import UnchangedLayers, read_unchanged, read_with_fingerprint, states_of
from .volume_files import files_of, fingerprint
from .writing import format_to_write, write, write_layers

__all__ = [
    "MAX_VOXELS", "LabelSlabs", "Listing", "UnchangedLayers", "check_regular", "draft_of", "files_of", "find",
    "fingerprint", "format_to_write", "grid_of_volume", "grid_text", "open_slabs", "read", "read_json", "read_text",
    "read_unchanged", "read_with_fingerprint", "sample_file", "shape_of", "stated_values", "states_of", "writable",
    "write", "write_error", "write_layers", "write_whole",
]  # fmt: skip
