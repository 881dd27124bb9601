"""What one operation costs eagerly, forward and backward: pellucid, micrograd (single numbers only) and PyTorch.

Every contender runs the same source, `chain`, in turns. An operation is what a user writes: one `*`, `+` or `-` (for
micrograd a `-` is three nodes). The chain is long enough for the fixed cost of a walk not to count. Backward is the
walk alone, again and again along the same graph (PyTorch with `retain_graph`). micrograd computes with Python's
floats, which take a third of the time of NumPy's single numbers, have no dtype, and cannot become arrays.
"""

import argparse
import importlib.metadata
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, shown, spread, table, verdict

LENGTH = 400  # operations in the chain, a multiple of 4
NUMBERS = 10
WANTED = 5e-6  # seconds an operation


def chain(x: Any, y: Any) -> Any:
    """LENGTH operations on two inputs; the result depends on both and stays small."""
    z = x
    for _ in range(LENGTH // 4):
        z = z * y
        z = z + x
        z = z - y
        z = z * x
    return z


class Pellucid:
    name = "pellucid"

    def __init__(self, x: Any, y: Any) -> None:
        from pellucid.graph import gradients, variables
        from pellucid.graph.reductions import sum

        self.x, self.y = variables(x=x, y=y)
        self.walk, self.total = gradients, sum
        self.loss = self._loss()

    def _loss(self) -> Any:
        z = chain(self.x, self.y)
        return z if z.shape == () else self.total(z)

    def forward(self) -> None:
        self._loss()

    def backward(self) -> None:
        self.walk(self.loss)

    def slopes(self) -> list[np.ndarray]:
        flow = self.walk(self.loss)
        return [np.asarray(flow[self.x]), np.asarray(flow[self.y])]


class Micrograd:
    name = "micrograd"

    def __init__(self, x: float, y: float) -> None:
        from micrograd.engine import Value

        self.x, self.y = Value(x), Value(y)
        # Its walk is a recursion.
        sys.setrecursionlimit(100_000)
        self.loss = chain(self.x, self.y)

    def forward(self) -> None:
        chain(self.x, self.y)

    def backward(self) -> None:
        self.loss.backward()

    def slopes(self) -> list[np.ndarray]:
        fresh = Micrograd(self.x.data, self.y.data)
        fresh.backward()
        return [np.asarray(fresh.x.grad), np.asarray(fresh.y.grad)]


class Torch:
    name = "PyTorch eager"

    def __init__(self, x: Any, y: Any) -> None:
        import torch

        torch.set_num_threads(1)  # more only disturb each other on ten numbers
        self.x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        self.y = torch.tensor(y, dtype=torch.float64, requires_grad=True)
        self.loss = self._loss()

    def _loss(self) -> Any:
        z = chain(self.x, self.y)
        return z if z.ndim == 0 else z.sum()

    def forward(self) -> None:
        self._loss()

    def backward(self) -> None:
        self.x.grad = self.y.grad = None
        self.loss.backward(retain_graph=True)

    def slopes(self) -> list[np.ndarray]:
        self.backward()
        return [self.x.grad.numpy(), self.y.grad.numpy()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=60)
    options = parser.parse_args()
    facts = machine.described()
    facts["versions"]["micrograd"] = importlib.metadata.version("micrograd")
    stream = np.random.Generator(np.random.Philox(key=0))
    x, y = stream.uniform(-0.9, 0.9, (2, NUMBERS))
    cases = {
        "one number": [Pellucid(0.3, 0.9), Micrograd(0.3, 0.9), Torch(0.3, 0.9)],
        f"{NUMBERS} numbers": [Pellucid(x, y), Torch(x, y)],
    }
    measured = {case: _measured(contenders, options.repetitions) for case, contenders in cases.items()}
    _report(facts, measured)


def _measured(contenders: list[Any], repetitions: int) -> dict[str, dict[str, Any]]:
    """Contender and direction → seconds an operation. All must find the same gradients."""
    first, *others = [each.slopes() for each in contenders]
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-9)
    calls: dict[str, Callable[[], Any]] = {}
    for each in contenders:
        calls[f"{each.name} forward"] = each.forward
        calls[f"{each.name} backward"] = each.backward
    in_turns(calls, 3)  # warm up
    seconds = in_turns(calls, repetitions)
    return {name: spread([value / LENGTH for value in values]) for name, values in seconds.items()}


def _report(facts: dict[str, Any], measured: dict[str, dict[str, dict[str, Any]]]) -> None:
    rows, lines = [], []
    repetitions = next(iter(measured["one number"].values()))["repetitions"]
    for case, found in measured.items():
        for name, m in found.items():
            who, direction = name.rsplit(" ", 1)
            ours = found[f"{Pellucid.name} {direction}"]["median"]
            least, most = shown(m["min"]), shown(m["max"])
            rows.append(
                [
                    f"{who}, {case}",
                    direction,
                    f"{shown(m['median'])} ({least} to {most})",
                    f"{m['median'] / ours:.2f}",
                ]
            )
            if who == Pellucid.name:
                lines.append(
                    f"- {case}, {direction}: {verdict(1e6 * m['median'], 1e6 * WANTED, False, ' µs')}"
                )
            else:
                lines.append(
                    f"- {case}, {direction}, against {who}: {verdict(m['median'] / ours, 1, True, ' ×')}"
                )
    body = "\n".join(
        [
            f"A chain of {LENGTH} operations (*, +, −) on float64, {repetitions} repetitions in turns; "
            "time for one operation.",
            "",
            table(["who, on what", "direction", "one operation: median (least to most)", "× pellucid"], rows),
            "",
            *lines,
        ]
    )
    kept(
        "graph_eager",
        facts,
        "One operation of an eager graph",
        body,
        {"measured": measured, "length": LENGTH},
    )


if __name__ == "__main__":
    main()
