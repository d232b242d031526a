from .drafts import draft_of, write_whole
from .finding import Listing, files_of, find, fingerprint
from .reading import read
from .stored import MAX_VOXELS
from .writing import write

__all__ = ["MAX_VOXELS", "Listing", "draft_of", "files_of", "find", "fingerprint", "read", "write", "write_whole"]
