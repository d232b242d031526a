"""What several losses compute of one field, computed once within one call of an objective.

Losses of a plugin name such a computation by `shared`; an objective opens a call by `sharing`, and what was computed is
forgotten when it ends. A loss that is called alone, in ``torch.compile`` or in a transform of ``torch.func`` computes
everything itself, as does one that does not use `shared`.

    margin = shared(margin_of, probabilities, channel)
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from porenet.slopes import transforming

Result = TypeVar("Result", bound=Tensor | tuple[Tensor, ...])


class _Entry(NamedTuple):
    field: Tensor  # held, so that no other tensor gets its identity
    version: int
    result: Any
    versions: list[int]


_call: ContextVar[dict[Hashable, _Entry] | None] = ContextVar("porenet_shared_by_losses", default=None)


def sharing() -> AbstractContextManager[None]:
    """A call of an objective: what is `shared` within is computed once, and forgotten at its end."""
    return contextlib.nullcontext() if torch.compiler.is_compiling() else _Call()


def shared(compute: Callable[..., Result], field: Tensor, *settings: Hashable) -> Result:
    """``compute(field, *settings)``, or what the same call has given before within one call of an objective.

    The field is known by its identity and version, so that a field that was changed in place is computed anew, as is a
    result that was. One that was computed without a gradient is not handed on where a gradient is recorded. Do not
    change a result in place.

    Args:
        compute: a function of a module; of field and settings alone, without random numbers.
        field: any tensor.
        settings: what else it depends on.
    """
    if torch.compiler.is_compiling():
        return compute(field, *settings)
    memory = _call.get()
    if memory is None or transforming() or field.is_inference():
        return compute(field, *settings)
    modes = torch.is_grad_enabled(), field.requires_grad, torch.is_inference_mode_enabled(), _autocast(field)
    key = compute, id(field), settings, modes
    entry = memory.get(key)
    if entry is None or entry.version != field._version or entry.versions != _versions(entry.result):
        result = compute(field, *settings)
        if torch.is_inference_mode_enabled():
            return result
        entry = memory[key] = _Entry(field, field._version, result, _versions(result))
    return entry.result  # type: ignore[no-any-return]


class _Call:
    def __enter__(self) -> None:
        self._token = _call.set({})

    def __exit__(self, *_: object) -> None:
        _call.reset(self._token)


def _versions(result: Any) -> list[int]:
    return [part._version for part in (result if isinstance(result, tuple) else (result,))]


def _autocast(field: Tensor) -> Any:
    device = field.device.type
    if device == "meta" or not torch.is_autocast_enabled(device):
        return None
    return torch.get_autocast_dtype(device)
