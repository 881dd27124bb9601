"""How long softmax on raw pixels takes to a validation accuracy of 39 %, against PyTorch with settings found alike.

A tenth of the training pictures of CIFAR-10 is the validation part. Every tool gets the same trials, each with two
seeds: the highest rate and the length of a cosine schedule, Nesterov's momentum 0.9, batches of 256. After each epoch
the validation pictures are scored, and the first epoch that reaches the accuracy ends a training. The fastest trial is
then run with five other seeds, the tools in turns.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, shown, table, verdict
from benchmarks.softmax_epoch import BATCH, OURS

WANTED = 0.39
RATES = (1.0, 2.0, 4.0, 8.0)  # in units of pellucid's own choice for these data
LENGTHS = (2, 3, 4, 6)  # epochs
CHOOSING = (100, 101)  # seeds of the trials
Trial = tuple[float, int]
Run = Callable[[Trial, int], tuple[float, float]]
"""(rate, epochs), seed → seconds until it was there (infinite if never), and the accuracy at the end."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    facts = machine.described()
    session = _session()
    tools = {OURS: _pellucid(session)} | _torches(session)
    trials = [(rate, epochs) for rate in RATES for epochs in LENGTHS]
    chosen = {}
    for name, run in tools.items():
        run(trials[0], 0)  # compiles, and wakes the machine
        tried = {trial: sum(run(trial, seed)[0] for seed in CHOOSING) for trial in trials}
        chosen[name] = min(tried, key=lambda trial: tried[trial])
        print(name, chosen[name], tried[chosen[name]], flush=True)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in tools}
    for seed in range(options.seeds):
        for name, run in tools.items():
            found[name].append(run(chosen[name], seed))
    _report(facts, session, chosen, found, len(trials))


def _session() -> Any:
    from pellucid.data.load import load
    from pellucid.training.recipe import Recipe
    from pellucid.training.session import prepared

    return prepared(load(machine.cifar10(), seed=0), Recipe(batch_size=BATCH, epochs=1), engine="xla")


def _pellucid(session: Any) -> Run:
    """Our own engine as `pellucid train` runs it."""
    from pellucid.training.loop import plan

    validation, labels = session.dataset.validation.rows.astype(np.int32), session.dataset.validation.labels

    def run(trial: Trial, seed: int) -> tuple[float, float]:
        rate = trial[0] * session.recipe.learning_rate
        current = replace(
            session, recipe=replace(session.recipe, learning_rate=rate, epochs=trial[1], seed=seed)
        )
        state, accuracy, began = current.start_state(), 0.0, time.perf_counter()
        for epoch in range(1, trial[1] + 1):
            order, rates = plan(current, epoch)
            state, _, _ = session.engine.steps(state, order, BATCH, rates)
            accuracy = float((session.engine.scores(state["params"], validation).argmax(1) == labels).mean())
            if accuracy >= WANTED:
                return time.perf_counter() - began, accuracy
        return math.inf, accuracy

    return run


def _torches(session: Any) -> dict[str, Run]:
    """PyTorch as the tutorials do it, and the fastest way by hand that we know, on the same pictures."""
    import torch

    from benchmarks.softmax_epoch import _problem
    from benchmarks.torch_ways import EAGER, WAYS

    validation = torch.from_numpy(session.preprocessing.apply(session.dataset.validation.images))
    labels = torch.from_numpy(session.dataset.validation.labels.astype(np.int64))
    problem, _ = _problem(session, 1)
    steps = -(-len(problem.labels) // BATCH)

    def runner(way: Any) -> Run:
        def run(trial: Trial, seed: int) -> tuple[float, float]:
            torch.manual_seed(seed)
            way.reset()
            times = np.arange(steps * trial[1]) / (steps * trial[1])
            rates = trial[0] * session.recipe.learning_rate * 0.5 * (1 + np.cos(np.pi * times))
            accuracy, began = 0.0, time.perf_counter()
            for epoch in range(trial[1]):
                way.epoch(rates[epoch * steps : (epoch + 1) * steps])
                w, b = (torch.from_numpy(array) for array in way.weights())
                accuracy = float((torch.addmm(b, validation, w.T).argmax(1) == labels).float().mean())
                if accuracy >= WANTED:
                    return time.perf_counter() - began, accuracy
            return math.inf, accuracy

        return run

    return {name: runner(WAYS[name](problem)) for name in (EAGER, "PyTorch by hand, uint8, folded")}


def _report(
    facts: dict[str, Any],
    session: Any,
    chosen: dict[str, Trial],
    found: dict[str, list[tuple[float, float]]],
    trials: int,
) -> None:
    own = session.recipe.learning_rate
    median = {name: statistics.median(seconds for seconds, _ in runs) for name, runs in found.items()}
    rows = []
    for name, runs in found.items():
        seconds = [value for value, _ in runs]
        least, most = (
            shown(value) if math.isfinite(value) else "never" for value in (min(seconds), max(seconds))
        )
        middle = shown(median[name]) if math.isfinite(median[name]) else "never"
        rows.append(
            [
                name,
                f"{middle} ({least} to {most}; n = {len(runs)})",
                f"{median[name] / median[OURS]:.2f}",
                f"rate {chosen[name][0] * own:.3g}, {chosen[name][1]} epochs",
                f"{100 * statistics.mean(accuracy for _, accuracy in runs):.2f} %",
            ]
        )
    head = [
        "tool",
        f"time to {100 * WANTED:g} %",
        "× pellucid",
        "settings of the fastest trial",
        "accuracy then",
    ]
    rivals = {name: median[name] / median[OURS] for name in found if name != OURS}
    validation, train = len(session.dataset.validation), len(session.dataset.train)
    body = "\n".join(
        [
            f"{train:,} pictures to train on, {validation:,} for validation. {trials} trials a tool, of "
            f"{len(CHOOSING)} seeds each: rates "
            f"{', '.join(f'{rate * own:.3g}' for rate in RATES)} × schedules of {', '.join(map(str, LENGTHS))} epochs; "
            f"λ = {session.recipe.l2:g}. Compiling is not in the times: {shown(session.engine.compiling)}, once.",
            "",
            table(head, rows),
            "",
            *(f"- against {name}: {verdict(ratio, 3, True, ' ×')}" for name, ratio in rivals.items()),
        ]
    )
    content = {"chosen": chosen, "found": found, "ratios": rivals, "compiling": session.engine.compiling}
    kept("time_to_accuracy", facts, "Time to an accuracy", body, content)


if __name__ == "__main__":
    main()
