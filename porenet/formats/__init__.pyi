from .drafts import draft_of, write_error, write_whole
from .finding import Listing, find
from .interface import LEAST_VALUE, MAX_VOXELS, MOST_VALUE
from .label_slabs import LabelSlabs
from .reading import open_slabs, read
from .text_files import check_regular, read_json, read_text, writable
from .unchanged import read_with_fingerprint, states_of
from .volume_files import files_of, fingerprint
from .writing import format_to_write, write

__all__ = [
    "LEAST_VALUE", "MAX_VOXELS", "MOST_VALUE", "LabelSlabs", "Listing", "check_regular", "draft_of", "files_of", "find",
    "fingerprint", "format_to_write", "open_slabs", "read", "read_json", "read_text", "read_with_fingerprint",
    "states_of", "writable", "write", "write_error", "write_whole",
]  # fmt: skip
