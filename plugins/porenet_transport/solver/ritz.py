"""Least eigenvalue of the preconditioned system, from the steps of conjugate gradients that were made."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from porenet_transport.solver.kernels import kernel

LOOK_BACK = 5
"""Steps over which the fall of the least Ritz value is taken as still to come."""
CLOSE = 1e-3
"""Relative tolerance of the eigenvalue, sufficient for the estimate of the error."""

NO_LESS = 1e-12
"""A value below that is rounding, as where nothing joins the faces."""


def least_eigenvalue(lengths: NDArray[np.float64], products: NDArray[np.float64], steps: int) -> float:
    """Least Ritz value of the preconditioned system, less what it fell by in the last steps; at most 1.

    Args:
        lengths: of the steps along their directions.
        products: residual . preconditioned residual before each step, and after the last.
        steps: how many of them count.
    """
    now = float(least_ritz_value(lengths, products, steps))
    before = float(least_ritz_value(lengths, products, max(0, steps - LOOK_BACK)))
    return now * min(1.0, now / before)


@kernel
def least_ritz_value(lengths, products, steps):
    """Least eigenvalue, at most 1, of the tridiagonal matrix that the first steps make; 1 for none.

    By bisection: a number is below all eigenvalues exactly when elimination finds positive pivots alone.

    Args:
        lengths: of the steps along their directions.
        products: residual . preconditioned residual before each step.
        steps: how many of them count.
    """
    low, high = 0.0, 1.0
    while steps > 0 and high - low > CLOSE * low:
        middle = 0.5 * (low + high)
        pivot = 1 / lengths[0] - middle
        for k in range(1, steps):
            if pivot <= 0:
                break
            share = products[k] / products[k - 1]
            last = 1 / lengths[k - 1]
            pivot = 1 / lengths[k] + share * last - middle - share * last * last / pivot
        if pivot > 0:
            low = middle
        else:
            high = middle
        if high < NO_LESS:
            break
    return low if low > 0 else high
