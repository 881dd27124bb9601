"""What saying "none of these" costs: right verdicts that are refused, and wrong ones that are not."""

from dataclasses import asdict, dataclass

import numpy as np

from pellucid.storage.errors import InputError

__all__ = ["Rates", "accepted_by_threshold", "rates"]


@dataclass(frozen=True)
class Rates:
    """How often verdicts are refused, on pictures whose class is known. Shares are 0 to 1, and None where there is
    nothing to take a share of.

    Attributes
    ----------
    pictures : how many
    refused : of all pictures
    wrong_refusals : of the right verdicts, those that are refused
    wrong_acceptances : of the wrong verdicts, those that are accepted
    accuracy : of the accepted verdicts, those that are right
    """

    pictures: int
    refused: float | None
    wrong_refusals: float | None
    wrong_acceptances: float | None
    accuracy: float | None

    def to_json(self) -> dict[str, float | int | None]:
        return asdict(self)


def rates(refused: np.ndarray, right: np.ndarray) -> Rates:
    """The rates of verdicts: (n,) bool, whether each is refused, and whether it is right.

    Raises `InputError` where these are not of one length.
    """
    refused, right = np.asarray(refused, bool), np.asarray(right, bool)
    if refused.shape != right.shape or refused.ndim != 1:
        raise InputError(f"Refusals and verdicts must be (n,) both, got {refused.shape} and {right.shape}.")
    everything = np.ones(len(right), bool)
    return Rates(
        len(right),
        _share(refused, everything),
        _share(refused, right),
        _share(~refused, ~right),
        _share(right, ~refused),
    )


def accepted_by_threshold(sure: np.ndarray, too_far: np.ndarray) -> np.ndarray:
    """(101,) float64: of these verdicts, the share that is accepted by the thresholds 0, 0.01, …, 1 of their
    probability; NaN where there are no verdicts.

    Parameters
    ----------
    sure (n,) : the probability of each
    too_far (n,) bool : which are refused by any threshold
    """
    if not len(sure):
        return np.full(101, np.nan)
    near = np.sort(np.asarray(sure, np.float64)[~np.asarray(too_far, bool)])
    return (len(near) - np.searchsorted(near, np.linspace(0.0, 1.0, 101), side="left")) / len(sure)


def _share(part: np.ndarray, whole: np.ndarray) -> float | None:
    return float(part[whole].mean()) if whole.any() else None
