"""The two-layer network of CS231n, 1,000 steps in float64: as the course writes it in NumPy, and as examples/ has it.

The compiled program does the same operations. They are nearly all in two products, x W1 and xᵀ g, so no program that
does them can take less time than a processor needs for these; the result says how long that is here.

One thought makes most of them unnecessary, and stands in rows of its own: the pictures are the same in each step, so
what a step changes in x W1 is −rate · x xᵀ g, and x xᵀ (64 × 64) is multiplied out once. W1 is put together at the end.
"""

import argparse
import runpy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, span, spread, table, verdict

_EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "course_program.py"
COURSE = "NumPy, as the course writes it"
WALKED, COMPILED = "the graph, walked on NumPy", "the graph, compiled"
ONCE, COMPILED_ONCE = "NumPy, x xᵀ once", "the graph, compiled, x xᵀ once"
STEPS, RATE = 1000, 1e-4
SHOWN = (0, 1, 2, 10, 999)
_SIDE = 2048  # of the product that stands for the peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=7)
    options = parser.parse_args()
    import jax

    from pellucid.arrays.compile import compiled, precision, to_device

    facts = machine.described()
    program = runpy.run_path(str(_EXAMPLE))
    x, y, weights = program["drawn"]()
    with precision(np.float64):
        placed = to_device((weights, x, y))
        descent, by_rows = compiled(program["descent"]), compiled(_descent_by_rows)
        contenders = {
            COURSE: partial(_course, x, y, **weights),
            ONCE: partial(_course_by_rows, x, y, **weights),
            WALKED: partial(program["walked"], weights, x, y),
            COMPILED: lambda: jax.block_until_ready(descent(*placed)),
            COMPILED_ONCE: lambda: jax.block_until_ready(by_rows(*placed)[0]),
        }
        losses = {name: np.asarray(call()) for name, call in contenders.items()}
        seconds = in_turns(contenders, options.repetitions)
        after = _last_weights(program, weights, x, y), np.asarray(by_rows(*placed)[1])
    _report(facts, {name: spread(values) for name, values in seconds.items()}, losses, _apart(*after))


def _course(x: np.ndarray, y: np.ndarray, W1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    """The course's lines, with one name for the hidden layer and the loop closed; losses are kept, not printed."""
    w1, w2, losses = W1.copy(), W2.copy(), []
    for _ in range(STEPS):
        h = 1 / (1 + np.exp(-x.dot(w1)))
        y_pred = h.dot(w2)
        losses.append(np.square(y_pred - y).sum())
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h.T.dot(grad_y_pred)
        grad_h = grad_y_pred.dot(w2.T)
        grad_w1 = x.T.dot(grad_h * h * (1 - h))
        w1 -= RATE * grad_w1
        w2 -= RATE * grad_w2
    return np.array(losses)


def _course_by_rows(x: np.ndarray, y: np.ndarray, W1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    """The same, with the sums x W1 in the place of W1."""
    sums, alike, w2, losses = x.dot(W1), x.dot(x.T), W2.copy(), []
    for _ in range(STEPS):
        h = 1 / (1 + np.exp(-sums))
        y_pred = h.dot(w2)
        losses.append(np.square(y_pred - y).sum())
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h.T.dot(grad_y_pred)
        grad_h = grad_y_pred.dot(w2.T)
        sums -= RATE * alike.dot(grad_h * h * (1 - h))
        w2 -= RATE * grad_w2
    return np.array(losses)


def _descent_by_rows(weights: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The losses, and W1 after the last step: start − rate · xᵀ (all that came back to the sums)."""
    from pellucid.arrays.compile import scan
    from pellucid.graph import Tensor, gradients
    from pellucid.graph.activations import sigmoid
    from pellucid.graph.reductions import sum
    from pellucid.losses import squared_error

    first, alike = x @ weights["W1"], x @ x.T  # (64, 100), (64, 64)

    def step(state: Any, _: Any) -> tuple[Any, Any]:
        come_back, w2 = state
        S, W2 = Tensor(first - RATE * (alike @ come_back), name="S"), Tensor(w2, name="W2")
        loss = sum(squared_error(sigmoid(S) @ W2, y))
        slope = gradients(loss, of=[S, W2])
        return (come_back + slope[S], w2 - RATE * slope[W2]), loss.value

    (come_back, _), losses = scan(step, (first * 0, weights["W2"]), np.arange(STEPS))
    return losses, weights["W1"] - RATE * (x.T @ come_back)


def _last_weights(program: dict[str, Any], weights: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    for _ in range(STEPS):
        weights, _ = program["step"](weights, x, y)
    return weights["W1"]


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, relative to the largest number."""
    return float(np.abs(a - b).max() / np.abs(a).max())


def _peak() -> float:
    """Floating-point operations a second of a large product in float64, the best of NumPy's and XLA's."""
    import jax

    from pellucid.arrays.compile import compiled, to_device

    stream = np.random.Generator(np.random.Philox(key=0))
    a = stream.standard_normal((_SIDE, _SIDE))
    on_device, product = to_device(a), compiled(lambda a: a @ a)
    ways = {"numpy": lambda: a @ a, "xla": lambda: jax.block_until_ready(product(on_device))}
    for run in ways.values():
        run()
    return 2.0 * _SIDE**3 / min(spread(values)["min"] for values in in_turns(ways, 4).values())


def _report(
    facts: dict[str, Any], measured: dict[str, Any], losses: dict[str, np.ndarray], apart: float
) -> None:
    from pellucid.arrays.compile import precision

    with precision(np.float64):
        peak = _peak()
    operations = STEPS * 2 * (2 * 64 * 1000 * 100 + 3 * 64 * 100 * 10)
    numpy = measured[COURSE]["median"]
    rows = [
        [
            name,
            span(m),
            f"{numpy / m['median']:.2f}",
            *(f"{losses[name][t]:.9f}" for t in (SHOWN[0], SHOWN[-1])),
        ]
        for name, m in measured.items()
    ]
    ratio, once = (numpy / measured[name]["median"] for name in (COMPILED, COMPILED_ONCE))
    body = "\n".join(
        [
            "64 × 1000 × 100 × 10, sigmoid, squared error, 1,000 steps, float64. Compiling is not in the times.",
            "",
            table(
                ["", "1,000 steps: median (least to most)", "× the course's", "loss, step 0", "step 999"],
                rows,
            ),
            "",
            f"- compiled against NumPy, the same operations: {verdict(ratio, 3, True, ' ×')}. They are "
            f"{operations / 1e9:.1f} GFLOP, which take {operations / peak:.2f} s at the {peak / 1e9:.0f} GFLOP/s that "
            f"products in float64 reach here: more than {numpy * peak / operations:.1f} × is not to be had with them",
            f"- compiled, with x xᵀ multiplied out once: {verdict(once, 3, True, ' ×')}; after the last step W1 is the "
            f"same to {apart:.0e} of its largest",
        ]
    )
    content = {
        "measured": measured,
        "losses": {name: {str(t): float(values[t]) for t in SHOWN} for name, values in losses.items()},
        "peak_float64": peak,
        "operations": operations,
        "ratios": {"same operations": ratio, "x xᵀ once": once},
    }
    kept("course_program", facts, "The course's own program", body, content)


if __name__ == "__main__":
    main()
