"""Fields of a single layer, along which a loss cannot measure what crosses them."""

from __future__ import annotations

from collections.abc import Sequence

from porenet.errors import InputError, PluginError
from porenet.interface import AXES, Grid, thin_along


class LayersCrossed:
    """Check that fields have more than one layer along each axis that a loss crosses.

    Both faces of a single layer are the same voxels, so that whatever touches one of them seems to cross; metrics are
    `porenet.Undefined` there. The check looks at the shape alone.

    Args:
        loss: may have ``crossed_axes``, names of the axes along which it measures what leads from face to face.
        grid: of the fields; an axis that a section does not have is left out.
        name: of the loss, for messages.

    Raises:
        PluginError: ``crossed_axes`` names something else.
    """

    def __init__(self, loss: object, grid: Grid, name: str) -> None:
        named = getattr(loss, "crossed_axes", ())
        if not isinstance(named, tuple | list) or any(axis not in AXES for axis in named):
            raise PluginError(
                f"its attribute crossed_axes must be a tuple of axes out of 'z', 'y', 'x', not {named!r:.80}",
                where=f"loss {name}",
            )
        self.grid, self.name = grid, name
        self.axes = [axis for axis in AXES if axis in named and axis in grid.axes]
        self.dimensions = [AXES.index(axis) - 3 for axis in self.axes]

    def __call__(self, shape: Sequence[int]) -> None:
        """Check one field.

        Args:
            shape: ``(B, P, Z, Y, X)``; of sections also ``(B, P, Y, X)``.

        Raises:
            InputError: it has a single layer along such an axis.
        """
        for dimension in self.dimensions:
            if shape[dimension] == 1:
                raise self._refusal(shape)

    def _refusal(self, shape: Sequence[int]) -> InputError:
        thin = thin_along(self.grid, (1, *shape[2:])[-3:], self.axes)
        of_section = "" if self.grid.dims == 2 else " A section has a grid of two edges, voxel_um=(y, x)."
        return InputError(
            f"the field is {thin.reason if thin else ''}, and {self.name} measures what crosses it",
            where="probabilities",
            fix=f"Take thicker fields or another axis.{of_section}",
        )
