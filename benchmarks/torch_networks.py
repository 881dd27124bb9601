"""ResNet-20 and GoogLeNet written in PyTorch's own words, to hold pellucid's against.

The names of the parts are those of pellucid, so that weights can be handed over by name.
"""

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class ResNet(nn.Module):
    """He et al. 2016, section 4.2, option A."""

    def __init__(self, depth: int = 20, classes: int = 10) -> None:
        super().__init__()
        blocks = (depth - 2) // 6
        self.convolution = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.normalization = nn.BatchNorm2d(16)
        self.stage1 = self._stage(16, 16, blocks, 1)
        self.stage2 = self._stage(16, 32, blocks, 2)
        self.stage3 = self._stage(32, 64, blocks, 2)
        self.scores = nn.Linear(64, classes)

    def _stage(self, channels: int, filters: int, blocks: int, stride: int) -> nn.Sequential:
        layers = [Block(channels, filters, stride), *(Block(filters, filters, 1) for _ in range(blocks - 1))]
        return nn.Sequential(OrderedDict((f"block{number}", layer) for number, layer in enumerate(layers, 1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.normalization(self.convolution(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.scores(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Block(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.stride, self.new = stride, filters - channels
        self.convolution1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.normalization1 = nn.BatchNorm2d(filters)
        self.convolution2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.normalization2 = nn.BatchNorm2d(filters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        body = torch.relu(self.normalization1(self.convolution1(x)))
        body = self.normalization2(self.convolution2(body))
        passed = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new))
        return torch.relu(body + passed)


class GoogLeNet(nn.Module):
    """Szegedy et al. 2015, table 1, with batch normalization, in the form known for CIFAR-10."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 192, 3, padding=1, bias=False)
        self.normalization = nn.BatchNorm2d(192)
        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.scores = nn.Linear(1024, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.normalization(self.convolution(x)))
        x = functional.max_pool2d(self.inception3b(self.inception3a(x)), 3, 2, 1)
        x = self.inception4c(self.inception4b(self.inception4a(x)))
        x = functional.max_pool2d(self.inception4e(self.inception4d(x)), 3, 2, 1)
        x = self.inception5b(self.inception5a(x))
        return self.scores(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Inception(nn.Module):
    def __init__(
        self, channels: int, one: int, reduce3: int, three: int, reduce5: int, five: int, project: int
    ) -> None:
        super().__init__()
        self.one = _branch((channels, one, 1))
        self.three = _branch((channels, reduce3, 1), (reduce3, three, 3))
        self.five = _branch((channels, reduce5, 1), (reduce5, five, 3), (five, five, 3))
        self.pooled = _branch((channels, project, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = self.pooled(functional.max_pool2d(x, 3, 1, 1))
        return torch.cat([self.one(x), self.three(x), self.five(x), pooled], 1)


def _branch(*steps: tuple[int, int, int]) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number, (channels, filters, size) in enumerate(steps, 1):
        parts[f"convolution{number}"] = nn.Conv2d(channels, filters, size, padding=size // 2, bias=False)
        parts[f"normalization{number}"] = nn.BatchNorm2d(filters)
        parts[f"activation{number}"] = nn.ReLU()
    return nn.Sequential(parts)


NETWORKS = {"resnet20": ResNet, "googlenet": GoogLeNet}


class Peer:
    """A network of PyTorch that began from pellucid's weights and is trained by plain gradient descent."""

    def __init__(self, name: str, params: dict[str, np.ndarray], shape: tuple[int, int, int]) -> None:
        self.shape, self.model = shape, NETWORKS[name]()
        own = dict(self.model.named_parameters())
        wanted = {_here(name): name for name in params}
        if own.keys() != wanted.keys():
            raise ValueError(f"the parts differ: {sorted(own.keys() ^ wanted.keys())}")
        self.names = {here: wanted[here] for here in own}
        for here, parameter in own.items():
            parameter.data = torch.from_numpy(_turned(params[wanted[here]], (0, 3, 1, 2)).copy())
        self.model.to(parameter.dtype).train()  # the running statistics too

    def loss(self, x: np.ndarray, y: np.ndarray) -> Any:
        """The mean cross-entropy of rows x (N, D) with labels y (N); its gradients are left with the parameters."""
        pictures = torch.from_numpy(x).reshape(-1, *self.shape).permute(0, 3, 1, 2)
        self.model.zero_grad()
        loss = functional.cross_entropy(self.model(pictures), torch.from_numpy(y.astype(np.int64)))
        loss.backward()
        return loss.item()

    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients of the last loss under pellucid's names and in its order of axes."""
        return {self.names[here]: _back(parameter.grad) for here, parameter in self.model.named_parameters()}

    def params(self) -> dict[str, np.ndarray]:
        """The weights, likewise."""
        return {
            self.names[here]: _back(parameter.detach()) for here, parameter in self.model.named_parameters()
        }

    def step(self, learning_rate: float) -> None:
        """w ← w − ηg with the gradients of the last loss."""
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter -= learning_rate * parameter.grad


def _here(name: str) -> str:
    """PyTorch's name for a parameter of pellucid."""
    layer, _, kind = name.rpartition(".")
    return f"{layer}.{ {'scale': 'weight', 'shift': 'bias'}.get(kind, kind) }"


def _back(tensor: Any) -> np.ndarray:
    return _turned(tensor.numpy(), (0, 2, 3, 1)).copy()


def _turned(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Filters in the other's order of axes: (K, R, S, C) here, (K, C, R, S) there."""
    return array.transpose(axes) if array.ndim == 4 else array
