"""Read and write volumes.

`read` turns a file, a folder of slices or a zarr store into a `porenet.interface.Volume`; `write` does the opposite;
`find` lists the volumes below a folder; `fingerprint` is the SHA-256 of the bytes of a volume. One module per family
of formats; the libraries they need are imported at first use (extras ``tiff``, ``hdf5``, ``nrrd``, ``images`` and
``zarr``).

Files are data, never code: nothing is unpickled, no reference into another folder is followed, and no memory is
allocated for a size that a header states before the file is known to be able to hold it.

The names are listed in ``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
