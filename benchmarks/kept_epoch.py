"""Which epoch's weights should be kept? Judged on digits without the test part of seed 0, which is never touched.

The other pictures are split 10 times into training, validation and an inner part that judges. Compared are the best
epoch on validation, the latest within one standard error of it (what `training/selection.py` does), and the last.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.subset import subset

SPLITS = 10


def main() -> None:
    from pellucid.data.load import load
    from pellucid.data.splits import split

    outer = load("digits", seed=0)
    rows = np.flatnonzero(outer.split != 2)
    inner = replace(subset(outer, rows, -1), notes=())
    for kind in ("softmax", "svm"):
        parts = [split(inner, validation=0.1, test=0.2, seed=100 + seed) for seed in range(SPLITS)]
        found = np.array([_accuracies(part, kind, seed) for seed, part in enumerate(parts)])
        gain = found[:, 1] - found[:, 0]
        print(
            f"{kind}: best {100 * found[:, 0].mean():.2f} %, within one standard error "
            f"{100 * found[:, 1].mean():.2f} %, "
            f"last {100 * found[:, 2].mean():.2f} %; gain {100 * gain.mean():.2f} "
            f"± {100 * gain.std(ddof=1) / np.sqrt(SPLITS):.2f} (standard error over {SPLITS} splits)"
        )


def _accuracies(dataset: Any, kind: str, seed: int) -> tuple[float, float, float]:
    """On the judging part: the best epoch on validation (the latest of equals), the kept one, the last."""
    from pellucid.training import judging, loop
    from pellucid.training.checkpoint import Standing
    from pellucid.training.recipe import Recipe
    from pellucid.training.session import prepared

    session = prepared(dataset, Recipe(model=kind, seed=seed))
    start = Standing(0, session.start_state(), session.start_params)
    real = judging.watched
    try:
        judging.watched = lambda *given: (real(*given)[0], 0.0)
        best = loop.trained(session, start, None, lambda event: None).standing
    finally:
        judging.watched = real
    kept = loop.trained(session, start, None, lambda event: None).standing
    judged = (best.best_params, kept.best_params, kept.state["params"])
    first, second, third = (judging.evaluated(session, params, "test")[0].accuracy for params in judged)
    return first, second, third


if __name__ == "__main__":
    main()
