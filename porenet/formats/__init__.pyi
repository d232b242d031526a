from .drafts import draft_of, write_error, write_whole
from .finding import Listing, files_of, find, fingerprint
from .grid_toml import grid_text
from .phases import LEAST_VALUE, MOST_VALUE
from .reading import read
from .stored import MAX_VOXELS
from .text_files import check_regular, read_json, read_text, writable
from .unchanged import read_with_fingerprint, states_of
from .writing import write

__all__ = [
    "LEAST_VALUE", "MAX_VOXELS", "MOST_VALUE", "Listing", "check_regular", "draft_of", "files_of", "find",
    "fingerprint", "grid_text", "read", "read_json", "read_text", "read_with_fingerprint", "states_of", "writable",
    "write", "write_error", "write_whole",
]  # fmt: skip
