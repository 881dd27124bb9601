"""What a minibatch of 1, 8, … all pictures is worth on CIFAR-10: at equal pictures and at equal time.

Softmax on standardized pixels, plain gradient descent at a constant rate, the best of three for each size (by the
loss at the end of the time). Every size is trained for the same seconds of steps, with compilation left out; on the way
the loss on 5,000 training pictures is looked at, which does not count. One seed: the curves are smooth because the
rates are small, and the sizes differ by far more than seeds do. For docs/experiments/batch-size.md, with its picture.
About a minute and a half on 2 quiet cores.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table

SIZES = (1, 8, 64, 512, 4096, 45_000)
RATES = (1e-4, 5e-4, 2.5e-3)
SECONDS, LOOKED_AT = 2.0, 5000
PICTURE = Path(__file__).resolve().parents[1] / "docs/pictures/experiments/batch-size-cifar10.svg"


def main() -> None:
    from pellucid.data.load import load
    from pellucid.training.recipe import Recipe
    from pellucid.training.session import prepared

    facts = machine.described()
    session = prepared(load(machine.cifar10()), Recipe(optimizer="sgd", l2=0.0), engine="xla")
    found = {size: min((_descended(session, size, rate) for rate in RATES), key=_end) for size in SIZES}
    rows = []
    for size, run in found.items():
        after = np.interp(45_000, run["pictures"], run["losses"])
        rows.append(
            [
                f"{size:,}",
                f"{run['rate']:g}",
                f"{1e6 * run['seconds'][-1] / run['pictures'][-1]:.2f} µs",
                f"{run['pictures'][-1] / 45_000:.1f}",
                f"{after:.3f}" if run["pictures"][-1] >= 45_000 else "–",
                f"{run['losses'][-1]:.3f}",
            ]
        )
    head = ["batch", "rate", "time a picture", "epochs in 2 s", "loss after 1 epoch", "loss after 2 s"]
    kept(
        "batch_sizes",
        facts,
        "Batch sizes",
        table(head, rows),
        {"found": {str(s): r for s, r in found.items()}},
    )
    PICTURE.write_text(_drawn(found), "utf-8")


def _end(run: dict[str, Any]) -> float:
    return run["losses"][-1] if np.isfinite(run["losses"][-1]) else np.inf


def _descended(session: Any, size: int, rate: float) -> dict[str, Any]:
    """Losses over pictures and over seconds of steps, for this batch size at this rate."""
    stream = np.random.Generator(np.random.Philox(key=0))
    rows = session.dataset.train.rows.astype(np.int32)
    watched = stream.permutation(rows)[:LOOKED_AT]
    count = max(1, 4096 // size)  # steps between two looks
    rates = np.full(count, rate, np.float32)

    def loss(params: dict[str, Any]) -> float:
        scores = session.engine.scores(params, watched)
        return float(session.task.loss(scores, session.dataset.labels[watched]).mean())

    state = session.start_state()
    session.engine.steps(state, rows[: count * size], size, rates)  # compiles
    run: dict[str, Any] = {"rate": rate, "pictures": [0], "seconds": [0.0], "losses": [loss(state["params"])]}
    order = np.empty(0, np.int32)
    while run["seconds"][-1] < SECONDS and np.isfinite(run["losses"][-1]):
        if len(order) < count * size:
            order = np.concatenate([order, stream.permutation(rows)])
        began = time.perf_counter()
        state, _, _ = session.engine.steps(state, order[: count * size], size, rates)
        run["seconds"].append(run["seconds"][-1] + time.perf_counter() - began)
        run["pictures"].append(run["pictures"][-1] + count * size)
        run["losses"].append(loss(state["params"]))
        order = order[count * size :]
    return run


def _drawn(found: dict[int, dict[str, Any]]) -> str:
    from pellucid.inspection.axes import Axis
    from pellucid.inspection.charts import Panel, figure
    from pellucid.inspection.marks import Curve

    colors = ("red", "orange", "green", "blue", "purple", "gray")

    def panel(key: str, name: str, title: str, unit: float) -> Panel:
        curves = [
            Curve([x / unit for x in run[key][1:]], run["losses"][1:], f"B = {size:,}", color)
            for (size, run), color in zip(found.items(), colors, strict=True)
        ]
        return Panel(curves, x=Axis(name, logarithmic=True), y=Axis("loss, training", high=2.4), title=title)

    panels = [
        panel("pictures", "pictures looked at", "CIFAR-10, at equal pictures", 1),
        panel("seconds", "seconds of steps", "CIFAR-10, at equal time", 1),
    ]
    label = "At equal pictures small minibatches are ahead; at equal time those in the middle, from 64 to 512"
    return figure(panels, label=label, width=520)


if __name__ == "__main__":
    main()
