"""Where did the NaN come from?"""

from typing import Any

import numpy as np

from pellucid.graph.backward import ancestors
from pellucid.graph.tensor import Tensor


def find_nonfinite(loss: Tensor) -> Tensor | None:
    """The first tensor on the way to the loss whose value is not finite while all that it was made from is;
    else None."""
    for node in sorted(ancestors(loss), key=lambda node: node.depth):
        if not _finite(node.value):
            return node
    return None


def _finite(value: Any) -> bool:
    return bool(np.isfinite(np.asarray(value)).all())
