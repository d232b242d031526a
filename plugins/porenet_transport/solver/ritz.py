"""How good the preconditioner is, from the steps of conjugate gradients that were made."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from porenet_transport.solver.kernels import kernel

CLOSE = 1e-3
"""Relative: the estimate of the error asks for no more."""

NO_LESS = 1e-12
"""A value below that is rounding, as where nothing joins the faces."""


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
