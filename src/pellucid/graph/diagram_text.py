"""A diagram as a table for the terminal: one step a line, with its value and its gradient."""

import numpy as np

from pellucid.graph.diagram import Arrow, Diagram, Node
from pellucid.graph.exhibit import gradient_range
from pellucid.graph.number_text import range_text, shape_text, short

WIDTH = 80
_INFIX = ("+", "−", "×", "÷", "@", ">", "≥")
_HEADS = ("", "made from", "shape", "value", "gradient")


def text(diagram: Diagram) -> str:
    """A table of at most 80 columns: variables under their names, operations numbered, each after its inputs.

    Values are to the left of gradients; the columns for shapes and for gradients are left out where there are none.
    """
    references = _references(diagram)
    entering: dict[str, list[Arrow]] = {}
    for arrow in sorted(diagram.arrows, key=lambda arrow: arrow.place):
        entering.setdefault(arrow.target, []).append(arrow)
    rows: list[tuple[str, ...]] = []
    for node in diagram.nodes:
        refs = [
            f"{_printable(arrow.variable)} of {references[arrow.source]}"
            if arrow.variable
            else references[arrow.source]
            for arrow in entering.get(node.id, ())
        ]
        rows.append(
            (
                references[node.id] if node.kind not in ("variable", "constant") else "",
                _made_from(node, refs, references[node.id]),
                shape_text(node.shape) if node.shape else "",
                _value(node.value),
                _gradient(node.gradient),
            )
        )
    return _table(rows)


def _references(diagram: Diagram) -> dict[str, str]:
    """What each node is called in the lines below it: its name, else #1, #2 … in their order."""
    taken = [node.label for node in diagram.nodes if node.kind == "variable"]
    found, count = {}, 0
    for node in diagram.nodes:
        if node.kind == "variable" and node.label and taken.count(node.label) == 1:
            found[node.id] = _printable(node.label)
        elif node.kind == "constant":
            found[node.id] = _printable(node.label) or "constant"
        else:
            count += 1
            found[node.id] = f"#{count}"
    return found


def _made_from(node: Node, refs: list[str], own: str) -> str:
    if node.kind == "variable":
        return own if own == _printable(node.label) else f"{own} variable {_printable(node.label)}".rstrip()
    if node.kind == "constant":
        return f"{own} (constant)"
    if node.kind == "box":
        taken = f" of {', '.join(refs)}" if refs else ""
        return f"[{_printable(node.label)}]{taken}"
    named = f"{_printable(node.name)} = " if node.name else ""
    return named + _formula(node, refs)


def _formula(node: Node, refs: list[str]) -> str:
    """The operation with its inputs in their places: x + y, max(#2, 0), affine(x, W, b)."""
    label = node.label
    if node.op == "negative" and len(refs) == 1:
        return f"−{refs[0]}"
    if label in _INFIX and len(refs) == 2:
        return f"{refs[0]} {label} {refs[1]}"
    if "·" in label and len(refs) == 1:
        bare = label.replace("(·)", "·") if refs[0].isidentifier() else label
        return bare.replace("·", refs[0])
    if label.startswith(_INFIX) and len(refs) == 1:
        return f"{refs[0]} {label}"
    if label.startswith("["):
        return "".join(refs) + label
    return f"{label}({', '.join(refs)})"


def _value(values: np.ndarray | None) -> str:
    return _numbers(values) or ("" if values is None else range_text(values))


def _gradient(values: np.ndarray | None) -> str:
    return _numbers(values) or ("" if values is None else gradient_range(values))


def _numbers(values: np.ndarray | None) -> str:
    """A number, or a few of them in brackets; "" for more."""
    if values is None:
        return ""
    if values.ndim == 0:
        item = values.item()
        return str(item) if isinstance(item, bool) else short(item, 4)
    if 0 < values.size <= 3 and values.ndim <= 2:
        return "[" + ("; " if values.shape[-1] == 1 else " ").join(short(v, 3) for v in values.ravel()) + "]"
    return ""


def _table(rows: list[tuple[str, ...]]) -> str:
    used = [index for index in range(5) if index == 1 or any(row[index] for row in rows)]
    widths = {
        index: max(len(_HEADS[index]) if len(rows) else 0, *(len(row[index]) for row in rows))
        for index in used
    }
    # Whatever is too wide, the column that says what was done gives way first.
    excess = sum(widths.values()) + 2 * (len(used) - 1) - WIDTH
    for index in (1, 2, 3, 4):
        if excess > 0 and index in widths:
            least = 24 if index == 1 else 12
            given = min(excess, max(widths[index] - least, 0))
            widths[index] -= given
            excess -= given
    lines = []
    for row in (_HEADS, *rows):
        cells = [
            _cut(row[index], widths[index]).rjust(widths[index])
            if index >= 3 or index == 0
            else _cut(row[index], widths[index]).ljust(widths[index])
            for index in used
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cut(content: str, width: int) -> str:
    return content if len(content) <= width else content[: width - 1] + "…"


def _printable(name: str) -> str:
    """A name without what would move the terminal's cursor."""
    return "".join(letter if letter.isprintable() else "�" for letter in name)
