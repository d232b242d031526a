"""Files of fitted fields, ``fields.json``: of ``porenet synthesize --fit``, and of the folder of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from porenet.synthetic.fitted_fields import FittedFields

FIT, REQUEST = "fit", "request"
"""Keys of the file: the fit, and what ``porenet synthesize`` was asked for."""


def fit_in(written: Any) -> FittedFields:
    """The fit that the content of a file holds: under ``fit``, or by itself, as `FittedFields.to_dict` gives it.

    Raises:
        InputError: it holds no fit, or a key of it is missing or wrong.
    """
    return FittedFields.from_dict(written[FIT] if isinstance(written, Mapping) and FIT in written else written)


def candidates_in(written: Any, default: int) -> Any:
    """The number of candidates that the content of a file was asked for; the default where it states none."""
    request = written.get(REQUEST) if isinstance(written, Mapping) else None
    return request.get("candidates", default) if isinstance(request, Mapping) else default
