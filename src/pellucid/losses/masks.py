"""Labels inside a loss: as masks and signs in the scores' dtype, for an integer mask would make float32 scores float64.

Only shapes and dtypes are looked at here: in a compiled step the values are unknown. `labels.py` looks at values,
where data come in.
"""

from typing import Any

import numpy as np


def right_class(xp: Any, s: Any, y: Any) -> Any:
    """(N, K) with 1 at the right class. Labels of another shape would be broadcast to a loss of something else."""
    if len(np.shape(s)) != 2:
        raise ValueError("scores must have the shape (N, K)")
    if np.shape(y) != s.shape[:1] or y.dtype.kind not in "iu":
        table = np.shape(y) == s.shape
        hint = "; for a probability of each class there is soft_cross_entropy" if table else ""
        raise ValueError(f"labels must be whole numbers of shape ({s.shape[0]},){hint}")
    return (y[:, None] == xp.arange(s.shape[1], dtype=np.int32)).astype(s.dtype)


def single(s: Any, t: Any) -> Any:
    """The labels (N) of single scores (N), in the scores' dtype.

    Scores (N, 1) with labels (N) would be broadcast to a loss (N, N), in silence.
    """
    if len(np.shape(s)) != 1:
        one = len(np.shape(s)) == 2 and s.shape[1] == 1
        raise ValueError(f"single scores must have the shape (N,){': take s[:, 0]' if one else ''}")
    if np.shape(t) != s.shape:
        raise ValueError(f"labels must have the shape of the scores, ({s.shape[0]},)")
    return t.astype(s.dtype)


def fixed_margin(margin: float) -> float:
    """The margin Δ as Python's number, which leaves float32 scores what they are."""
    found = float(margin)
    if not 0 <= found < np.inf:
        raise ValueError(f"the margin must be 0 or more, got {margin!r}")
    return found
