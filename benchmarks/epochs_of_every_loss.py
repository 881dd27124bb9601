"""One epoch with every loss of K scores and with every optimizer, against softmax with momentum."""

import argparse
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, span, spread, table, verdict
from benchmarks.softmax_epoch import BATCH

_USUAL = "softmax-cross-entropy, momentum"


class Training:
    """One epoch after the other on the compiled engine."""

    def __init__(self, dataset: Any, epochs: int, **settings: Any) -> None:
        from pellucid.training.recipe import Recipe
        from pellucid.training.session import prepared

        self.session = prepared(dataset, Recipe(batch_size=BATCH, epochs=epochs, **settings), engine="xla")
        self.state, self.done = self.session.start_state(), 0

    def epoch(self) -> None:
        from pellucid.training.loop import plan

        self.done += 1
        order, rates = plan(self.session, self.done)
        self.state, _, _ = self.session.engine.steps(self.state, order, BATCH, rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=8)
    options = parser.parse_args()
    facts = machine.described()
    trainings = _trainings(2 * options.repetitions + 1)
    for each in trainings.values():
        each.epoch()  # compiles
    seconds = in_turns({name: each.epoch for name, each in trainings.items()}, options.repetitions, True)
    _report(facts, {name: spread(values) for name, values in seconds.items()})


def _trainings(epochs: int) -> dict[str, Training]:
    from pellucid.data.load import load
    from pellucid.losses.criterion import TRAINABLE, Criterion
    from pellucid.optimizers.named import OPTIMIZERS

    dataset = load(machine.cifar10())
    dataset = dataset.with_split(np.where(dataset.split == 1, 0, dataset.split))
    losses = [name for name in TRAINABLE if not Criterion(name).binary]
    pairs = [(loss, "momentum") for loss in losses]
    pairs += [("softmax-cross-entropy", name) for name in OPTIMIZERS if name != "momentum"]
    # The rate is so small that no loss can run away: how long a step takes does not depend on it.
    return {
        f"{loss}, {optimizer}": Training(dataset, epochs, loss=loss, optimizer=optimizer, learning_rate=1e-6)
        for loss, optimizer in pairs
    }


def _report(facts: dict[str, Any], measured: dict[str, dict[str, Any]]) -> None:
    # A busy moment makes single epochs slow: the medians say how an epoch goes, the fastest what a step costs.
    usual = measured[_USUAL]
    rows = [
        [name, span(m), f"{m['median'] / usual['median']:.2f}", f"{m['min'] / usual['min']:.2f}"]
        for name, m in measured.items()
    ]
    slowest = max(measured, key=lambda name: measured[name]["median"])
    ratio = measured[slowest]["median"] / usual["median"]
    head = ["loss, optimizer", "one epoch", "× softmax, momentum", "by the fastest epochs"]
    body = "\n".join(
        [
            f"Softmax on 50,000 CIFAR-10 pictures, compiled, batches of {BATCH}. Each turn is two epochs, of which the "
            "second is timed.",
            "",
            table(head, rows),
            "",
            f"- the slowest, {slowest}: {verdict(ratio, 1.15, False, ' ×')}",
        ]
    )
    kept("epochs_of_every_loss", facts, "Epochs of every loss and optimizer", body, {"measured": measured})


if __name__ == "__main__":
    main()
