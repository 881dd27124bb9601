"""What a finished model costs: the time of a prediction, the bytes on the disk."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from pellucid.search.ladder import Model
from pellucid.storage.atomic import refuse_disk

_PATIENCE = 0.2  # seconds for each of the two measurements
_MOST = 1000  # predictions of a single picture
_BULK = 4096  # pictures predicted at once
_LONG = 20.0  # seconds that these may take one by one


def microseconds(model: Model, inputs: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    """The time of a prediction in µs a picture: of one picture at a time, and of many at once.

    A prediction is scores, probabilities and the best class of a picture that is prepared already. The median over
    repetitions, which a pause of the machine does not move.

    Parameters
    ----------
    inputs (N, H, W, C) uint8 or (N, D) float32
    rows (n,) : which of them to predict, at least one
    """
    some = [inputs[row : row + 1] for row in rows[:_MOST].tolist()]
    predict: Callable[[np.ndarray], int] = lambda x: int(model.probabilities(model.scores(x)).argmax())
    for x in some[:3]:  # the first ones fill caches
        predict(x)
    single = _repeated(lambda number: predict(some[number % len(some)]), _MOST)
    # Of a large network less: 256 are enough to fill a processor.
    many = inputs[rows[: int(np.clip(_LONG / single, 256, _BULK))]]
    predict(many)
    bulk = _repeated(lambda number: predict(many), 50)
    return 1e6 * single, 1e6 * bulk / len(many)


def _repeated(action: Callable[[int], int], most: int) -> float:
    """Median seconds of an action, repeated as long as the patience lasts, at least 3 times."""
    found: list[float] = []
    began = time.perf_counter()
    while len(found) < 3 or (len(found) < most and time.perf_counter() - began < _PATIENCE):
        start = time.perf_counter()
        action(len(found))
        found.append(time.perf_counter() - start)
    return median(found)


def bytes_on_disk(save: Callable[[Path], None]) -> int:
    """The bytes of the files that `save` writes into a folder. Raises `StorageError` where the disk refuses."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="pellucid-", ignore_cleanup_errors=True)
    except OSError as error:
        raise refuse_disk(tempfile.gettempdir(), error) from error
    with folder as path:
        save(Path(path))
        return sum(os.path.getsize(file) for file in Path(path).rglob("*") if file.is_file())
