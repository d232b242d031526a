"""Small valid files in the formats of archives, written by their libraries or by hand."""

import tempfile
from pathlib import Path

import h5py
import mrcfile
import nibabel
import numpy as np
import scipy.io
from amira_bytes import amira

from porenet.formats import write

HEADER_7_3 = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"


def archive_samples(volume):
    """Suffix and bytes of each file; every one holds the labels, as MATLAB does: A(y, x, z)."""
    labels = volume.labels
    pages = labels.transpose(1, 2, 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(volume, folder / "v.mha")
        nifti = nibabel.Nifti1Image(labels.T, np.diag([0.3, 0.2, 0.1, 1]))
        for suffix in (".nii", ".nii.gz"):
            nibabel.save(nifti, folder / f"v{suffix}")
        nibabel.save(nibabel.Nifti2Image(labels.T.astype(">i4"), np.diag([0.3, 0.2, 0.1, 1])), folder / "v2.nii")
        for code in ("i1", "i2", "u2"):
            with mrcfile.new(folder / f"{code}.mrc") as file:
                file.set_data(labels.astype(code))
        for number, packed in enumerate((False, True)):
            variables = {"curve": np.arange(3.0), "im": pages, "about": {"by": "hand"}}
            scipy.io.savemat(folder / f"{number}.mat", variables, do_compression=packed)
        matlab7(folder / "7.mat", {"im": pages})
        files = [
            ("".join(path.suffixes) if path.suffix == ".gz" else path.suffix, path.read_bytes())
            for path in sorted(folder.iterdir())
        ]
    options = (
        {},
        {"encoding": "ASCII"},
        {"encoding": "BINARY", "kind": "int"},
        {"codec": "HxByteRLE"},
        {"codec": "HxZip"},
    )
    return files + [(".am", amira(labels, **option)) for option in options]


def matlab7(path, variables, **options):
    """A file as ``save -v7.3`` writes it."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in variables.items():
            item = file.create_dataset(name, data=array.T, **options)
            item.attrs["MATLAB_class"] = np.bytes_(array.dtype.name.replace("float64", "double"))
    with path.open("r+b") as file:
        file.write(HEADER_7_3)
