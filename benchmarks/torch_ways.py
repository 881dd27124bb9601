"""One epoch of softmax in PyTorch, in as many ways as we could think of, to find its fastest.

All minimize the same objective with the same steps: softmax cross-entropy + ½λ‖W‖², Nesterov's momentum, batch of 256,
and draw their own order of the pictures.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

MOMENTUM = 0.9


@dataclass
class Problem:
    """The same data in the forms that PyTorch can take them; all in memory before the clock starts."""

    pictures: torch.Tensor  # (N, D) uint8
    labels: torch.Tensor  # (N) int64
    mean: torch.Tensor  # (D)
    inverse: torch.Tensor  # (D), 1 / scale
    l2: float
    batch: int
    classes: int
    standardized: torch.Tensor = field(init=False)  # (N, D) float32

    def __post_init__(self) -> None:
        self.standardized = torch.empty(self.pictures.shape, dtype=torch.float32)
        for first in range(0, len(self.labels), 4096):
            block = self.pictures[first : first + 4096].float()
            self.standardized[first : first + 4096] = (block - self.mean) * self.inverse


class Way:
    """One way of doing an epoch: `epoch(rates)` runs it; `weights()` are W (K, D), b (K) for standardized pictures."""

    compiling = 0.0

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.reset()

    def reset(self) -> None:
        features = self.problem.pictures.shape[1]
        self.w, self.b = torch.zeros(self.problem.classes, features), torch.zeros(self.problem.classes)
        self.vw, self.vb = torch.zeros_like(self.w), torch.zeros_like(self.b)

    def epoch(self, rates: np.ndarray) -> None:
        order, size = torch.randperm(len(self.problem.labels)), self.problem.batch
        for step, rate in enumerate(rates.tolist()):
            self.step(order[step * size : (step + 1) * size], rate)

    def step(self, rows: torch.Tensor, rate: float) -> None:
        raise NotImplementedError

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        return self.w.numpy().copy(), self.b.numpy().copy()


class Modules(Way):
    """As the tutorials do it: nn.Linear, CrossEntropyLoss, SGD, on float32 pictures that are standardized already."""

    def __init__(self, problem: Problem, **options: Any) -> None:
        self.options = options
        super().__init__(problem)

    def reset(self) -> None:
        self.model = torch.nn.Linear(self.problem.pictures.shape[1], self.problem.classes)
        for parameter in self.model.parameters():
            torch.nn.init.zeros_(parameter)
        groups = [
            {"params": [self.model.weight], "weight_decay": self.problem.l2},
            {"params": [self.model.bias], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=0.1, momentum=MOMENTUM, nesterov=True, **self.options)
        self.loss = torch.nn.CrossEntropyLoss()

    def step(self, rows: torch.Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        x = self.problem.standardized.index_select(0, rows)
        y = self.problem.labels.index_select(0, rows)
        self.optimizer.zero_grad()
        self.loss(self.model(x), y).backward()
        self.optimizer.step()

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        return self.model.weight.detach().numpy().copy(), self.model.bias.detach().numpy().copy()


class ByHand(Way):
    """The gradient written by hand: p − [k = y], two products, updates in place; no graph is recorded."""

    @torch.inference_mode()
    def epoch(self, rates: np.ndarray) -> None:
        size, features = self.problem.batch, self.problem.pictures.shape[1]
        self.buffer = torch.empty(size, features)
        self.bytes = torch.empty(size, features, dtype=torch.uint8)
        super().epoch(rates)

    def drawn(self, rows: torch.Tensor) -> torch.Tensor:
        """The minibatch x (B, D), into memory that is used again: a fresh 3 MB a step costs page faults."""
        return torch.index_select(self.problem.standardized, 0, rows, out=self.buffer[: len(rows)])

    def step(self, rows: torch.Tensor, rate: float) -> None:
        x = self.drawn(rows)
        g = _error(torch.addmm(self.b, x, self.w.T), self.problem.labels.index_select(0, rows))
        self.updated(torch.addmm(self.w, g.T, x, beta=self.problem.l2), g.sum(0), rate)

    def updated(self, gw: torch.Tensor, gb: torch.Tensor, rate: float) -> None:
        for w, v, g in ((self.w, self.vw, gw), (self.b, self.vb, gb)):
            v.mul_(MOMENTUM).add_(g)
            w.add_(g, alpha=-rate).add_(v, alpha=-rate * MOMENTUM)


class ByHandBytes(ByHand):
    """The same on uint8: gather a quarter of the bytes, then convert and standardize the minibatch in place."""

    def drawn(self, rows: torch.Tensor) -> torch.Tensor:
        raw = torch.index_select(self.problem.pictures, 0, rows, out=self.bytes[: len(rows)])
        x = self.buffer[: len(rows)]
        x.copy_(raw)
        return x.sub_(self.problem.mean).mul_(self.problem.inverse)


class ByHandFolded(ByHand):
    """The same on uint8 with standardization folded into the weights: x stays 0 to 255, W takes mean and scale."""

    def step(self, rows: torch.Tensor, rate: float) -> None:
        raw = torch.index_select(self.problem.pictures, 0, rows, out=self.bytes[: len(rows)])
        x = self.buffer[: len(rows)]
        x.copy_(raw)
        mean, inverse = self.problem.mean, self.problem.inverse
        folded = self.w * inverse
        g = _error(
            torch.addmm(self.b - folded @ mean, x, folded.T), self.problem.labels.index_select(0, rows)
        )
        gb = g.sum(0)
        gw = torch.mm(g.T, x).sub_(torch.outer(gb, mean)).mul_(inverse).add_(self.w, alpha=self.problem.l2)
        self.updated(gw, gb, rate)


class Compiled(Way):
    """A whole step, gather to update, as one function through torch.compile; its compiler writes C++."""

    def __init__(self, problem: Problem, form: str, mode: str) -> None:
        self.form = form
        super().__init__(problem)
        step = {"float32": _step_float, "uint8": _step_bytes, "folded": _step_folded}[form]
        torch._dynamo.reset()
        self._step = torch.compile(step, mode=mode, dynamic=False)
        began = time.perf_counter()
        self.epoch(np.zeros(3))
        self.epoch(np.zeros(-(-len(problem.labels) // problem.batch)))  # also the short last minibatch
        self.compiling = time.perf_counter() - began
        self.reset()

    @torch.inference_mode()
    def epoch(self, rates: np.ndarray) -> None:
        self.rate = torch.tensor(0.0)
        super().epoch(rates)

    def step(self, rows: torch.Tensor, rate: float) -> None:
        p = self.problem
        data = p.standardized if self.form == "float32" else p.pictures
        self.rate.fill_(rate)
        self._step(self.w, self.b, self.vw, self.vb, data, p.labels, rows, p.mean, p.inverse, self.rate, p.l2)


def _error(s: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """∂ mean loss / ∂ scores (N, K): (p − [k = y]) / N."""
    g = torch.softmax(s, 1)
    g[torch.arange(len(y)), y] -= 1
    return g.div_(len(y))


def _moved(w, v, g, rate):
    v.mul_(MOMENTUM).add_(g)
    w.sub_(rate * (g + MOMENTUM * v))


def _traced_error(s, y):
    right = torch.nn.functional.one_hot(y, s.shape[1]).to(s.dtype)
    return (torch.softmax(s, 1) - right) / len(y)


def _step_float(w, b, vw, vb, data, labels, rows, mean, inverse, rate, l2):
    x = data.index_select(0, rows)
    g = _traced_error(torch.addmm(b, x, w.T), labels.index_select(0, rows))
    _moved(w, vw, g.T @ x + l2 * w, rate)
    _moved(b, vb, g.sum(0), rate)


def _step_bytes(w, b, vw, vb, data, labels, rows, mean, inverse, rate, l2):
    x = (data.index_select(0, rows).float() - mean) * inverse
    g = _traced_error(torch.addmm(b, x, w.T), labels.index_select(0, rows))
    _moved(w, vw, g.T @ x + l2 * w, rate)
    _moved(b, vb, g.sum(0), rate)


def _step_folded(w, b, vw, vb, data, labels, rows, mean, inverse, rate, l2):
    x = data.index_select(0, rows).float()
    folded = w * inverse
    g = _traced_error(torch.addmm(b - folded @ mean, x, folded.T), labels.index_select(0, rows))
    gb = g.sum(0)
    _moved(w, vw, (g.T @ x - torch.outer(gb, mean)) * inverse + l2 * w, rate)
    _moved(b, vb, gb, rate)


WAYS: dict[str, Callable[[Problem], Way]] = {
    "PyTorch eager, index_select on float32": lambda p: Modules(p),
    "PyTorch eager, the same with SGD(fused=True)": lambda p: Modules(p, fused=True),
    "PyTorch by hand, float32": ByHand,
    "PyTorch by hand, uint8": ByHandBytes,
    "PyTorch by hand, uint8, folded": ByHandFolded,
    "torch.compile, float32": lambda p: Compiled(p, "float32", "default"),
    "torch.compile, uint8": lambda p: Compiled(p, "uint8", "default"),
    "torch.compile, uint8, folded": lambda p: Compiled(p, "folded", "default"),
    "torch.compile, float32, max-autotune": lambda p: Compiled(p, "float32", "max-autotune-no-cudagraphs"),
    "torch.compile, uint8, max-autotune": lambda p: Compiled(p, "uint8", "max-autotune-no-cudagraphs"),
}
EAGER = "PyTorch eager, index_select on float32"
