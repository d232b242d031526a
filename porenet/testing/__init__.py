"""Conformance tests: the laws that every component obeys, whether of porenet or of another plugin.

The whole conformance test of a plugin, by the name of its distribution::

    from porenet.testing import conformance

    @conformance("porenet-corners")
    def test_conformance(check):
        check()

The cases come from the plugin's hook ``porenet_cases``, which ``porenet check`` reads too; a `Case` can also be passed
directly.

The names stand in ``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
