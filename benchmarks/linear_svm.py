"""How long a linear support vector machine on thousands of features takes, against scikit-learn's LinearSVC.

Both tools minimize the same objective on the same standardized float32 features in memory: each class against the
rest with a squared hinge, the mean over pictures + ½λ(‖W‖² + ‖b‖²), which is LinearSVC's with C = 1/(λN) and a
penalized intercept. The objective of everybody's weights is computed in float64 by the same few lines. Every solver
gets the cheapest of a row of growing numbers of steps that comes within 0.1 % of the best objective that any of them
found; a setting that would go on for longer than the limit is left out, and it is told how far the solver got.

python -m benchmarks.linear_svm --pictures 10000                                              about 20 minutes
python -m benchmarks.linear_svm --pictures 50000 --solvers "LinearSVC, dual" --steps 56       about 10 minutes

With a single number of steps that is not near enough, its time is the least that the solver would take.

LinearSVC needs 8 + 16 bytes for each number besides the float32 features: on 50,000 × 6,400 about 9 GB.
"""

import argparse
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, shown, span, spread, table, verdict

NEAR = 1e-3
_OURS = "pellucid, preconditioned L-BFGS"
_STEPS = (1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 1000)
_BLOCK = 500


@dataclass
class Problem:
    """One objective: features x (N, D) float32 on a 64-byte boundary, labels y (N), and λ."""

    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    strength: float

    @property
    def inverse_strength(self) -> float:
        """LinearSVC's C"""
        return 1 / (self.strength * len(self.x))

    def objective(self, weight: np.ndarray, bias: np.ndarray) -> float:
        """In float64, whoever found the weights."""
        total = 0.5 * self.strength * (np.square(weight).sum() + np.square(bias).sum())
        for first in range(0, len(self.x), _BLOCK):
            s = self.x[first : first + _BLOCK].astype(np.float64) @ weight.T + bias
            t = np.where(self.y[first : first + _BLOCK, None] == np.arange(len(bias)), 1, -1)
            total += np.square(np.maximum(0, 1 - t * s)).sum() / len(self.x)
        return float(total)


@dataclass(frozen=True)
class Fit:
    """One fit: how many steps it was allowed, how long it took, and what came out."""

    steps: int
    seconds: float
    objective: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--features", default="words:words=1600", help="as pellucid train takes them")
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--strength", type=float, default=0.01, help="λ")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900.0, help="seconds for all settings of a solver")
    parser.add_argument("--steps", nargs="+", type=int, default=_STEPS, help="of the peers, in turn")
    parser.add_argument("--solvers", nargs="+", choices=list(_PEERS), default=list(_PEERS))
    options = parser.parse_args()
    facts = machine.described()
    problem = _problem(options.features, options.pictures, options.strength)
    print(f"{len(problem.x):,} pictures, {problem.x.shape[1]:,} features", flush=True)
    ours = _Ours(problem)
    best = ours.fit(200).objective
    memory = {"pellucid": _peak()}
    tried = {_OURS: [Fit(0, 0.0, np.inf)]}
    for name in options.solvers:
        tried[name] = list(_growing(_PEERS[name](problem), problem, best, options))
    best = min(best, *(fit.objective for fits in tried.values() for fit in fits))
    steps = ours.steps_until((1 + NEAR) * best)
    tried[_OURS] = [ours.fit(steps) for _ in range(options.repetitions)]
    memory["with LinearSVC"] = _peak()
    _report(facts, options, problem, best, tried, ours.compiling, memory)


def _peak() -> float:
    """The most memory that this process has had, with mapped files, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _problem(features: str, pictures: int, strength: float) -> Problem:
    """The first so many training pictures, as the model sees them."""
    from pellucid.data.load import load
    from pellucid.preprocessing.shown import first_shown
    from pellucid.preprocessing.standardize import standardize

    dataset = load(machine.cifar10())
    rows = np.flatnonzero(dataset.split < 2)  # nothing is chosen here: all but the test pictures
    rows = np.random.Generator(np.random.Philox(key=0)).permutation(rows)[:pictures]
    shown = first_shown(dataset.images[rows], np.arange(len(rows)), dataset.frame, features)
    numbers, mean, scale = shown.numbers, shown.preprocessing.mean, shown.preprocessing.scale
    room = np.empty(numbers.size + 16, np.float32)
    aligned = (-room.ctypes.data % 64) // room.itemsize
    x = room[aligned : aligned + numbers.size].reshape(numbers.shape)
    for first in range(0, len(x), _BLOCK):
        x[first : first + _BLOCK] = standardize(numbers[first : first + _BLOCK], mean, scale)
    return Problem(x, dataset.labels[rows].astype(np.int32), strength)


class _Ours:
    """What `--model svm --loss one-versus-rest-squared-hinge --optimizer preconditioned-lbfgs --penalize-biases` does
    between preprocessing and evaluation."""

    def __init__(self, problem: Problem) -> None:
        from pellucid.layers.linear import Linear
        from pellucid.losses.criterion import Criterion
        from pellucid.optimizers.descent import GradientDescent
        from pellucid.training.engine import Supply
        from pellucid.training.full_batch import full_batch
        from pellucid.training.step import Task

        self.problem = problem
        count, features = problem.x.shape
        self.zero = {"weight": np.zeros((int(problem.y.max()) + 1, features))}
        self.zero["bias"] = np.zeros(len(self.zero["weight"]))
        one, nothing = np.ones(features, np.float32), np.zeros(features, np.float32)
        supply = Supply(problem.x, problem.y, np.ones(count, np.float32), nothing, one)
        task = Task(
            Linear(features, len(self.zero["bias"])),
            Criterion("one-versus-rest-squared-hinge"),
            GradientDescent(),
            dict.fromkeys(self.zero, problem.strength),
        )
        began = time.perf_counter()
        self.look = full_batch(task, supply, np.arange(count))
        self.look(self.zero)
        self.compiling = time.perf_counter() - began

    def fit(self, steps: int, enough: float = 0.0) -> Fit:
        """All of it: sample, preconditioner, steps. Only the program is compiled before."""
        from pellucid.arrays.compile import undisturbed
        from pellucid.optimizers.preconditioner import SAMPLE, Preconditioner, preconditioned_lbfgs

        began = time.perf_counter()
        drawn = np.random.Generator(np.random.Philox(key=0)).permutation(len(self.problem.x))[:SAMPLE]
        sample = self.problem.x[np.sort(drawn)]
        coordinates = {"weight": Preconditioner.measured(sample, penalty=self.problem.strength)}
        with undisturbed():
            found = preconditioned_lbfgs(
                lambda params: self.look(params)[:2],
                self.zero,
                coordinates,
                beta=1e-6,
                steps=steps,
                watch=lambda step, params, value, norm: "near enough" if value <= enough else "",
            )
        seconds = time.perf_counter() - began
        return Fit(found.steps, seconds, self.problem.objective(**found.params))

    def steps_until(self, enough: float) -> int:
        return self.fit(1000, enough).steps


def _support_vectors(dual: bool) -> Callable[[Problem], Callable[[int], Any]]:
    def of(problem: Problem) -> Callable[[int], Any]:
        from sklearn.svm import LinearSVC

        settings: dict[str, Any] = {"C": problem.inverse_strength, "tol": 1e-12, "random_state": 0}
        return lambda steps: LinearSVC(dual=dual, max_iter=steps, **settings).fit(problem.x, problem.y)

    return of


_PEERS = {"LinearSVC, dual": _support_vectors(True), "LinearSVC, primal": _support_vectors(False)}


def _growing(
    fit: Callable[[int], Any], problem: Problem, best: float, options: argparse.Namespace
) -> Iterator[Fit]:
    """Larger and larger settings until one comes near enough, or the next would go on for too long."""
    spent, last = 0.0, Fit(1, 0.0, np.inf)
    for steps in options.steps:
        if spent + last.seconds * steps / last.steps > options.limit:
            return
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged: that is what is measured
            model = fit(steps)
        seconds = time.perf_counter() - began
        last = Fit(steps, seconds, problem.objective(model.coef_, model.intercept_))
        spent += seconds
        print(f"{type(model).__name__} {last}, {100 * (last.objective / best - 1):.3f} % above", flush=True)
        yield last
        if last.objective <= (1 + NEAR) * best:
            return


def _report(
    facts: dict[str, Any],
    options: argparse.Namespace,
    problem: Problem,
    best: float,
    tried: dict[str, list[Fit]],
    compiling: float,
    memory: dict[str, float],
) -> None:
    near = (1 + NEAR) * best
    times = {
        name: spread([fit.seconds for fit in (fits if name == _OURS else fits[-1:])])
        for name, fits in tried.items()
    }
    ours = times[_OURS]["median"]
    reached = {name for name, fits in tried.items() if fits[-1].objective <= near}
    rows = [
        [
            name,
            span(times[name]) if name in reached else f"more than {shown(times[name]['median'])}",
            f"{times[name]['median'] / ours:.1f}",
            str(fits[-1].steps),
            f"{fits[-1].objective:.6f}",
            f"{100 * (fits[-1].objective / best - 1):.3f} %",
        ]
        for name, fits in tried.items()
    ]
    peers = [name for name in tried if name != _OURS]
    # Where none came near enough, the one that got nearest counts: its time is then a lower bound.
    fastest = min(
        [name for name in peers if name in reached]
        or [min(peers, key=lambda name: tried[name][-1].objective)],
        key=lambda name: times[name]["median"],
    )
    ratio = times[fastest]["median"] / ours
    count, features = problem.x.shape
    lines = [
        f"{count:,} pictures of CIFAR-10, {features:,} features ({options.features}), λ = {problem.strength:g}, "
        f"C = {problem.inverse_strength:g}; the best objective is {best:.7f}.",
        "",
        table(["solver", "time to 0.1 %", "× pellucid", "steps", "objective then", "above the best"], rows),
        "",
        f"- against {fastest}: {verdict(ratio, 20, True, ' ×')}"
        + ("" if fastest in reached else ", at least: it was not near enough by then"),
        f"- compiling, once, takes {shown(compiling)} more; peak memory with the features: "
        + ", ".join(f"{name} {peak:.1f} GB" for name, peak in memory.items()),
        *(
            f"- {name}: "
            + ", ".join(
                f"{fit.steps} steps {shown(fit.seconds)} {100 * (fit.objective / best - 1):.2f} %"
                for fit in tried[name]
            )
            for name in peers
        ),
    ]
    content = {
        "best": best,
        "ratio": ratio,
        "seconds": times,
        "tried": {name: [vars(fit) for fit in fits] for name, fits in tried.items()},
        "memory_gb": memory,
    }
    title = f"A linear support vector machine on {count:,} × {features:,} features"
    kept(f"linear_svm_{count}", facts, title, "\n".join(lines), content)


if __name__ == "__main__":
    main()
