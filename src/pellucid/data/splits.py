"""Which pictures are for learning, which for choosing, and which for the final judgment."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pellucid.data.dataset import PARTS, TAKEN_OUT, Dataset
from pellucid.data.duplicates import content_hashes, double_groups, doubles
from pellucid.data.stratify import assign, cover, spread, targets
from pellucid.storage.errors import InputError

TRAIN, VALIDATION, TEST = range(len(PARTS))


def split(
    dataset: Dataset,
    *,
    validation: float = 0.1,
    test: float = 0.2,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> Dataset:
    """Decide which pictures train, which choose and which test, as far as the data does not say so itself.

    Parts that the data brings are kept as they are. What is missing is taken from the training pictures:
    class by class in the same shares, at random by `seed`, with groups and doubles on one side. The order of
    the pictures does not matter: each gets its random number by the rank of its content.

    Parameters
    ----------
    dataset : all its rows, whatever their parts
    validation, test : shares of the pictures that are not yet in another part, ≥ 0 and together < 1; used
        only for a part that is missing, and 0 leaves it empty
    seed : ≥ 0; the same seed gives the same split on every machine (raw Philox bits and a stable sort)
    groups (N,) : rows that must stay together, if already known (`double_groups`); else doubles are searched
        for

    Returns
    -------
    The dataset with every row in a part, and with sentences in `notes` that say what was done.

    Raises
    ------
    InputError : shares that do not fit, nothing to train on, or a class that is tested but never trained
    """
    _check_shares(validation, test)
    _check_seed(seed)
    if not len(dataset):
        raise InputError(f"{dataset.name}: there are no pictures to split.")
    shares = {TEST: test, VALIDATION: validation}
    missing = [part for part in shares if shares[part] > 0 and not (dataset.split == part).any()]
    parts = np.where(dataset.split < 0, TRAIN, dataset.split).astype(np.int8)
    pool = np.flatnonzero(parts == TRAIN)
    if not len(pool):
        raise InputError(
            f"{dataset.name}: all its pictures are in {_listed([PARTS[p] for p in np.unique(parts)])}; "
            f"none is left to train on. Add a train part."
        )
    if not missing:
        _check_trained(dataset, parts)
        return dataset.with_split(parts)

    groups, hashes, notes = _together(dataset, pool, groups)
    wanted_shares = [shares[part] for part in missing]
    labels = dataset.labels.astype(np.int64)
    assigned = _divide(labels[pool], groups[pool], hashes[pool], len(dataset.classes), wanted_shares, seed)
    parts[pool] = np.array([TRAIN, *missing], np.int8)[assigned]
    _check_trained(dataset, parts)
    notes.insert(0, _told(parts, missing, wanted_shares, seed))
    notes += _untested(dataset, parts, missing) + _torn(parts, groups)
    return replace(dataset.with_split(parts), notes=(*dataset.notes, *notes))


def folds(
    dataset: Dataset,
    k: int,
    *,
    seed: int = 0,
    validation: float = 0.1,
    over: str | None = None,
    groups: np.ndarray | None = None,
) -> list[Dataset]:
    """The same data k times, each time with another k-th of the pictures as the test part.

    Every picture is tested once, by a model that has not seen it (cross-validation: Stone 1974). Folds are
    stratified by class, keep groups and doubles together, and depend on the seed alone, not on the order of
    the pictures. A class whose pictures are all in one group is trained in every fold and tested in none,
    and a note says so.

    Parameters
    ----------
    k : 2 or more, at most the number of groups
    validation : share of the pictures outside the fold that choose the best moment (early stopping); may be 0
    over : "all" divides all pictures; "train" divides the training and validation pictures and sets the test
        part aside (its rows get −1 and are in no part). Default: "all" where the data has no test part, else
        "train".
    groups (N,) : as in `split`

    Raises
    ------
    InputError : k out of range, or an unknown `over`
    """
    _check_shares(validation, 0.0)
    _check_seed(seed)
    if over not in (None, "all", "train"):
        raise InputError(f'over must be "all" or "train", got {over!r}.')
    over = over or ("train" if (dataset.split == TEST).any() else "all")
    pool = np.flatnonzero((dataset.split != TAKEN_OUT) & ((over == "all") | (dataset.split != TEST)))
    groups, hashes, notes = _together(dataset, pool, groups)
    labels, units, hashes = dataset.labels[pool].astype(np.int64), groups[pool], hashes[pool]
    classes = len(dataset.classes)
    pinned = _pinned(labels, units, classes)
    free = np.flatnonzero(~pinned)
    count = len(np.unique(units[free]))
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 2 <= k <= count:
        raise InputError(
            f"{dataset.name}: the number of folds must be 2 or more, and at most {count:,} here "
            f"(the pictures or groups that can be tested), got {k!r}."
        )
    counts = np.bincount(labels[free], minlength=classes)
    # Row j of each class belongs to fold j mod k; where a class starts is shifted, so that small classes
    # spread out.
    shift = np.cumsum(counts) - counts
    fold_of_rank = (np.arange(k)[:, None] - shift) % k
    wanted = counts // k + (fold_of_rank < counts % k)
    fold = np.full(len(pool), -1, np.int64)
    fold[free] = assign(labels[free], units[free], _keys(labels, hashes, seed)[free], wanted)
    fold = spread(labels, units, fold, k, classes)
    named = [dataset.classes[c] for c in np.setdiff1d(labels, labels[free])]
    if named:
        notes.append(f"in one group only, so never tested: {_listed(named)}")

    made = []
    for i in range(k):
        parts = np.full(len(dataset), -1, np.int8)
        parts[pool[fold == i]] = TEST
        rest = np.flatnonzero(fold != i)
        parts[pool[rest]] = TRAIN
        if validation > 0:
            held = _divide(labels[rest], units[rest], hashes[rest], classes, [validation], seed) == 1
            parts[pool[rest[held]]] = VALIDATION
        _check_trained(dataset, parts)
        told = f"fold {i + 1} of {k} by class, seed {seed}"
        made.append(replace(dataset.with_split(parts), notes=(*dataset.notes, told, *notes)))
    return made


def _divide(
    labels: np.ndarray,
    units: np.ndarray,
    hashes: np.ndarray,
    classes: int,
    shares: Sequence[float],
    seed: int,
) -> np.ndarray:
    """(n,) part of each row: 0 is training, 1, 2, … get the shares."""
    wanted = targets(np.bincount(labels, minlength=classes), shares)
    return cover(labels, units, assign(labels, units, _keys(labels, hashes, seed), wanted), wanted)


def _keys(labels: np.ndarray, hashes: np.ndarray, seed: int) -> np.ndarray:
    """(n,) uint64: a random number for each row, by the rank of its content, not by its place."""
    order = np.lexsort((labels, hashes))
    keys = np.empty(len(labels), np.uint64)
    keys[order] = np.random.Philox(key=seed).random_raw(len(labels))
    return keys


def _together(
    dataset: Dataset, pool: np.ndarray, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Which rows stay together (N,), the hashes of their contents (N,), and what to tell of the rows in the pool."""
    if groups is not None:
        return _numbered(groups, len(dataset)), content_hashes(dataset.images), []
    found = doubles(dataset.images)
    told = []
    inside = np.isin(found.pairs, pool).all(axis=1)
    if inside.any():
        exact, near = int((inside & found.exact).sum()), int((inside & ~found.exact).sum())
        kinds = " and ".join(f"{n:,} {kind}" for n, kind in ((exact, "exact"), (near, "near")) if n)
        told = [f"{kinds} doubles kept on one side"]
    if dataset.groups is not None:
        told.append(f"{len(np.unique(dataset.groups[pool])):,} groups kept on one side")
    united = double_groups(dataset.images, dataset.groups, found=found)
    return _numbered(united, len(dataset)), found.hashes, told


def _numbered(groups: np.ndarray, count: int) -> np.ndarray:
    """(N,) int64: the same groups, numbered from 0."""
    if np.shape(groups) != (count,):
        raise InputError(
            f"groups must have one number for each of the {count:,} rows, got {np.shape(groups)}."
        )
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _pinned(labels: np.ndarray, units: np.ndarray, classes: int) -> np.ndarray:
    """(n,) bool: rows of units that hold all the rows of some class; tested, it would be untrained."""
    pairs = np.unique(units * classes + labels)
    spread = np.bincount(pairs % classes, minlength=classes)
    alone = pairs[spread[pairs % classes] == 1] // classes
    return np.isin(units, alone)


def _told(parts: np.ndarray, missing: list[int], shares: list[float], seed: int) -> str:
    kept = 1 - sum(shares)
    percent = "/".join(f"{round(100 * share):d}" for share in (kept, *reversed(shares)))
    names = "/".join(PARTS[part] for part in (TRAIN, *sorted(missing)))
    counts = " + ".join(f"{int((parts == part).sum()):,}" for part in (TRAIN, *sorted(missing)))
    return f"split {percent} into {names} by class, seed {seed}: {counts}"


def _untested(dataset: Dataset, parts: np.ndarray, missing: list[int]) -> list[str]:
    """Which classes have no row in a part that was made."""
    notes = []
    trained = np.unique(dataset.labels[parts == TRAIN])
    for part, consequence in ((TEST, "cannot be tested"), (VALIDATION, "cannot be watched while training")):
        if part in missing:
            absent = np.setdiff1d(trained, dataset.labels[parts == part])
            if len(absent):
                notes.append(
                    f"too few pictures, so it {consequence}: {_listed([dataset.classes[k] for k in absent])}"
                )
    return notes


def _torn(parts: np.ndarray, groups: np.ndarray) -> list[str]:
    """Groups that the split which came with the data had torn apart already."""
    seen = np.unique(groups.astype(np.int64) * len(PARTS) + parts) // len(PARTS)
    torn = int((np.unique(seen, return_counts=True)[1] > 1).sum())
    return (
        [
            f"{torn:,} group{'s' * (torn != 1)} (or sets of doubles) in several parts of the split that the data brings"
        ]
        if torn
        else []
    )


def _check_shares(validation: float, test: float) -> None:
    for name, share in (("validation", validation), ("test", test)):
        if not 0 <= share < 1:
            raise InputError(f"The {name} share must be at least 0 and less than 1, got {share}.")
    if validation + test >= 1:
        raise InputError(
            f"validation {validation} and test {test} together must be less than 1: training needs some."
        )


def _check_seed(seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**64:
        raise InputError(f"The seed must be a whole number from 0 to 2⁶⁴ − 1, got {seed!r}.")


def _check_trained(dataset: Dataset, parts: np.ndarray) -> None:
    for part in (VALIDATION, TEST):
        strange = np.setdiff1d(dataset.labels[parts == part], dataset.labels[parts == TRAIN])
        if len(strange):
            names = _listed([dataset.classes[k] for k in strange])
            raise InputError(
                f"{dataset.name}: in {PARTS[part]} but never in train: {names}. "
                f"Add training pictures of these classes or leave them out of {PARTS[part]}."
            )


def _listed(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
