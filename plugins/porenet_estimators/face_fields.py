"""Area of the voxel faces between unlike voxels, on fields of probabilities."""

from __future__ import annotations

from torch import Tensor

from porenet_estimators.unlike_faces import Form, unlike_faces


def face_densities(
    field: Tensor,
    voxel_um: tuple[float, float, float],
    periodic: tuple[bool, bool, bool],
    form: Form = "product",
) -> Tensor:
    """Area of the faces between unlike voxels, per total volume, of each phase.

    On one-hot fields both forms are the count of `porenet_estimators.interfaces.face_densities`, summed over
    the other phases. The outer faces of the box are no interface.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether the last voxel and the first share a face.
        form: how unlike two neighbours p and q are: ``product`` p (1 - q) + q (1 - p), the chance that exactly one of
            two independent draws is of the phase; ``absolute`` |p - q|, which is 0 on every flat field.

    Returns:
        ``(B, P)``, um^-1, >= 0, at least float32; once differentiable.
    """
    voxels = field.shape[2] * field.shape[3] * field.shape[4]
    dz, dy, dx = (1 / (edge_um * voxels) for edge_um in voxel_um)
    return unlike_faces(field, (dz, dy, dx), periodic, form=form)
