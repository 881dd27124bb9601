"""Plain networks trained in PyTorch, in the ways that its users would, from pellucid's weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

RATE, MOMENTUM, SEED = 0.01, 0.9, 0


@dataclass(frozen=True)
class Contest:
    """One network at one batch size, and what is wanted of it.

    Attributes
    ----------
    steps : in one timing
    ratio : PyTorch's best time over ours, at least
    share : of the machine's peak, at least
    """

    name: str
    network: str
    settings: dict[str, Any]
    batch: int
    steps: int
    ratio: float
    share: float = 0.0
    scikit: bool = False


def drawn(stream: np.random.Generator, count: int, contest: Contest) -> np.ndarray:
    """The rows of the next steps (steps · B,)."""
    return np.resize(stream.permutation(count), contest.steps * contest.batch).astype(np.int32)


class Torch:
    """The same network in PyTorch's modules.

    Parameters
    ----------
    flat (N, D) : pictures in the form that `ways` names
    ways : of running it: "compiled", "uint8" (standardized in the step) or "float32" (standardized before), "last"
        (channels last)
    """

    def __init__(self, ours: Any, flat: Any, labels: np.ndarray, *ways: str) -> None:
        self.contest, self.ways = ours.contest, ways
        self.mean, self.inverse = torch.from_numpy(ours.mean), torch.from_numpy(1 / ours.scale)
        self.x, self.y = flat, torch.from_numpy(labels.astype(np.int64))
        if ours.contest.network == "convnet" and "float32" in ways:
            self.x = self._pictures(self.x).contiguous(memory_format=self._layout())
        self.model = _convnet(ours) if ours.contest.network == "convnet" else _mlp(ours)
        self.model = self.model.to(memory_format=self._layout()).train()
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=RATE, momentum=MOMENTUM, nesterov=True, fused=True
        )
        self.loss = torch.compile(self._loss, dynamic=False) if "compiled" in ways else self._loss
        self.losses: list[float] = []
        self.stream = np.random.Generator(np.random.Philox(key=SEED))

    def run(self) -> None:
        size, losses = self.contest.batch, []
        order = torch.from_numpy(drawn(self.stream, len(self.y), self.contest).astype(np.int64))
        for first in range(0, len(order), size):
            rows = order[first : first + size]
            self.optimizer.zero_grad()
            loss = self.loss(self.x.index_select(0, rows), self.y.index_select(0, rows))
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        self.losses.append(float(torch.stack(losses).mean()))

    def _loss(self, x: Any, y: Any) -> Any:
        if "uint8" in self.ways:
            x = (x.float() - self.mean) * self.inverse
            if self.contest.network == "convnet":
                x = self._pictures(x).contiguous(memory_format=self._layout())
        return torch.nn.functional.cross_entropy(self.model(x), y)

    def _pictures(self, x: Any) -> Any:
        return x.reshape(len(x), 32, 32, 3).permute(0, 3, 1, 2)  # (N, D) → (N, H, W, C) → (N, C, H, W)

    def _layout(self) -> Any:
        return torch.channels_last if "last" in self.ways else torch.contiguous_format


def _mlp(ours: Any) -> Any:
    settings, params = ours.contest.settings, ours.params
    (units,), norm = settings["hidden"], settings["batch_norm"]
    layers = [_linear(params, "hidden1"), *([nn.BatchNorm1d(units)] if norm else []), nn.ReLU()]
    if settings["dropout"]:
        layers.append(nn.Dropout(settings["dropout"]))
    return nn.Sequential(*layers, _linear(params, "scores"))


class Blocks(nn.Module):
    """Space to depth, in the order of pellucid's channels: row and column in the block, then channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        x = x.reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4)  # → (N, 2, 2, C, H/2, W/2)
        return x.reshape(n, 4 * c, h // 2, w // 2)


def _convnet(ours: Any) -> Any:
    layers: list[Any] = [Blocks()]
    for number in range(1, 5):
        w = torch.from_numpy(ours.params[f"convolution{number}.weight"].transpose(0, 3, 1, 2).copy())
        filters = nn.Conv2d(w.shape[1], w.shape[0], 3, padding=1, bias=False)
        filters.weight.data = w
        # Where the number of filters grows, the picture is halved first.
        if number > 1 and w.shape[0] > w.shape[1]:
            layers.append(nn.MaxPool2d(2))
        layers += [filters, nn.BatchNorm2d(w.shape[0]), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), _linear(ours.params, "scores"))


def _linear(params: dict[str, np.ndarray], name: str) -> Any:
    w, b = params[f"{name}.weight"], params.get(f"{name}.bias")
    layer = torch.nn.Linear(w.shape[1], w.shape[0], bias=b is not None)
    layer.weight.data = torch.from_numpy(w.copy())
    if b is not None:
        layer.bias.data = torch.from_numpy(b.copy())
    return layer
