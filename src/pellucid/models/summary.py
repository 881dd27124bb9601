"""What a network is made of, as a table: layer, what comes out of it, numbers to learn, and work."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pellucid.layers.activations import Activation
from pellucid.layers.convolution import Conv2d
from pellucid.layers.dropout import Dropout
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Chain, Container, Layer
from pellucid.layers.pooling import MaxPool, MeanPool
from pellucid.models.architecture import Architecture
from pellucid.storage.errors import InputError

_LINES = 64
_DEEPEST = 4  # models, stages, blocks, branches


@dataclass(frozen=True)
class Row:
    """One layer.

    Attributes
    ----------
    name : as its parameters' names begin; "" for the whole
    kind : what it is, and its settings that matter
    shape : what comes out of it for one picture
    parameters : numbers that training finds
    multiply_adds : for one picture
    """

    name: str
    kind: str
    shape: Shape
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """The layers of a network in their order, and all together; it prints itself as a table."""

    rows: tuple[Row, ...]
    total: Row

    def __str__(self) -> str:
        lines: list[tuple[str, ...]] = [("layer", "kind", "output", "parameters", "multiply-adds")]
        lines += [_cells(row) for row in (*self.rows, self.total)]
        widths = [max(len(line[column]) for line in lines) for column in range(5)]
        shown = [
            "  ".join(
                f"{cell:{'<' if column < 3 else '>'}{widths[column]}}" for column, cell in enumerate(line)
            )
            for line in lines
        ]
        rule = "─" * len(shown[0])
        return "\n".join([shown[0], rule, *shown[1:-1], rule, shown[-1]])

    __repr__ = __str__

    def to_json(self) -> dict[str, Any]:
        """Its rows and the total, in plain values."""
        return {"layers": [asdict(row) for row in self.rows], "total": asdict(self.total)}


def summary(
    model: Layer, shape: Shape | None = None, *, depth: int | None = None, name: str = "model"
) -> Summary:
    """The table of a model.

    Parameters
    ----------
    shape : of what it is given for one picture; an `Architecture` knows it
    depth : how often layers that are made of layers are taken apart, 1 or more; None as often as the table stays within
        64 lines
    name : of the whole; an `Architecture` knows it

    Raises
    ------
    InputError : the model does not take numbers of this shape, or it is not known which
    """
    layers = model
    if isinstance(model, Architecture):
        name, layers, shape = model.name, model.layers, (model.features,) if shape is None else shape
    if shape is None:
        raise InputError(
            f"summary() needs the shape of what a {type(model).__name__} is given for one picture."
        )
    total = Row(name, "", layers.output_shape(shape), layers.parameters(), layers.multiply_adds(shape))
    if depth is not None:
        return Summary(tuple(_rows("", layers, shape, depth)), total)
    tables = [tuple(_rows("", layers, shape, deep)) for deep in range(1, _DEEPEST + 1)]
    return Summary([rows for rows in tables if len(rows) <= _LINES or rows is tables[0]][-1], total)


def _rows(name: str, layer: Layer, shape: Shape, depth: int) -> Iterator[Row]:
    """A row for the layer; where it may be taken apart, those of its parts."""
    if isinstance(layer, Container) and depth:
        inputs = layer.inputs(shape)
        for inner, part in layer.named.items():
            yield from _rows(f"{name}.{inner}".lstrip("."), part, inputs[inner], depth - 1)
    else:
        numbers = layer.parameters(), layer.multiply_adds(shape)
        yield Row(name, kind(layer), layer.output_shape(shape), *numbers)


def kind(layer: Layer) -> str:
    """What a layer is, in a few words: "3 × 3 convolution, stride 2"."""
    if isinstance(layer, Activation):
        return layer.name
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    if isinstance(layer, Chain):
        return f"{len(layer.parts)} layers"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(layer).__name__).lower()
    if isinstance(layer, Conv2d):
        words = f"{layer.size} × {layer.size} convolution"
        return f"{words}, stride {layer.stride}" if layer.stride > 1 else words
    if isinstance(layer, MaxPool | MeanPool):
        words = f"{layer.size} × {layer.size} {words}"
        return f"{words}, stride {layer.stride}" if layer.stride not in (None, layer.size) else words
    return words


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (f"{number:,}" if number else "" for number in (row.parameters, row.multiply_adds))
    return row.name, row.kind, " × ".join(map(str, row.shape)), *numbers
