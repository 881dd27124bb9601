"""What a comparison comes to: in plain words, and as numbers for programs."""

from collections.abc import Sequence
from typing import Any

from pellucid.inspection.metrics import PairedTest
from pellucid.search.compare import Measured, against, chosen
from pellucid.search.ladder import LOWEST

SURE = 0.05
"""Below this probability a difference is called one."""


def conclusion(rungs: Sequence[Measured]) -> list[str]:
    """A few sentences: which rung to take, whether it is better than its rival, and what chose it."""
    if len(rungs) < 2:
        return ["Only one model was measured: there is nothing to compare it with."]
    first = chosen(rungs)
    second = _rival(rungs, first)
    said = [_pair(rungs, first, second)]
    low = next((i for i, rung in enumerate(rungs) if rung.name == LOWEST), None)
    if low is not None and low not in (first, second) and not _better(rungs, first, low):
        said.append(f"{rungs[first].name} is not clearly better than always saying the most common class.")
    return [*said, _choice(rungs, first)]


def _rival(rungs: Sequence[Measured], first: int) -> int:
    """The one that does best on the test pictures besides the first: whoever beats it beats all."""
    others = [i for i in range(len(rungs)) if i != first]
    return max(others, key=lambda i: rungs[i].test.accuracy)


def _pair(rungs: Sequence[Measured], first: int, second: int) -> str:
    a, b, test = rungs[first], rungs[second], against(rungs, first, second)
    pictures = f"{len(a.test):,} {'pictures' if a.folds else 'test pictures'}"
    if test.p_value >= SURE:
        return (
            f"{rungs[first].name} and {rungs[second].name} cannot be told apart: {_points(a, b)} of {pictures}; "
            f"two equally good models differ this much by chance: {probability(test)}."
        )
    better, worse = (a, b) if test.only_a > test.only_b else (b, a)
    told = f"{better.name} is better than {worse.name}: {_points(better, worse)} of {pictures}"
    if better is b:
        told += f", although {a.name} did better on validation"
    return f"{told}; a difference of this size by chance: {probability(test)}."


def _choice(rungs: Sequence[Measured], first: int) -> str:
    rung = rungs[first]
    if any(each.validation is None for each in rungs):
        return (
            "Without validation pictures the test accuracy itself had to choose, so it is a little too good."
        )
    share = f"{100 * (rung.validation or 0):.1f} %"
    over = ", the mean over the folds" if rung.folds else ""
    return (
        f"To choose: {rung.name}, the best on validation pictures ({share}{over}); "
        "the test accuracy is reported and chooses nothing."
    )


def _better(rungs: Sequence[Measured], one: int, other: int) -> bool:
    test = against(rungs, one, other)
    return test.p_value < SURE and test.only_a > test.only_b


def _points(a: Measured, b: Measured) -> str:
    if a.test.accuracy == b.test.accuracy:
        return f"both {100 * a.test.accuracy:.1f} %"
    digits = 1 if f"{100 * a.test.accuracy:.1f}" != f"{100 * b.test.accuracy:.1f}" else 2
    return f"{100 * a.test.accuracy:.{digits}f} against {100 * b.test.accuracy:.{digits}f} %"


def probability(test: PairedTest) -> str:
    """ "p = 0.0003"; what is smaller than 0.0001 is not worth its digits."""
    return f"p = {test.p_value:.2g}" if test.p_value >= 1e-4 else "p < 0.0001"


def as_json(rungs: Sequence[Measured]) -> dict[str, Any]:
    """The rungs, the choice and the conclusion, as JSON holds them."""
    first = chosen(rungs)
    return {
        "rungs": [_rung(rungs, i, first) for i in range(len(rungs))],
        "chosen": rungs[first].name,
        "chosen_on": "test" if any(rung.validation is None for rung in rungs) else "validation",
        "conclusion": conclusion(rungs),
    }


def _rung(rungs: Sequence[Measured], index: int, first: int) -> dict[str, Any]:
    rung = rungs[index]
    low, high = rung.test.interval
    return {
        "name": rung.name,
        "words": rung.words,
        "test_accuracy": rung.test.accuracy,
        "interval": [low, high],
        "pictures": len(rung.test),
        "validation_accuracy": rung.validation,
        "folds": list(rung.folds),
        "deviation": rung.deviation,
        "against_below": _test(rungs, index, index - 1) if index else None,
        "against_chosen": _test(rungs, index, first) if index != first else None,
        "seconds": rung.seconds,
        "microseconds": rung.microseconds,
        "bulk_microseconds": rung.bulk_microseconds,
        "bytes": rung.bytes,
        "remarks": list(rung.remarks),
        **rung.facts,
    }


def _test(rungs: Sequence[Measured], one: int, other: int) -> dict[str, Any]:
    test = against(rungs, one, other)
    return {
        "other": rungs[other].name,
        "only_this": test.only_a,
        "only_other": test.only_b,
        "p": test.p_value,
    }
