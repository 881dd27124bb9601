"""Where the light changes in a picture: the gradient of every pixel."""

from typing import Any

from pellucid.arrays.compile import materialized
from pellucid.arrays.namespace import namespace


def strongest_gradients(pictures: Any, *, root: bool = False) -> tuple[Any, Any, Any]:
    """Differences of the neighbors below and above, right and left, and the length of the gradient, each (H, W, N), of
    the channel where it is longest; 0 where a neighbor is missing.

    Pictures are the last axis of what is returned: the same is done to neighbors in memory, which processors do
    fastest.

    Parameters
    ----------
    pictures (N, H, W, C) uint8
    root : of the square roots of the pixels, in float64, where rounding breaks ties as it does in scikit-image;
        differences of the pixels themselves are exact in float32
    """
    xp = namespace(pictures)
    x = xp.moveaxis(pictures, 0, -1)  # (H, W, C, N)
    # A border like the row behind the edge one makes the difference across the edge 0.
    x = xp.concatenate([x[1:2], x, x[-2:-1]]) if len(x) > 1 else xp.concatenate([x, x, x])
    sides = (x[:, 1:2], x, x[:, -2:-1]) if x.shape[1] > 1 else (x, x, x)
    x = materialized(xp.concatenate(sides, axis=1)).astype("float64" if root else "float32")
    if root:
        x = xp.sqrt(x)
    vertical, horizontal = x[2:, 1:-1] - x[:-2, 1:-1], x[1:-1, 2:] - x[1:-1, :-2]
    # Squares of differences of 8-bit numbers are exact, and order them as their roots do.
    length = xp.hypot(vertical, horizontal) if root else vertical**2 + horizontal**2
    found = (vertical[:, :, 0], horizontal[:, :, 0], length[:, :, 0])
    for channel in range(1, x.shape[2]):
        longer = length[:, :, channel] > found[2]
        found = tuple(
            xp.where(longer, new[:, :, channel], old)
            for new, old in zip((vertical, horizontal, length), found, strict=True)
        )
    return found if root else (*found[:2], xp.sqrt(found[2]))
