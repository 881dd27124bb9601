"""What a search tries: ranges on logarithmic scales, choices, and how the numbers of a trial are drawn.

Drawn at random, because usually few of the settings matter, and a grid would try the same few values of those again and
again (Bergstra and Bengio 2012, "Random search for hyper-parameter optimization", section 2). On logarithmic scales,
because doubling a learning rate means the same whether it is small or large.
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from pellucid.models.kinds import MEAN, NEIGHBORS, REMEMBERING, settings_of
from pellucid.models.metrics import METRICS
from pellucid.models.neighbors import COUNTS, WEIGHTS
from pellucid.preprocessing.features import features_described, listed
from pellucid.search.settings import LAYERS, NETWORK, checked_layers, with_settings
from pellucid.storage.errors import InputError
from pellucid.training.defaults import DEFAULTS, LINEAR_LOSSES
from pellucid.training.recipe import Recipe

NUMBERS = ("learning_rate", "l2", "l1")
"""Settings that are numbers of a program and not part of it: trials that differ in these alone run as one."""

_WHOLE = ("batch_size", "neighbors")
_REAL = (*NUMBERS, "momentum", "margin", "label_smoothing", "clip", "dropout", "input_dropout")
_DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Range:
    """All numbers from low to high, both above 0, every factor as likely as every other.

    Attributes
    ----------
    relative : the numbers are factors of what would be chosen for the model and the data
    """

    low: float
    high: float
    relative: bool = False

    def at(self, share: float) -> float:
        """The number at this share of the way, 0 to 1, with three digits: so it is what the command line shows."""
        value = float(f"{self.low * (self.high / self.low) ** share:.3g}")
        return min(max(value, self.low), self.high)

    def share(self, value: float) -> float:
        """How far on the way a number is, 0 to 1."""
        return math.log(value / self.low) / math.log(self.high / self.low)

    def __str__(self) -> str:
        times = " × the default" if self.relative else ""
        return f"{self.low:.3g} to {self.high:.3g}{times}"


@dataclass(frozen=True)
class Choice:
    """A few values, each as likely as every other; a single one is fixed."""

    values: tuple[Any, ...]

    def at(self, share: float) -> Any:
        """The value at this share of the way, 0 to below 1."""
        return self.values[int(share * len(self.values))]

    def __str__(self) -> str:
        return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in self.values)


Dimension = Range | Choice


def dimension(setting: str, text: str) -> Dimension:
    """A range "1e-4:1e-1", a choice "0.8,0.9,0.99", or a fixed value "0.9".

    Parameters
    ----------
    setting : the name of a field of `Recipe`, or of a setting of its network

    Raises
    ------
    InputError : a range from high to low, or from 0 or below; what is no number where one is wanted
    """
    option = f"--{setting.replace('_', '-')}"
    if setting == "features":
        return Choice(tuple(dict.fromkeys(str(features_described(each)) for each in listed(text))))
    if ":" not in text or setting not in _REAL:
        values = tuple(_value(option, setting, part) for part in text.split(","))
        return Choice(tuple(dict.fromkeys(values)))
    parts = [_value(option, setting, part) for part in text.split(":")]
    if setting not in NUMBERS or len(parts) != 2:
        wanted = "values with commas between" if setting not in NUMBERS else "LOW:HIGH"
        raise InputError(f"{option} takes {wanted}, got {text}.")
    low, high = parts
    if not 0 < low < math.inf or not 0 < high < math.inf:
        raise InputError(
            f"{option} {text}: a range is searched on a logarithmic scale, and both ends must be above 0 and finite. "
            f"Write such as {option} 1e-6:1e-1."
        )
    if low >= high:
        swapped = ":".join(reversed(text.split(":")))
        raise InputError(
            f"{option} {text} has no room between its ends."
            if low == high
            else f"{option} {text} runs from high to low. Write {option} {swapped}."
        )
    return Range(low, high)


def _value(option: str, setting: str, text: str) -> Any:
    text = text.strip()
    if setting in LAYERS:
        return checked_layers(option, text)
    if setting not in _REAL and setting not in _WHOLE:
        return text
    try:
        return int(text) if setting in _WHOLE else float(text)
    except ValueError:
        kind = "a whole number" if setting in _WHOLE else "a number"
        more = ", a range LOW:HIGH" if setting in NUMBERS else ""
        raise InputError(
            f"{option} must be {kind}{more}, or several with commas between, got {text!r}."
        ) from None


@dataclass(frozen=True)
class Space:
    """Everything that a search may try.

    Attributes
    ----------
    dimensions : the name of a field of `Recipe`, or of a setting of its network → what it may be
    """

    dimensions: Mapping[str, Dimension]

    def __post_init__(self) -> None:
        if not self.searched:
            raise InputError(
                "There is nothing to search: every setting is fixed. Give one a range, such as --learning-rate "
                "1e-4:1e-1, or several values, such as --batch-size 64,256; or train with these: pellucid train."
            )

    @property
    def searched(self) -> dict[str, Dimension]:
        """The dimensions that are not fixed."""
        return {
            name: each
            for name, each in self.dimensions.items()
            if isinstance(each, Range) or len(each.values) > 1
        }

    def drawn(self, seed: int, number: int) -> dict[str, Any]:
        """The values of trial number 0, 1, …: a function of seed and number alone.

        Every setting has a random number of its own, so that a trial has the same learning rate whatever else is
        searched or fixed.
        """
        return {name: each.at(_share(seed, number, name)) for name, each in self.dimensions.items()}

    def to_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            name: {"low": each.low, "high": each.high, "relative": each.relative}
            if isinstance(each, Range)
            else {"values": list(each.values)}
            for name, each in self.dimensions.items()
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Space":
        """The space that `to_json` wrote."""
        return cls(
            {
                name: Choice(tuple(each["values"])) if "values" in each else Range(**each)
                for name, each in content.items()
            }
        )


def space(base: Recipe, given: Mapping[str, str]) -> Space:
    """The space that a user described, with what is searched by default: the learning rate and λ of L2.

    - learning rate: three decades around what would be chosen for the model and the data
    - λ of L2: five decades, 1e-6 to 1e-1; not for models that are best without, and not beside L1
    - dropout of networks that have it: 0 to 0.5
    - of nearest neighbors their number, the metric and the weights

    Parameters
    ----------
    base : all that is not searched
    given : the name of a field of `Recipe` → what the user wrote, such as {"l2": "1e-6:1e-1"}

    Raises
    ------
    InputError : a range or a value that cannot be; nothing to search
    """
    if base.model in REMEMBERING or set(given.get("model", "").split(",")) & set(REMEMBERING):
        return _of_neighbors(base, given)
    dimensions: dict[str, Dimension] = {"learning_rate": Range(10**-1.5, 10**1.5, relative=True)}
    own = DEFAULTS[base.model].l2
    if (LINEAR_LOSSES[base.criterion.name][0] if own is None else own) and "l1" not in given:
        dimensions["l2"] = Range(1e-6, 1e-1)
    if "dropout" in settings_of(base.model) and "model" not in given:
        dimensions["dropout"] = Choice(_DROPOUT)
    dimensions |= {name: dimension(name, text) for name, text in given.items()}
    models = dimensions.get("model", Choice((base.model,)))
    bases = [replace(base, model=model) for model in models.values] if isinstance(models, Choice) else [base]
    # Each value alone is tried out where it will be used, so that a wrong one is said before a picture is read.
    for name, each in dimensions.items():
        values = each.values if isinstance(each, Choice) else () if each.relative else (each.low, each.high)
        for value in values:
            for one in bases if name in (*NETWORK, "features") else (base,):
                _check(one, name, value)
    return Space(dimensions)


def _of_neighbors(base: Recipe, given: Mapping[str, str]) -> Space:
    """The space of nearest neighbors, of which every setting is a choice."""
    if base.model != NEIGHBORS or "model" in given:
        raise InputError(
            f"--model {NEIGHBORS} is searched alone, and of {MEAN} there is nothing to search: name one model."
        )
    dimensions: dict[str, Dimension] = {
        "neighbors": Choice(COUNTS),
        "metric": Choice(tuple(METRICS)),
        "weights": Choice(tuple(WEIGHTS)),
    }
    dimensions |= {name: dimension(name, text) for name, text in given.items()}
    for name, each in dimensions.items():
        for value in each.values if isinstance(each, Choice) else (each.low,):
            _check(base, name, value)
    return Space(dimensions)


def _share(seed: int, number: int, name: str) -> float:
    """A random number from 0 to below 1."""
    key, place = np.array([seed, number], np.uint64), zlib.crc32(name.encode())
    return float(np.random.Generator(np.random.Philox(key=key, counter=place)).random())


def _check(base: Recipe, name: str, value: Any) -> None:
    if name in NUMBERS and not isinstance(value, Real):
        raise InputError(f"--{name.replace('_', '-')} must be a number in a search, got {value!r}.")
    with_settings(base, {name: value})
