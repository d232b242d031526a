"""Types of values and fill values of zarr arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED

_NUMBERS = {"bool": "|b1", "int8": "|i1", "uint8": "|u1"} | {
    f"{kind}{8 * size}": f"<{kind[0]}{size}" for kind in ("int", "uint", "float") for size in (2, 4, 8)
}


def type_2(name: object) -> np.dtype[Any]:
    """The type of values that version 2 calls so, with its byte order.

    Raises:
        InputError: not one of numbers.
    """
    if (
        not isinstance(name, str)
        or name[:1] not in "<>|"
        or f"<{name[1:]}" not in {f"<{code[1:]}" for code in _NUMBERS.values()}
    ):
        raise _not_numbers(name)
    dtype = np.dtype(name)
    if dtype.itemsize > 1 and name[0] == "|":
        raise InputError("the byte order of its values is not stated", fix=DAMAGED)
    return dtype


def type_3(name: object) -> np.dtype[Any]:
    """The type of values that version 3 calls so; a codec states the byte order.

    Raises:
        InputError: not one of numbers.
    """
    if not isinstance(name, str) or name not in _NUMBERS:
        raise _not_numbers(name)
    return np.dtype(_NUMBERS[name])


def fill_value(dtype: np.dtype[Any], value: object) -> Any:
    """The value of chunks that were left out, from JSON; 0 where none is stated, as zarr reads it.

    Raises:
        InputError: not a value of that type.
    """
    if dtype.kind == "f":
        if isinstance(value, str) and value.startswith("0x"):
            return np.frombuffer(bytes.fromhex(value[2:]), dtype.newbyteorder(">"))[0]
        return dtype.type(float(value or 0))  # type: ignore[arg-type]
    whole = int(value or 0) if isinstance(value, bool | int | float | None) else None
    if whole is None or whole != (value or 0):
        raise InputError(f"its fill value {str(value)[:40]!r} is not a whole number", fix=DAMAGED)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not low <= whole <= high:
        raise InputError(f"its fill value {whole} is not one of {dtype.name}", fix=DAMAGED)
    return dtype.type(whole)


def _not_numbers(name: object) -> InputError:
    return InputError(
        f"holds values of type {str(name)[:60]!r}, not integer labels",
        fix="Save one whole number per voxel, such as uint8; objects are never loaded.",
    )
