"""What is in the data: counts, sizes, doubles, and what deserves a second look before training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.data.dataset import PARTS, Dataset
from pellucid.data.duplicates import Doubles, doubles
from pellucid.data.headers import Headers, headers

UNEVEN = 3  # times as many pictures in the largest class as in the smallest
TINY = 10  # pictures of a class; with fewer its accuracy is a guess


@dataclass(frozen=True)
class Census:
    """A dataset, counted.

    Attributes
    ----------
    counts (K, 3) int64 : pictures of each class in train, validation and test
    headers : of the picture files; None where the data is no picture files
    doubles : exact and near ones
    across (M,) bool : pairs of doubles whose rows are in different parts
    contradictory (M,) bool : pairs of doubles whose rows have different classes
    remarks : sentences about what deserves a second look
    """

    dataset: Dataset
    counts: np.ndarray
    headers: Headers | None
    doubles: Doubles
    across: np.ndarray
    contradictory: np.ndarray
    remarks: tuple[str, ...]

    def parts_of(self, pair: int) -> tuple[str, str]:
        """The parts of the two rows of a pair, such as ("train", "test")."""
        first, second = self.dataset.split[self.doubles.pairs[pair]]
        return PARTS[first], PARTS[second]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        data, pairs = self.dataset, self.doubles.pairs
        return {
            "data": data.source,
            "name": data.name,
            "rows": len(data),
            "shape": list(data.images.shape[1:]),
            "fit": data.frame.fit if data.frame else None,
            "classes": [
                {"name": name, **dict(zip(PARTS, map(int, row), strict=True))}
                for name, row in zip(data.classes, self.counts, strict=True)
            ],
            "files": _headers_json(self.headers),
            "unreadable": [{"path": path, "reason": reason} for path, reason in data.unreadable],
            "doubles": {
                "exact": int(self.doubles.exact.sum()),
                "near": int((~self.doubles.exact).sum()),
                "across": int(self.across.sum()),
                "contradictory": int(self.contradictory.sum()),
                "pairs": [
                    {
                        "kind": str(kind),
                        "files": [data.origins[row] for row in pair],
                        "parts": list(self.parts_of(i)),
                        "classes": [data.classes[data.labels[row]] for row in pair],
                    }
                    for i, (pair, kind) in enumerate(zip(pairs.tolist(), self.doubles.kinds, strict=True))
                ],
            },
            "remarks": list(self.remarks),
            "notes": list(data.notes),
            "fingerprint": data.fingerprint,
        }


def census(dataset: Dataset, progress: Callable[[int, int], None] | None = None) -> Census:
    """Count a dataset that has been split, read the headers of its files, and look for doubles.

    Parameters
    ----------
    progress : called with (pictures done, all) while doubles are looked for, and again while headers are read
    """
    counts = np.zeros((len(dataset.classes), len(PARTS)), np.int64)
    np.add.at(counts, (dataset.labels, dataset.split), 1)
    found = doubles(dataset.images, progress=progress)
    first, second = found.pairs.T
    across = dataset.split[first] != dataset.split[second]
    contradictory = dataset.labels[first] != dataset.labels[second]
    files = headers(dataset.origins, progress) if dataset.images.ndim == 4 else None
    remarks = _remarks(dataset, counts, found, across, contradictory)
    return Census(dataset, counts, files, found, across, contradictory, tuple(remarks))


def _remarks(
    dataset: Dataset, counts: np.ndarray, found: Doubles, across: np.ndarray, contradictory: np.ndarray
) -> list[str]:
    totals = counts.sum(axis=1)
    most, least = int(totals.argmax()), int(totals.argmin())
    remarks = []
    if totals[most] >= UNEVEN * totals[least]:
        times = totals[most] / max(totals[least], 1)
        remarks.append(
            f"The classes are uneven: {dataset.classes[most]} has {times:.0f} times as many as "
            f"{dataset.classes[least]} ({totals[most]:,} and {totals[least]:,}). "
            "--class-weight balanced makes every class count the same; look at balanced accuracy."
        )
    tiny = [dataset.classes[k] for k in np.flatnonzero(totals < TINY)]
    if tiny:
        remarks.append(f"Fewer than {TINY} in {_listed(tiny)}: too few to learn from or to judge by.")
    concerned = np.unique(found.pairs[across])
    tested = int((dataset.split[concerned] == PARTS.index("test")).sum())
    if tested:
        share = tested / max(int(counts[:, PARTS.index("test")].sum()), 1)
        remarks.append(
            f"{tested:,} of the test part ({100 * share:.1f} %) have a double outside it: the test accuracy "
            "will be a little too good."
        )
    if contradictory.any():
        remarks.append(
            f"{_pairs(int(contradictory.sum()))} of doubles are in different classes: "
            "at least one label of each is wrong."
        )
    return remarks


def _headers_json(found: Headers | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "sizes": [{"width": w, "height": h, "files": n} for (w, h), n in found.sizes.most_common(20)],
        "different_sizes": len(found.sizes),
        "smallest": dict(zip(("width", "height", "path"), found.smallest, strict=True)),
        "largest": dict(zip(("width", "height", "path"), found.largest, strict=True)),
        "formats": dict(found.formats.most_common()),
        "modes": dict(found.modes.most_common()),
    }


def _pairs(number: int) -> str:
    return f"{number:,} pair{'s' if number != 1 else ''}"


def _listed(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
