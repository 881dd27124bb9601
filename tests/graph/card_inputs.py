"""Inputs that a card promises its operation can take: built from its Shapes and its Inputs."""

import re
from collections.abc import Iterator

import numpy as np

from pellucid.graph.card import Card

ANY_SHAPE = ((), (1,), (5,), (2, 3), (0,), (2, 0, 3), (2, 1, 3))

PAIRS = (
    ((), ()),
    ((4,), ()),
    ((), (2, 3)),
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((1,), (4,)),
    ((4, 1, 3), (2, 1)),
    ((0, 3), (3,)),
    ((2, 0), (1,)),
    ((1, 1), ()),
)
"""Shapes that are broadcast to each other: numbers with arrays, stretched axes on both sides, empty ones."""

TRIPLES = (
    ((), (), ()),
    ((4,), (), ()),
    ((), (2, 3), (3,)),
    ((2, 3), (2, 3), (2, 3)),
    ((2, 1), (1, 3), (2, 3)),
    ((3,), (2, 1), (4, 1, 1)),
    ((0, 3), (3,), (1,)),
)

BROADCAST = {1: tuple((shape,) for shape in ANY_SHAPE), 2: PAIRS, 3: TRIPLES}

SIZES = (
    {"N": 4, "D": 3, "K": 5, "P": 2, "H": 3, "W": 5, "C": 2, "R": 3, "S": 2},
    {"N": 1, "D": 1, "K": 2, "P": 1, "H": 5, "W": 1, "C": 1, "R": 2, "S": 3},
    {"N": 2, "D": 6, "K": 1, "P": 4, "H": 1, "W": 3, "C": 3, "R": 2, "S": 2},
    {"N": 0, "D": 2, "K": 3, "P": 2, "H": 3, "W": 3, "C": 2, "R": 3, "S": 3},
    {"N": 3, "D": 0, "K": 4, "P": 3, "H": 1, "W": 1, "C": 0, "R": 3, "S": 3},
    {"N": 2, "D": 3, "K": 0, "P": 0, "H": 3, "W": 1, "C": 2, "R": 2, "S": 2},
)
"""N differs from K: where they are equal, a mean over the wrong one is not seen. Each may be 0."""

SEVERAL = 3
"""How many arrays stand for "any number"."""

LAYOUTS = ("contiguous", "transposed", "strided", "reversed")


def settings(card: Card) -> dict[str, float | int]:
    """The settings that the card asks for, such as {"exponent": 3.0} or {"width": 2}."""
    found = (re.fullmatch(r"(\w+) (-?\d+)(\.\d+)?", clause) for clause in card.clauses)
    return {match[1]: float(match[2] + match[3]) if match[3] else int(match[2]) for match in found if match}


def inputs(card: Card) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each input, those of *arrays by a number, with the name that the card has for it and its letters."""
    found = {}
    for name, letters in card.arrays.items():
        if name.startswith("*"):
            found |= {f"{name[1:]}_{number}": (name[1:], letters) for number in range(1, SEVERAL + 1)}
        else:
            found[name] = (name, letters)
    return found


def shapes(card: Card) -> Iterator[dict[str, tuple[int, ...]]]:
    """Shapes for all inputs, by name: every one that the card's letters and its clauses allow."""
    names = inputs(card)
    if any(letters == ("...",) for _, letters in names.values()):
        assert all(letters == ("...",) for _, letters in names.values())
        for each in BROADCAST[len(names)]:
            found = dict(zip(names, each, strict=True))
            if not any(f"{name} not empty" in card.clauses and 0 in shape for name, shape in found.items()):
                yield found
        return
    for sizes in SIZES:
        barred = (letter for letter, size in sizes.items() if size == 0)
        if not any(_needed(card, letter) for letter in barred):
            yield {name: tuple(sizes[letter] for letter in letters) for name, (_, letters) in names.items()}


def _needed(card: Card, letter: str) -> bool:
    """Whether a size may not be 0: there are no labels below 0."""
    return f"{letter} at least 1" in card.clauses or any(
        clause.endswith(f" labels below {letter}") for clause in card.clauses
    )


def draw(
    card: Card, of: dict[str, tuple[int, ...]], dtype: type, seed: int, layout: str = "contiguous"
) -> dict[str, np.ndarray]:
    """Numbers that the card's clauses allow, in these shapes, by name. An unknown clause is an error."""
    stream = np.random.Generator(np.random.Philox(key=seed))
    known = set(settings_clauses(card))
    arrays = {}
    for name, shape in of.items():
        said = inputs(card)[name][0]
        mine = [clause for clause in card.clauses if clause.split(" ", 1)[0] == said]
        array = stream.uniform(-2.0, 2.0, shape)
        for clause in mine:
            array = _bent(clause, array, stream, of, card)
            known.add(clause)
        # Whoever must keep away from another stands on whole fifths; the other stands between them.
        apart = [clause for clause in card.clauses if clause.endswith(f" away from {name}")]
        if apart:
            array = np.floor(array * 5) / 5 + 0.1
        labels = array.dtype.kind == "i"
        arrays[name] = laid_out(array if labels else array.astype(dtype), layout)
    known |= {clause for clause in card.clauses if re.fullmatch(r"\w+ (at least 1|not empty)", clause)}
    assert known == set(card.clauses), f"unknown clause: {set(card.clauses) - known}"
    return arrays


def settings_clauses(card: Card) -> list[str]:
    """The clauses that are settings."""
    return [clause for clause in card.clauses if clause.split(" ")[0] in settings(card)]


def _bent(
    clause: str,
    array: np.ndarray,
    stream: np.random.Generator,
    of: dict[str, tuple[int, ...]],
    card: Card,
) -> np.ndarray:
    if clause.endswith(" positive"):
        return 0.5 + np.abs(array)
    if clause.endswith(" away from 0"):
        return np.where(array < 0, array - 0.5, array + 0.5)
    if clause.endswith(" 0 or 1"):
        return (array > 0).astype(float)
    if clause.endswith(" -1 or 1"):
        return np.where(array > 0, 1.0, -1.0)
    if clause.endswith(" all different"):
        # In any order, a tenth apart: far more than a centered difference moves them.
        return (stream.permutation(array.size).reshape(array.shape) - array.size / 2) / 10
    if step := re.fullmatch(r"\w+ in steps of ([\d.]+)", clause):
        return np.round(array / float(step[1])) * float(step[1])
    if below := re.fullmatch(r"\w+ labels below (\w)", clause):
        classes = next(
            of[n][letters.index(below[1])] for n, (_, letters) in inputs(card).items() if below[1] in letters
        )
        return stream.integers(0, classes, array.shape).astype(np.int32)
    if re.fullmatch(r"\w+ away from [a-z]\w*", clause):
        return np.floor(array * 5) / 5
    if re.fullmatch(r"\w+ not empty", clause):
        return array
    raise AssertionError(f"unknown clause: {clause}")


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same numbers in the same shape, otherwise in memory."""
    if array.ndim == 0 or layout == "contiguous":
        return array
    if layout == "transposed":
        return np.ascontiguousarray(array.T).T
    if layout == "strided":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]
    return np.ascontiguousarray(array[::-1])[::-1]
