"""Dividing units (single pictures or groups) among parts so that each class has its share in every part."""

from collections.abc import Sequence

import numpy as np


def apportion(counts: np.ndarray, share: float) -> np.ndarray:
    """How many rows of each class make up a share, as whole numbers whose sum is the share of all rows.

    Largest remainders (Hamilton's method): each class gets its quota rounded down, and the rows that are
    then missing go to the classes with the largest remainders, so that a hundred classes of 14 pictures do
    not all round 1.4 down.

    Parameters
    ----------
    counts (K,) : rows of each class
    share : 0..1

    Returns
    -------
    (K,) int64
    """
    quota = counts * share
    whole = np.floor(quota).astype(np.int64)
    missing = int(np.floor(quota.sum() + 0.5)) - int(whole.sum())
    largest = np.argsort(whole - quota, kind="stable")[: max(missing, 0)]
    whole[largest] += 1
    return np.minimum(whole, counts)


def targets(counts: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """How many rows of each class each part should get: the shares, but no part without a class that can
    have it.

    Parameters
    ----------
    counts (K,) : rows of each class
    shares : of part 1, 2, … (each > 0); part 0 (training) gets the rest. The order is the order of
        precedence: a class of one row goes to part 0, a class of two to parts 0 and 1.

    Returns
    -------
    (P, K) int64, summing to `counts` over the parts
    """
    wanted = np.zeros((len(shares) + 1, len(counts)), np.int64)
    for part, share in enumerate(shares, start=1):
        # The part's least: one row of each class that has a row left after the parts before it got theirs.
        wanted[part] = np.maximum(apportion(counts, share), counts > part)
        wanted[part] *= counts > part
    # Training keeps at least one row of each class: take from the part that has most.
    for _ in range(len(shares)):
        excess = np.maximum(wanted[1:].sum(0) - np.maximum(counts - 1, 0), 0)
        most = 1 + np.argmax(wanted[1:], axis=0)
        classes = np.arange(len(counts))
        taken = np.minimum(excess, np.maximum(wanted[most, classes] - 1, 0))
        wanted[most, classes] -= taken
    wanted[0] = counts - wanted[1:].sum(0)
    return wanted


def assign(labels: np.ndarray, units: np.ndarray, keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Give each row a part so that each class gets about what is wanted and no unit is torn apart.

    Units of several rows come first, the largest foremost, each into the part which it overfills least and
    which lacks most (the greedy rule of scikit-learn's `StratifiedGroupKFold`); single rows then fill up
    what is missing exactly.

    Parameters
    ----------
    labels (N,) : 0..K−1
    units (N,) : rows with one number stay together
    keys (N,) uint64 : random numbers that decide who goes where; the order of the rows decides nothing
    wanted (P, K) : rows wanted of each class in each part

    Returns
    -------
    (N,) int64 : 0..P−1
    """
    classes = wanted.shape[1]
    assigned = np.full(len(labels), -1, np.int64)
    _, unit, sizes = np.unique(units, return_inverse=True, return_counts=True)
    single = sizes[unit] == 1
    remaining = wanted.astype(np.int64)
    if not single.all():
        remaining = _assign_groups(labels, unit, keys, wanted, ~single, assigned)

    rows = np.flatnonzero(single)
    rows = rows[np.lexsort((keys[rows], labels[rows]))]
    counts = np.bincount(labels[rows], minlength=classes)
    ends = np.cumsum(_shares_of_singles(remaining, wanted, counts), axis=0)  # (P, K)
    first = np.cumsum(counts) - counts
    rank = np.arange(len(rows)) - first[labels[rows]]
    assigned[rows] = (rank >= ends[:, labels[rows]]).sum(0)
    return assigned


def _assign_groups(
    labels: np.ndarray,
    unit: np.ndarray,
    keys: np.ndarray,
    wanted: np.ndarray,
    grouped: np.ndarray,
    assigned: np.ndarray,
) -> np.ndarray:
    """Fill `assigned` for the rows of `grouped`; the rows (P, K) that each part still wants come back."""
    parts, classes = wanted.shape
    rows = np.flatnonzero(grouped)
    names, inverse, sizes = np.unique(unit[rows], return_inverse=True, return_counts=True)
    unit_keys = np.full(len(names), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(unit_keys, inverse, keys[rows])
    pairs, members = np.unique(inverse * classes + labels[rows], return_counts=True)
    starts = np.searchsorted(pairs, np.arange(len(names) + 1) * classes)
    # Plain lists: a group has few classes, and NumPy's call costs more than its arithmetic here.
    label_of, count_of = (pairs % classes).tolist(), members.tolist()
    remaining, goal = wanted.tolist(), wanted.tolist()
    chosen = np.empty(len(names), np.int64)
    for group in np.lexsort((unit_keys, -sizes)).tolist():
        content = range(starts[group], starts[group + 1])
        best, best_score = 0, (float("inf"), 0.0, 0)
        for part in range(parts):
            left, aim = remaining[part], goal[part]
            over = sum(max(count_of[i] - max(left[label_of[i]], 0), 0) for i in content)
            lack = sum(left[label_of[i]] * count_of[i] for i in content)
            full = sum(aim[label_of[i]] * count_of[i] for i in content)
            score = (over, -lack / full if full else 0.0, -full)
            if score < best_score:
                best, best_score = part, score
        chosen[group] = best
        for i in content:
            remaining[best][label_of[i]] -= count_of[i]
    assigned[rows] = chosen[inverse]
    return np.array(remaining, np.int64).reshape(parts, classes)


def _shares_of_singles(remaining: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How many of the single rows (K,) each part gets, (P, K): first what none may lack."""
    given = np.zeros_like(remaining)
    left = counts.copy()
    for part in range(
        len(remaining)
    ):  # one row for each part that wants some and has got none yet, in order of precedence
        needy = (remaining[part] == wanted[part]) & (wanted[part] > 0) & (left > 0)
        given[part] += needy
        left -= needy
    for part in (*range(1, len(remaining)), 0):
        more = np.minimum(np.maximum(remaining[part] - given[part], 0), left)
        given[part] += more
        left -= more
    given[0] += left
    return given


def cover(labels: np.ndarray, units: np.ndarray, assigned: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Move as few units as needed until each class is in training, and in the other parts as far as groups
    allow.

    Parameters and result as in `assign`; `assigned` is not changed.
    """
    parts, classes = wanted.shape
    assigned = assigned.copy()
    present = np.zeros((parts, classes), np.int64)
    np.add.at(present, (assigned, labels), 1)
    lacking = [
        (part, k) for part in range(parts) for k in np.flatnonzero((present[part] == 0) & (wanted[part] > 0))
    ]
    for part, k in lacking:
        if present[part, k]:
            continue
        candidates = np.unique(units[(labels == k) & (assigned != part)])
        sized = [(int((units == unit).sum()), int(unit)) for unit in candidates]
        for _, unit in sorted(sized):
            rows = np.flatnonzero(units == unit)
            home = assigned[rows[0]]
            moved = np.bincount(labels[rows], minlength=classes)
            touched = moved > 0
            # A unit that training or another part of higher precedence needs stays there.
            if home < part and (present[home] - moved)[touched].min() < 1:
                continue
            assigned[rows] = part
            present[home] -= moved
            present[part] += moved
            break
    return assigned


def spread(labels: np.ndarray, units: np.ndarray, fold: np.ndarray, k: int, classes: int) -> np.ndarray:
    """Move a unit where a fold would be empty, or a class be tested in one fold and trained in none.

    Parameters
    ----------
    labels (N,), units (N,) : as in `assign`; at least k units have a fold
    fold (N,) : 0..k−1, or −1 for rows that are never tested; not changed

    Returns
    -------
    (N,) int64 : fold
    """
    fold = fold.copy()
    for empty in np.setdiff1d(np.arange(k), fold):
        names, first, sizes = np.unique(units, return_index=True, return_counts=True)
        held = np.bincount(fold[first] + 1, minlength=k + 1)[
            fold[first] + 1
        ]  # units in the fold of each unit
        spare = (fold[first] >= 0) & (held > 1)
        order = np.lexsort((sizes[spare], -held[spare]))  # from the fold of most units its smallest
        fold[units == names[spare][order[0]]] = empty
    for _ in range(classes):  # a move may strand another class, so look again
        present = np.zeros((k + 1, classes), np.int64)
        np.add.at(present, (fold, labels), 1)  # row k (that is −1) counts the rows that are never tested
        stranded = np.flatnonzero(((present > 0).sum(0) == 1) & (present[k] == 0))
        if not len(stranded):
            break
        rows = np.flatnonzero(labels == stranded[0])
        home = fold[rows[0]]
        names, sizes = np.unique(units[np.isin(units, units[rows])], return_counts=True)
        moved = units == names[np.argmin(sizes)]
        rows_of_folds = present[:k].sum(1)
        rows_of_folds[home] = np.iinfo(np.int64).max
        fold[moved] = np.argmin(rows_of_folds)
    return fold
