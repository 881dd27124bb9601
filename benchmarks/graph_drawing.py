"""Laying out and drawing a graph: how long from the loss to the SVG?"""

import argparse
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, span, spread, table, verdict


def network(units: int, repeats: int) -> Any:
    """A loss of single numbers: `units` ReLU units of five inputs, multiplied, and `repeats` further products."""
    from pellucid.graph import Tensor, variables
    from pellucid.graph.elementwise import exp, maximum

    stream = np.random.Generator(np.random.Philox(key=0))
    x = variables(**{f"x{i}": float(i) for i in range(1, 6)})
    loss: Any = 1.0
    for _ in range(units):
        weights = [Tensor(np.float64(each), name=f"w{i}") for i, each in enumerate(stream.standard_normal(5))]
        sums: Any = 0.0
        for weight, value in zip(weights, x, strict=True):
            sums = sums + weight * value
        loss = loss * maximum(sums, 0.0)
    loss = exp(-loss)
    for _ in range(repeats):
        loss = loss * 1.01
    return loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    options = parser.parse_args()
    from pellucid.graph.diagram import diagram

    facts = machine.described()
    losses = {"about 50 nodes": network(2, 16), "about 100 nodes": network(3, 46)}
    counts = {name: len(diagram(loss).content) for name, loss in losses.items()}
    calls = {name: (lambda loss=loss: diagram(loss).svg()) for name, loss in losses.items()}
    measured = {name: spread(values) for name, values in in_turns(calls, options.repetitions).items()}
    rows = [[name, str(counts[name]), span(each)] for name, each in measured.items()]
    body = "\n".join(
        [
            "From the loss to the SVG, gradients and layout included; the larger graph is collapsed into at most "
            "60 boxes.",
            "",
            table(["graph", "nodes", "median (least to most)"], rows),
            "",
            f"- 100 nodes: {verdict(measured['about 100 nodes']['median'], 0.3, False, ' s')}",
        ]
    )
    kept("graph_drawing", facts, "Drawing a graph", body, {"measured": measured, "nodes": counts})


if __name__ == "__main__":
    main()
