"""`load`: from what the user typed to a dataset with a split."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pellucid.data import catalog
from pellucid.data.dataset import Dataset
from pellucid.storage.errors import InputError


def load(
    source: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    fit: str = "pad",
    color: str | None = None,
    seed: int = 0,
    skip_unreadable: bool = False,
    validation: float = 0.1,
    test: float = 0.2,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Read labelled pictures (or rows of numbers) from a path or by a name, and split them."""
    if source != "digits":
        raise InputError(f"{source!r} is not read yet.")
    dataset = catalog.digits()
    from pellucid.data.splits import split

    return replace(split(dataset, validation=validation, test=test, seed=seed), source=str(source))
