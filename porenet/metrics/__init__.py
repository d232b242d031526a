"""Every installed metric as a function of its name: ``porenet.metrics.tpb(volume)`` returns its values by key.

In place of a `porenet.Volume` each takes an array with the meaning of its values, ``phases=`` and ``voxel_um=``. What a
metric is called here, it is called everywhere. Metrics of other plugins are here too where the bare name says which is
meant. Importing this does not import torch; the types stand in ``__init__.pyi``, which is generated.
"""

from porenet.measurement.metric_functions import attribute as __getattr__  # noqa: F401 -- a hook of the module
from porenet.measurement.metric_functions import names as __dir__  # noqa: F401
