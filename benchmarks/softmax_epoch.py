"""One epoch of softmax on 50,000 CIFAR-10 pictures: pellucid, PyTorch in every way we found, and scikit-learn.

The timed epochs are a training: every contender makes the same number of epochs, in turns, at the same learning rates,
so that the table can also say how good each has become. An epoch begins with drawing the order of the pictures.
"""

import argparse
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, span, spread, table, verdict

BATCH = 256
SCIKIT = "scikit-learn SGDClassifier"
OURS, EAGERLY = "pellucid, compiled", "pellucid, eager (NumPy)"


class Pellucid:
    """Our own engine as `pellucid train` runs it: the plan of the epoch, then all its steps."""

    def __init__(self, dataset: Any, engine: str, epochs: int) -> None:
        from pellucid.training.recipe import Recipe
        from pellucid.training.session import prepared

        recipe = Recipe(model="softmax", batch_size=BATCH, epochs=epochs)
        self.session = prepared(dataset, recipe, engine=engine)
        self.reset()
        self.epoch()
        self.reset()
        self.compiling = self.session.engine.compiling

    def reset(self) -> None:
        self.state, self.done = self.session.start_state(), 0

    def epoch(self) -> None:
        from pellucid.training.loop import plan

        self.done += 1
        order, rates = plan(self.session, self.done)
        self.state, _, _ = self.session.engine.steps(self.state, order, BATCH, rates)

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        return np.asarray(self.state["params"]["weight"]), np.asarray(self.state["params"]["bias"])


class Torch:
    """One of the ways of `torch_ways`, at the rates of the same schedule."""

    def __init__(self, way: Any, rates: list[np.ndarray]) -> None:
        self.way, self.rates, self.done = way, rates, 0
        way.epoch(rates[0])
        way.reset()
        self.compiling = way.compiling

    def epoch(self) -> None:
        self.way.epoch(self.rates[self.done])
        self.done += 1

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        return self.way.weights()


class Scikit:
    """SGDClassifier(loss="log_loss"): each class against the rest, one picture a step, its own rate rule."""

    compiling = 0.0

    def __init__(self, x: np.ndarray, y: np.ndarray, l2: float, jobs: int | None) -> None:
        from sklearn.linear_model import SGDClassifier

        self.model = SGDClassifier(loss="log_loss", alpha=l2, n_jobs=jobs, random_state=0)
        self.x, self.y = x, y

    def epoch(self) -> None:
        self.model.partial_fit(self.x, self.y, classes=np.arange(self.y.max() + 1))

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        return self.model.coef_.astype(np.float32), self.model.intercept_.astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=12)
    parser.add_argument("--scikit-repetitions", type=int, default=2)
    parser.add_argument(
        "--no-compile", action="store_true", help="leave torch.compile out: it takes minutes to start"
    )
    options = parser.parse_args()
    facts = machine.described()
    dataset = _dataset()
    peaks = machine.peaks()
    contenders = {
        OURS: Pellucid(dataset, "xla", 2 * options.repetitions),
        EAGERLY: Pellucid(dataset, "numpy", 2 * options.repetitions),
    }
    problem, rates = _problem(contenders[OURS].session, 2 * options.repetitions)
    failed = _add_torch(contenders, problem, rates, options.no_compile)
    seconds = in_turns({name: each.epoch for name, each in contenders.items()}, options.repetitions, True)
    x, y = problem.standardized.numpy(), problem.labels.numpy()
    scikits = {
        name: Scikit(x, y.astype(np.int32), contenders[OURS].session.recipe.l2, jobs)
        for name, jobs in ((SCIKIT, None), (f"{SCIKIT}, n_jobs=-1", -1))
    }
    contenders |= scikits
    seconds |= in_turns(
        {name: each.epoch for name, each in scikits.items()}, options.scikit_repetitions, True
    )
    measured = {name: spread(values) for name, values in seconds.items()}
    for name, each in contenders.items():
        measured[name] |= {"compiling": each.compiling, **_quality(each, contenders[OURS].session, x, y)}
    _report(facts, measured, peaks, failed, len(x), x.shape[1])


def _dataset() -> Any:
    """CIFAR-10 with all 50,000 training pictures to train on: nothing is chosen here."""
    from pellucid.data.load import load

    dataset = load(machine.cifar10())
    return dataset.with_split(np.where(dataset.split == 1, 0, dataset.split))


def _problem(session: Any, epochs: int) -> tuple[Any, list[np.ndarray]]:
    """What PyTorch gets: the same pictures, mean, scale, λ and rates."""
    import torch

    from benchmarks.torch_ways import Problem
    from pellucid.training.loop import plan

    rows, seen = session.dataset.train.rows, session.preprocessing
    pictures = session.dataset.images[rows].reshape(len(rows), -1)
    problem = Problem(
        torch.from_numpy(pictures),
        torch.from_numpy(session.dataset.labels[rows].astype(np.int64)),
        torch.from_numpy(seen.mean),
        torch.from_numpy(1 / seen.scale),
        session.recipe.l2,
        BATCH,
        len(session.dataset.classes),
    )
    return problem, [plan(session, epoch)[1] for epoch in range(1, epochs + 1)]


def _add_torch(
    contenders: dict[str, Any], problem: Any, rates: list[np.ndarray], skip: bool
) -> dict[str, str]:
    """Add every way that works here; returns those that do not, with the reason."""
    from benchmarks.torch_ways import WAYS

    failed = {}
    for name, make in WAYS.items():
        if skip and "compile" in name:
            continue
        try:
            contenders[name] = Torch(make(problem), rates)
        except Exception as error:  # torch.compile needs a C++ compiler, and has many ways to fail.
            failed[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return failed


def _quality(each: Any, session: Any, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Objective on the training pictures and accuracy on the test pictures, by the same formula for everybody."""
    from pellucid.losses import softmax_cross_entropy

    w, b = each.weights()
    test = session.dataset.test
    losses = softmax_cross_entropy(x @ w.T + b, y)
    penalty = 0.5 * session.recipe.l2 * float(np.sum(np.square(w, dtype=np.float64)))
    objective = float(np.mean(losses, dtype=np.float64)) + penalty
    right = (session.preprocessing.apply(test.images) @ w.T + b).argmax(1) == test.labels
    return {"objective": objective, "test_accuracy": float(right.mean())}


def _groups(measured: dict[str, Any]) -> dict[str, list[str]]:
    """The rivals by the names of the ratios: PyTorch eager, all of PyTorch, scikit-learn."""
    from benchmarks.torch_ways import EAGER

    return {
        "eager": [EAGER],
        "fastest_torch": [name for name in measured if "orch" in name],
        "scikit": [SCIKIT],
    }


def _report(
    facts: dict[str, Any],
    measured: dict[str, Any],
    peaks: dict[str, float],
    failed: dict[str, str],
    n: int,
    d: int,
) -> None:
    ours = measured[OURS]["median"]
    operations = 4.0 * n * d * 10
    peak = max(peaks.values())
    fastest = min((name for name in measured if "orch" in name), key=lambda name: measured[name]["median"])
    rows = []
    for name, m in measured.items():
        bold = f"**{name}**" if name == fastest else name
        share = operations / m["median"] / peak
        rows.append(
            [
                bold, span(m), f"{m['median'] / ours:.2f}", f"{100 * share:.0f} %",
                f"{m['compiling']:.1f} s" if m["compiling"] else "–", str(2 * m["repetitions"]),
                f"{m['objective']:.4f}", f"{100 * m['test_accuracy']:.2f} %",
            ]
        )  # fmt: skip
    head = [
        "way",
        "one epoch: median (least to most)",
        "× pellucid",
        "of peak",
        "compiling, once",
        "epochs done",
    ]
    head += ["objective", "test accuracy"]
    from benchmarks.torch_ways import EAGER

    ratios = {
        "eager": measured[EAGER]["median"] / ours,
        "fastest_torch": measured[fastest]["median"] / ours,
        "scikit": measured[SCIKIT]["median"] / ours,
        "share_of_peak": operations / ours / peak,
    }
    least = {
        name: min(m["min"] for n, m in measured.items() if n in names)
        for name, names in _groups(measured).items()
    }
    ratios["by_fastest_epoch"] = {name: value / measured[OURS]["min"] for name, value in least.items()}
    body = "\n".join(
        [
            "50,000 pictures × 3,072 numbers; batch 256, Nesterov's momentum 0.9, L2, cosine schedule over them.",
            "Objective and accuracy are after the last. Warm-up and compiling are not in the times; shuffling is. "
            "Each turn is two epochs, of which the second is timed.",
            "",
            table(head, rows),
            "",
            f"- against PyTorch eager with index_select: {verdict(ratios['eager'], 3, True, ' ×')}",
            f"- against the fastest PyTorch ({fastest}): {verdict(ratios['fastest_torch'], 2.5, True, ' ×')}",
            f'- against SGDClassifier(loss="log_loss"): {verdict(ratios["scikit"], 25, True, " ×")}',
            "- the same three by the fastest epoch of each instead of the median: "
            + ", ".join(f"{value:.2f} ×" for value in ratios["by_fastest_epoch"].values()),
            f"- {100 * ratios['share_of_peak']:.0f} % of the machine's peak of {peak / 1e9:.0f} GFLOP/s, the better of "
            f"NumPy's ({peaks['numpy'] / 1e9:.0f}) and XLA's ({peaks['xla'] / 1e9:.0f}) 4096³ product, at 4·N·D·K "
            "operations an epoch",
            *(f"- {name} does not work here: {reason}" for name, reason in failed.items()),
        ]
    )
    content = {
        "measured": measured,
        "peaks": peaks,
        "ratios": ratios,
        "fastest_torch": fastest,
        "failed": failed,
    }
    kept("softmax_epoch", facts, "One epoch of softmax", body, content)


if __name__ == "__main__":
    main()
