"""What is drawn of a graph: nodes with values and gradients, the edges between them, and boxes for what is too much."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.graph.backward import ancestors
from pellucid.graph.backward import gradients as gradients_of
from pellucid.graph.blocks import Blocks, Stretch
from pellucid.graph.parts import Part, known, parts, refuses_gradient
from pellucid.graph.symbols import ORDERED
from pellucid.graph.tensor import Tensor
from pellucid.storage.errors import InputError


@dataclass(frozen=True)
class Node:
    """A variable, a constant, an operation, or a box of several.

    Attributes
    ----------
    kind : "variable", "constant", "operation" or "box"
    label : what stands in the node
    note : a second, smaller line; of a box what it does
    op : the operation's name, as its card has it
    name : the user's name for the tensor
    value, gradient : None where unknown; of a box those of what leaves it
    members : of a box the ids of what is in it, of nodes and of boxes, as `Diagram.opened` will show them
    ordered : the inputs arrive in their order, from the top down
    """

    id: str
    kind: str
    label: str
    note: str = ""
    op: str = ""
    name: str = ""
    value: np.ndarray | None = field(default=None, repr=False)
    gradient: np.ndarray | None = field(default=None, repr=False)
    members: tuple[str, ...] = ()
    ordered: bool = False

    @property
    def shape(self) -> tuple[int, ...] | None:
        return None if self.value is None else self.value.shape


@dataclass(frozen=True)
class Arrow:
    """From the node `source` to the node `target`, whose input it is.

    Attributes
    ----------
    place : which of the target's inputs, from 0
    flows : whether a gradient comes back
    variable : where the target takes a variable that is drawn inside the source, its name ("variables" where the
        target is a box too); "" where it takes the source's value
    """

    source: str
    target: str
    place: int
    flows: bool = True
    variable: str = ""


@dataclass(frozen=True)
class Diagram:
    """A graph ready to be drawn. Nothing in it changes: `opened` returns another one."""

    content: tuple[Part, ...] = field(repr=False)
    slopes: Mapping[Tensor, Any] = field(repr=False)
    picture_shape: tuple[int, int, int] | None = None
    open_boxes: frozenset[str] = frozenset()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What is drawn, each after what it is made from."""
        return self._drawn[0]

    @cached_property
    def arrows(self) -> tuple[Arrow, ...]:
        """The edges between the nodes."""
        return self._drawn[1]

    def opened(self, box: str) -> "Diagram":
        """The same graph with what is in a box in its place.

        Raises `InputError` where no closed box has this id.
        """
        boxes = [node.id for node in self.nodes if node.kind == "box"]
        if box not in boxes:
            raise InputError(
                f"opened({box!r}): no closed box of this diagram has this id. "
                + (f"The boxes are {', '.join(boxes)}." if boxes else "It has no boxes: every node is drawn.")
            )
        return replace(self, open_boxes=self.open_boxes | {box})

    def svg(self) -> str:
        """The drawing, for a page, a slide or a notebook; the same graph gives the same text."""
        from pellucid.graph.diagram_svg import svg

        return svg(self)

    def text(self) -> str:
        """A table for the terminal, at most 80 columns wide."""
        from pellucid.graph.diagram_text import text

        return text(self)

    def to_json(self) -> dict[str, Any]:
        """Nodes with their places, edges with their points, and the cards of the operations, for the page."""
        from pellucid.graph.diagram_json import to_json

        return to_json(self)

    def _repr_svg_(self) -> str:
        return self.svg()

    @cached_property
    def blocks(self) -> Blocks:
        """How the graph is divided where it is large."""
        return Blocks(self.content)

    @cached_property
    def _drawn(self) -> tuple[tuple[Node, ...], tuple[Arrow, ...]]:
        stretches = self.blocks.stretches(self.open_boxes)
        absorbed = self.blocks.absorbed(stretches)
        owner = dict(absorbed)
        nodes, rank = [], {}
        for stretch in stretches:
            for place in range(stretch.start, stretch.stop):
                number = self.blocks.operations[place]
                owner[number] = stretch.id if stretch.is_box else f"n{number}"
            last = self.blocks.operations[stretch.stop - 1]
            node = self._box(stretch, absorbed) if stretch.is_box else self._node(last)
            nodes.append(node)
            rank[node.id] = last
        for number, part in enumerate(self.content):
            if part.kind != "operation" and number not in owner:
                owner[number] = f"n{number}"
                nodes.append(self._node(number))
                rank[f"n{number}"] = number
        nodes.sort(key=lambda node: rank[node.id])
        return tuple(nodes), self._arrows(owner)

    def _arrows(self, owner: dict[int, str]) -> tuple[Arrow, ...]:
        """Every input that comes from another node; of several between the same two, at a box one is drawn."""
        found: dict[tuple[str, str, int], Arrow] = {}
        for number, part in enumerate(self.content):
            for place, (each, flows) in enumerate(zip(part.inputs, part.flows, strict=True)):
                source, target = owner[each], owner[number]
                if source == target:
                    continue
                in_box = source.startswith("box") or target.startswith("box")
                key = (source, target, 0 if in_box else place)
                name = ""
                if source.startswith("box") and self.content[each].kind == "variable":
                    name = "variables" if target.startswith("box") else self.content[each].name
                before = found.get(key)
                # Of several, the box's value says more than its variables, and a flow more than none.
                if before is None or (flows, not name) > (before.flows, not before.variable):
                    found[key] = Arrow(source, target, place, flows, name)
        return tuple(found.values())

    def _node(self, number: int) -> Node:
        part = self.content[number]
        return Node(
            f"n{number}",
            part.kind,
            part.label,
            op=part.op,
            name=part.name,
            value=part.value,
            gradient=self._slope(part),
            ordered=part.op in ORDERED,
        )

    def _box(self, stretch: Stretch, absorbed: dict[int, str]) -> Node:
        numbers = [self.blocks.operations[place] for place in range(stretch.start, stretch.stop)]
        inside = set(numbers)
        leaving = [
            number
            for number in numbers
            if not self.blocks.users.get(number)
            or any(self.blocks.operations[place] not in inside for place in self.blocks.users[number])
        ]
        out = self.content[leaving[-1]]
        variables = [self.content[n].name for n in sorted(absorbed) if absorbed[n] == stretch.id]
        label, note = _caption(stretch, [self.content[n] for n in numbers], [v for v in variables if v])
        within = self.blocks.within(stretch.start, stretch.stop)
        members = [e.id if e.is_box else f"n{self.blocks.operations[e.start]}" for e in within]
        members += [
            f"n{n}" for n in sorted(absorbed) if absorbed[n] == stretch.id and len(within) == len(numbers)
        ]
        return Node(
            stretch.id,
            "box",
            label,
            note,
            value=out.value,
            gradient=self._slope(out),
            members=tuple(members),
        )

    def _slope(self, part: Part) -> np.ndarray | None:
        if part.tensor is None or part.tensor not in self.slopes:
            return None
        return known(self.slopes[part.tensor])


def diagram(
    loss: Tensor,
    gradients: Mapping[Tensor, Any] | None = None,
    *,
    picture_shape: tuple[int, int, int] | None = None,
) -> Diagram:
    """A graph as a drawing: every value, and if the loss is a single number every gradient, with the way they went.
    An operation that refuses its gradient (the 0/1 loss) says so, and what it was made from is drawn without one.

    A graph of more than 60 nodes is drawn as boxes that can be opened: by layers if variables are named after them
    (`stage1.conv2.weight`, `W7`), else by runs of operations, else in pieces.

    Parameters
    ----------
    loss : the last tensor of the graph; of any shape, but gradients are shown only for shape ()
    gradients : tensor → gradient, to show these; without it those of the loss are computed
    picture_shape : H, W, C of pictures that stand as rows (N, H·W·C) in arrays: these are then shown as pictures,
        and weights (K, H·W·C) as templates

    Raises
    ------
    InputError : not a tensor; or its values are not known yet, inside a compiled program
    """
    content = parts(loss)
    if gradients is None:
        wanted = loss.shape == () and np.asarray(content[-1].value).dtype.kind == "f"
        gradients = gradients_of(loss, of=_reached(loss)) if wanted and loss.op else {}
    return Diagram(content, dict(gradients), picture_shape)


def _reached(loss: Tensor) -> list[Tensor]:
    """What the walk back reaches whole: nothing that an operation was made from which refuses its gradient."""
    within = list(ancestors(loss))
    refusing = [parent for node in within if refuses_gradient(node.op) for parent in node.parents]
    barred = {each for parent in refusing for each in ancestors(parent)}
    return [each for each in within if each not in barred]


def _caption(stretch: Stretch, operations: list[Part], variables: list[str]) -> tuple[str, str]:
    """The name of a box, and what it does."""
    one = operations[: len(operations) // stretch.times] if stretch.times > 1 else operations
    symbols: list[str] = []
    for part in one:
        if not symbols or symbols[-1] != part.label:
            symbols.append(part.label)
    # What only adds up numbers (the penalties on the weights) is not the layer whose weights it takes.
    layer = stretch.layer if any(part.value is not None and part.value.ndim for part in operations) else ""
    does = " → ".join(symbols) if len(symbols) <= 4 else f"{len(one):,} operations"
    if stretch.times > 1:
        return f"{stretch.times} × ({does})", f"{len(operations):,} operations"
    if not layer or layer.isdigit():
        title = ", ".join(variables) if 0 < len(variables) <= 4 else ""
        return (
            (title, does) if title else (does, f"{len(operations):,} operations" if len(symbols) <= 4 else "")
        )
    return layer, does
