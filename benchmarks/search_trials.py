"""32 trials of softmax on CIFAR-10: side by side in one program, as `pellucid search` runs them, against one by one.

One by one means: a single compilation, with the learning rate and λ as arguments of the program, the data on the device
once, the same steps, the same order of pictures, the same look at the validation pictures. Two questions:

- the same epochs for all trials, so that all 32 accuracies can be compared: what does running them side by side give?
- the search as a user runs it, with early stopping, its study on disk, its compiling: how many trials a minute?
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, shown, span, spread, table, verdict

TRIALS, BATCH = 32, 256
OURS, ALONE, SEARCH = "side by side", "one by one", "pellucid search, whole"


class SideBySide:
    """All trials as one lot of the search."""

    def __init__(self, lot: Any, epochs: int) -> None:
        self.lot, self.epochs = lot, epochs

    def __call__(self) -> None:
        standing = self.lot.start(range(TRIALS))
        for _ in range(self.epochs):
            standing = self.lot._epoch(standing)
        self.values = self.lot.judged(standing)


class OneByOne:
    """The engine of an ordinary training, its numbers as arguments of its program."""

    def __init__(self, lot: Any, epochs: int) -> None:
        from pellucid.arrays import compile as compiler
        from pellucid.search.vectorized import with_numbers
        from pellucid.training.engine import _chunk

        session = lot.session
        self.lot, self.session, self.epochs = lot, session, epochs
        self.data = {name: compiler.to_device(value) for name, value in vars(session.supply).items()}
        self.steps = compiler.compiled(
            lambda numbers, state, data, order, rates: _chunk(
                with_numbers(session.task, numbers), state, data, order, rates, batch_size=BATCH
            )
        )
        self.scores = compiler.compiled(
            lambda params, data, rows: session.task.model(params, type(session.supply)(**data).batch(rows)[0])
        )

    def __call__(self) -> None:
        from pellucid.training.loop import plan

        part = self.session.dataset.validation
        blocks = [part.rows[i : i + 1000].astype(np.int32) for i in range(0, len(part), 1000)]
        self.values = {}
        for number, recipe in self.lot.recipes.items():
            numbers = {"l2": np.float32(recipe.l2)}
            state = self.session.start_state()
            for epoch in range(1, self.epochs + 1):
                order, shares = plan(self.session, epoch)
                rates = shares * np.float32(recipe.learning_rate)
                state, losses, _ = self.steps(numbers, state, self.data, order, rates)
                np.asarray(losses)
            scores = np.concatenate(
                [np.asarray(self.scores(state["params"], self.data, rows)) for rows in blocks]
            )
            self.values[number] = float((scores.argmax(1) == part.labels).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=2, help="of each trial, where all are trained as long")
    parser.add_argument("--search-epochs", type=int, default=9, help="of the whole search")
    options = parser.parse_args()
    facts = machine.described()
    peak = max(machine.peaks().values())
    dataset = _dataset()
    with tempfile.TemporaryDirectory() as folder:
        lot = _lot(dataset, options.epochs, Path(folder))
        contenders = {OURS: SideBySide(lot, options.epochs), ALONE: OneByOne(lot, options.epochs)}
        for each in contenders.values():
            each()
        seconds = {name: spread(v) for name, v in in_turns(contenders, options.repetitions).items()}
        values = [np.array([each.values[n] for n in range(TRIALS)]) for each in contenders.values()]
    apart = np.abs(values[0] - values[1]) * len(dataset.validation)
    search = _search(dataset, options.search_epochs)
    alone = OneByOne(_lot(dataset, options.search_epochs, Path(".")), options.search_epochs)
    alone.epochs = 1
    alone()
    alone.epochs = options.search_epochs
    began = time.perf_counter()
    alone()
    whole = time.perf_counter() - began
    _report(facts, peak, options, seconds, apart, search, (whole, alone.values), dataset)


def _dataset() -> Any:
    from pellucid.data.load import load

    return load(machine.cifar10())


def _plan(epochs: int) -> Any:
    from pellucid.search.space import space
    from pellucid.search.trials import Plan
    from pellucid.training.recipe import Recipe

    base = Recipe(epochs=epochs, batch_size=BATCH, features="pixels")
    return Plan(base, space(base, {}), TRIALS, engine="xla")


def _lot(dataset: Any, epochs: int, folder: Path) -> Any:
    from pellucid.preprocessing.shown import first_shown
    from pellucid.search.lots import lots
    from pellucid.search.trials import _recipes

    seen = {"pixels": first_shown(dataset.images, dataset.train.rows, dataset.frame)}
    (lot,) = lots(dataset, _recipes(dataset, _plan(epochs), seen)[0], seen, "xla", folder)
    return lot


def _search(dataset: Any, epochs: int) -> tuple[float, Any]:
    """Seconds of a whole search, all that it needs included, and its best trial."""
    from pellucid.search.trials import best, searched

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        trials = searched(dataset, _plan(epochs), Path(folder))
        return time.perf_counter() - began, best(trials)


def _report(
    facts: dict[str, Any],
    peak: float,
    options: Any,
    seconds: dict[str, Any],
    apart: np.ndarray,
    search: tuple[float, Any],
    alone: tuple[float, dict[int, float]],
    dataset: Any,
) -> None:
    operations = 4.0 * len(dataset.train) * 3072 * 10 * TRIALS * options.epochs
    rows = [
        [
            name, str(options.epochs), span(m), f"{60 * TRIALS / m['median']:.0f}",
            f"{operations / m['median'] / 1e9:.0f}",
        ]
        for name, m in seconds.items()
    ]  # fmt: skip
    gain = seconds[ALONE]["median"] / seconds[OURS]["median"]
    whole = alone[0] / search[0]
    most = f"at most {options.search_epochs}"
    rows += [
        [SEARCH, most, f"{shown(search[0])} (n = 1)", f"{60 * TRIALS / search[0]:.0f}", "–"],
        [
            ALONE,
            str(options.search_epochs),
            f"{shown(alone[0])} (n = 1)",
            f"{60 * TRIALS / alone[0]:.0f}",
            "–",
        ],
    ]
    reached = max(alone[1].values())
    head = ["way", "epochs a trial", "32 trials: median (least to most)", "trials a minute", "GFLOP/s"]
    body = "\n".join(
        [
            f"{len(dataset.train):,} training, {len(dataset.validation):,} validation pictures × 3,072 numbers; batch "
            f"{BATCH}, Nesterov's momentum 0.9; learning rate over three decades, λ over five.",
            "",
            table(head, rows),
            "",
            f"- side by side against one by one, the same epochs: {verdict(gain, 3, True, ' ×')}. It cannot be more "
            f"than the machine's peak of {peak / 1e9:.0f} GFLOP/s allows: "
            f"{peak / (operations / seconds[ALONE]['median']):.2f} × what one by one reaches.",
            f"- accuracies of the {TRIALS} trials: {int((apart < 0.5).sum())} the same on all validation pictures, the "
            f"others up to {apart.max():.0f} of {len(dataset.validation):,} pictures apart (sums in another order)",
            f"- the search as a whole, its compiling and its study on disk included, against one by one to the end "
            f"(without its compiling): {verdict(whole, 3, True, ' ×')}",
            f"- the best found by the search: {100 * search[1].value:.2f} % on validation; by one by one to the end: "
            f"{100 * reached:.2f} %",
        ]
    )
    content = {
        "measured": seconds,
        "gain": gain,
        "gain_whole": whole,
        "pictures_apart": apart.tolist(),
        "search_seconds": search[0],
        "alone_seconds": alone[0],
        "best": {"search": search[1].value, "alone": reached},
    }
    kept("search_trials", facts, "32 trials of softmax on CIFAR-10", body, content)


if __name__ == "__main__":
    main()
