"""Convolution and both its gradients against PyTorch's, on the shapes that real networks have.

Forward, gradient of the pictures and gradient of the filters are timed alone, and all three as a step of a compiled
scan, in which the filters change: as training runs them. PyTorch gets the same arrays in both of its layouts; the
faster one counts. A rate counts the multiplications and additions of the plain formula, whatever is computed.
"""

import argparse
import functools
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, spread, table

STEPS = 2  # in one scan
PARTS = ("forward", "pictures", "filters")


@dataclass(frozen=True)
class Shape:
    """N pictures of `side`² pixels and C channels, K filters of `size`² pixels."""

    where: str
    pictures: int
    side: int
    channels: int
    filters: int
    size: int = 3
    stride: int = 1

    @property
    def title(self) -> str:
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        return (
            f"{self.where}: {self.pictures} × {self.side}² × {self.channels} → {self.filters}, "
            f"{self.size} × {self.size}{stride}"
        )

    @property
    def operations(self) -> int:
        """Of one of the three: each has as many."""
        places = self.pictures * (self.side // self.stride) ** 2
        return 2 * places * self.size**2 * self.channels * self.filters


SHAPES = (
    Shape("first layer", 128, 32, 3, 32),
    Shape("ResNet-20", 128, 32, 16, 16),
    Shape("ResNet-20", 128, 32, 16, 32, stride=2),
    Shape("ResNet-20", 128, 16, 32, 32),
    Shape("ResNet-20", 128, 8, 64, 64),
    Shape("convnet", 64, 16, 64, 64),
    Shape("GoogLeNet", 32, 16, 96, 192),
    Shape("GoogLeNet", 64, 16, 192, 64, size=1),
    Shape("GoogLeNet", 64, 16, 16, 32, size=5),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=7)
    options = parser.parse_args()
    facts = machine.described()
    measured = {shape.title: _measured(shape, options.repetitions) for shape in SHAPES}
    rows = [
        [title, *(_pair(m, part) for part in PARTS), _pair(m, "scan"), f"{_ratio(m, 'scan'):.2f}"]
        for title, m in measured.items()
    ]
    overall = statistics.geometric_mean(_ratio(m, "scan") for m in measured.values())
    body = "\n".join(
        [
            f"GFLOP/s, pellucid / PyTorch (oneDNN), medians of {options.repetitions}, float32; “all three” is a step "
            "of a compiled scan against PyTorch's three calls; the last column is its speed relative to PyTorch.",
            "",
            table(["shape", "forward", "into pictures", "into filters", "all three", "ratio"], rows),
            "",
            f"Geometric mean of the last column: {overall:.2f}.",
        ]
    )
    kept("convolution", facts, "Convolution", body, {"measured": measured, "overall": overall})


def _pair(measured: dict[str, Any], part: str) -> str:
    return " / ".join(f"{measured[part][name]['rate']:.0f}" for name in ("pellucid", "PyTorch"))


def _ratio(measured: dict[str, Any], part: str) -> float:
    return measured[part]["pellucid"]["rate"] / measured[part]["PyTorch"]["rate"]


def _measured(shape: Shape, repetitions: int) -> dict[str, Any]:
    """Each part by each contender: seconds, and operations a second in units of 10⁹."""
    ours, peers = _ours(shape), _peers(shape)
    found = {}
    for part, call in ours.items():
        contenders = {"pellucid": call} | {f"PyTorch {layout}": peer[part] for layout, peer in peers.items()}
        for each in contenders.values():
            each()
        seconds = in_turns(contenders, repetitions, running=True)
        steps, count = (STEPS, 3) if part == "scan" else (1, 1)
        timed = {
            name: spread([second / steps for second in all_of_it]) for name, all_of_it in seconds.items()
        }
        for each in timed.values():
            each["rate"] = count * shape.operations / each["median"] / 1e9
        best = max((name for name in timed if name != "pellucid"), key=lambda name: timed[name]["rate"])
        found[part] = {**timed, "PyTorch": timed[best]}
    return found


def _drawn(shape: Shape) -> tuple[np.ndarray, np.ndarray, np.ndarray, Any]:
    """x, w, g, and where the windows lie."""
    from pellucid.arrays.windows import windows

    stream = np.random.Generator(np.random.Philox(key=1))
    x = (shape.pictures, shape.side, shape.side, shape.channels)
    # PyTorch leaves the border's last row and column out where the stride does not reach them.
    seen_by = windows(x, (shape.size, shape.size), shape.stride, shape.size // 2)
    sizes = x, (shape.filters, shape.size, shape.size, shape.channels), (x[0], *seen_by.count, shape.filters)
    return *(stream.standard_normal(of, np.float32) for of in sizes), seen_by


def _ours(shape: Shape) -> dict[str, Callable[[], Any]]:
    import jax

    from pellucid.arrays import convolution
    from pellucid.arrays.compile import compiled, scan, to_device

    *arrays, seen_by = _drawn(shape)
    x, w, g = to_device(arrays)
    functions = {
        "forward": (convolution.convolved, (x, w)),
        "pictures": (convolution.gradient_of_pictures, (g, w)),
        "filters": (convolution.gradient_of_filters, (g, x)),
    }

    def step(w: Any, _: Any) -> tuple[Any, Any]:
        s = convolution.convolved(x, w, seen_by)
        flow = convolution.gradient_of_pictures(s, w, seen_by)
        return w - 1e-9 * convolution.gradient_of_filters(s, x, seen_by), flow[0]

    calls = {}
    for part, (function, inputs) in functions.items():
        program = compiled(functools.partial(function, seen_by=seen_by))
        calls[part] = functools.partial(_finished, jax, program, *inputs)
    program = compiled(lambda w: scan(step, w, np.arange(STEPS)))
    calls["scan"] = functools.partial(_finished, jax, program, w)
    return calls


def _finished(jax: Any, program: Callable[..., Any], *inputs: Any) -> None:
    jax.block_until_ready(program(*inputs))


def _peers(shape: Shape) -> dict[str, dict[str, Callable[[], Any]]]:
    """PyTorch's three calls, with channels last and with channels first."""
    import torch

    *arrays, _ = _drawn(shape)
    last = [torch.from_numpy(array).permute(0, 3, 1, 2) for array in arrays]
    layouts = {"channels last": last, "channels first": [each.contiguous() for each in last]}
    return {layout: _peer(torch, tensors, shape) for layout, tensors in layouts.items()}


def _peer(torch: Any, tensors: list[Any], shape: Shape) -> dict[str, Callable[[], Any]]:
    x, w, g = tensors
    stride, border = [shape.stride] * 2, [shape.size // 2] * 2

    def backward(g: Any, pictures: bool, filters: bool) -> Any:
        return torch.ops.aten.convolution_backward(
            g, x, w, None, stride, border, [1, 1], False, [0, 0], 1, [pictures, filters, False]
        )

    def forward() -> Any:
        return torch.nn.functional.conv2d(x, w, stride=stride, padding=border)

    def steps() -> None:
        for _ in range(STEPS):
            backward(forward(), True, True)

    return {
        "forward": forward,
        "pictures": lambda: backward(g, True, False),
        "filters": lambda: backward(g, False, True),
        "scan": steps,
    }


if __name__ == "__main__":
    main()
