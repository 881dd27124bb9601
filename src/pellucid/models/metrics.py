"""How far apart two pictures are: the distances that nearest neighbors are found by."""

from collections.abc import Callable

import numpy as np

from pellucid.storage.errors import InputError

METRICS = {
    "l2": "Euclidean distance √Σ(a − b)²",
    "l1": "city-block distance Σ|a − b|",
    "cosine": "1 − the cosine of the angle between a and b",
}
"""What `--metric` can name."""


def distances(metric: str, examples: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The distance of each example to x, exact for gray levels: (n, D), (D,) → (n,) float64.

    Sums are made in float64, row by row in one order, so that equal examples are equally far; never in uint8, where
    3 − 5 is 254 and half of the nearest neighbors are wrong.
    """
    formula, one = _FORMULAS[metric], x.astype(np.float64)
    size = max(1, _CACHED // max(1, len(one)))
    starts = range(0, max(1, len(examples)), size)  # also of none
    return np.concatenate([formula(examples[i : i + size].astype(np.float64), one) for i in starts])


_CACHED = 2**17  # numbers at once: a megabyte, which stays in the cache from one pass over it to the next


def _euclidean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a -= b
    a *= a
    return np.sqrt(a.sum(axis=1))


def _city_block(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a -= b
    return np.abs(a, out=a).sum(axis=1)


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    lengths = np.sqrt((a * a).sum(axis=1) * (b * b).sum())
    a *= b
    return np.maximum(1.0 - a.sum(axis=1) / lengths, 0.0)


_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "l2": _euclidean,
    "l1": _city_block,
    "cosine": _cosine,
}


def check_measurable(metric: str, x: np.ndarray, what: str) -> None:
    """Raise `InputError` where a row of x (n, D) has no distance: NaN, infinite, or for the cosine all 0.

    Parameters
    ----------
    what : the rows are, such as "training picture"; they are named by their number
    """
    if x.dtype.kind == "f":
        _refuse(
            np.flatnonzero(~np.isfinite(x).all(axis=1)),
            what,
            "NaN or infinite numbers, and nothing is near them",
        )
    if metric == "cosine":
        _refuse(
            np.flatnonzero(~x.any(axis=1)), what, "nothing but zeros, which have no angle: take --metric l2"
        )


def _refuse(bad: np.ndarray, what: str, why: str) -> None:
    if len(bad):
        named = ", ".join(f"{row + 1:,}" for row in bad[:5])
        more = ", …" if len(bad) > 5 else ""
        raise InputError(
            f"{len(bad):,} {what}{'s' * (len(bad) > 1)} of these hold {why} (number {named}{more})."
        )
