"""Every installed loss as a function of its name: ``porenet.losses.ssa(grid)`` makes a module for any training loop.

What a loss is called here, it is called everywhere: in runs, in ``porenet show``, in `porenet.create_loss`. Losses of
other plugins are here too where the bare name says which is meant. Importing this does not import torch; the types
stand in ``__init__.pyi``, which is generated.
"""

from porenet.objective.loss_functions import attribute as __getattr__  # noqa: F401 -- a hook of the module
from porenet.objective.loss_functions import names as __dir__  # noqa: F401
