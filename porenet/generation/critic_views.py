"""What a critic is shown of a generated field."""

from __future__ import annotations

from torch import Tensor

from porenet.relaxation import relaxed


def critic_view(field: Tensor, reads: str = "straight_through") -> Tensor:
    """A generated field as the critic sees it: decoded, with the gradient of the probabilities.

    Real structures are one-hot and generated probabilities are not, so a critic that is shown probabilities tells the
    two apart by how decided a voxel is, and learns nothing of structure: on real electrodes its distance was 174 at
    step 25, and 0.0 to 0.4 for a hundred steps where it saw decoded structures. What it then asks for is what will be
    measured. Take the gradient penalty between what the critic sees, real and generated, and not between fields.

    Args:
        field: probabilities ``(B, P, Z, Y, X)``, dimensionless.
        reads: ``straight_through``, or another relaxation, see `porenet.relaxation`; ``soft`` shows the probabilities.

    Raises:
        InputError: there is no such relaxation.

    Returns:
        ``(B, P, Z, Y, X)``; its gradient passes to the field.

    Example:
        >>> import torch
        >>> field = torch.tensor([0.36, 0.34, 0.30]).view(1, 3, 1, 1, 1)
        >>> critic_view(field).flatten().tolist()
        [1.0, 0.0, 0.0]
    """
    return relaxed(reads, field)
