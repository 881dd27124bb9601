"""`pellucid graph "(x + y) * z" x=-2 y=5 z=-4`: every value forward, every gradient back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from pellucid.cli import options

if TYPE_CHECKING:
    from pellucid.graph.tensor import Tensor


class Command(typer.core.TyperCommand):
    """A command whose expression may begin with a minus: "-x * y" is no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {
            name
            for parameter in self.get_params(ctx)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        taken = [word if word.split("=")[0] in known or not _is_minus(word) else f" {word}" for word in args]
        return super().parse_args(ctx, taken)


def _is_minus(word: str) -> bool:
    """Whether a word begins with a minus that belongs to an expression: "-x", "-(x + y)", "-2 * x", "--x"."""
    bare = word.lstrip("-")
    return word != bare and bool(bare) and (not word.startswith("--") or not bare.replace("-", "").isalpha())


def graph(
    expression: Annotated[
        str,
        typer.Argument(
            metavar="EXPRESSION",
            help='Such as "(x + y) * z", "norm2(W @ x)" or "-log(softmax(s)[0])".',
        ),
    ],
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE...", help="Such as x=-2, v=[.2,.4] or W=[[.1,.5],[-.3,.8]]."),
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Walk back one step at a time: upstream × local.")
    ] = False,
    numerical: Annotated[
        bool,
        typer.Option("--numerical", help="Compare with what the value does when a number is moved a little."),
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="Draw the graph into this file.")] = None,
    json: options.Json = False,
) -> None:
    """Compute an expression and its gradients, and show every number on the way."""
    import numpy as np

    from pellucid.cli import graph_screen as shown
    from pellucid.cli.console import console, escape, print_json
    from pellucid.graph.backward import gradients
    from pellucid.graph.diagram import diagram
    from pellucid.graph.expression import parts
    from pellucid.storage.atomic import write_text
    from pellucid.storage.errors import InputError, printable

    screen = console(json)
    expression = expression.strip()
    given = _values(values or [])
    # A value that is not finite is shown and explained, not warned of.
    with np.errstate(all="ignore"):
        said = parts(expression, given)
        result = list(said)[-1]
        single = result.shape == ()
        if not single and (steps or numerical):
            raise InputError(
                f"{'--steps' if steps else '--numerical'}: {shown.not_single(expression, result)}"
            )
        flow = gradients(result, of=said) if single else {}
        drawn = diagram(result, flow)
        # A value that the expression does not name does not change it.
        slopes = (
            {name: flow.get(tensor, 0 * tensor.value) for name, tensor in given.items()} if single else {}
        )
        lines = [drawn.text(), *shown.results(result, slopes)]
        notes = shown.notes(expression, said, given)
        walk = shown.walk(said, result) if steps else []
        compared = shown.compared(expression, given) if numerical else {}
        lines += [*notes, *walk, *shown.comparison(compared)]
        for line in lines:
            screen.print(escape(line))
        if svg is not None:
            write_text(svg, drawn.svg())
            screen.print(f"drawn: {escape(printable(svg))}")
    if json:
        answer = shown.answer(expression, said, slopes, flow)
        answer |= {"notes": notes}
        answer |= {"steps": walk} if steps else {}
        answer |= {"numerical": compared} if numerical else {}
        print_json(answer | ({"svg": printable(svg)} if svg is not None else {}))


def _values(words: list[str]) -> "dict[str, Tensor]":
    """Named tensors of "x=-2" and "W=[[.1,.5],[-.3,.8]]". Raises `InputError` naming the word that is no value."""
    from pellucid.graph.expression import value
    from pellucid.graph.expression_functions import FUNCTIONS
    from pellucid.graph.tensor import variables
    from pellucid.storage.errors import InputError, printable

    found: dict[str, Tensor] = {}
    for word in words:
        name, equals, text = (piece.strip() for piece in word.partition("="))
        if not equals or not name.isidentifier():
            raise InputError(
                f"{printable(word)!r}: after the expression come values, each as name=value without spaces, "
                "as in x=-2; an expression with spaces stands in quotes."
            )
        if name in FUNCTIONS:
            raise InputError(f"{printable(word)}: {name} is a function. Call the variable something else.")
        if name in found:
            raise InputError(f"{printable(word)}: {name} has a value already. Give each name one value.")
        try:
            number = value(text)
        except InputError as error:
            raise InputError(f"{name}={printable(text[:40])}{'…' * (len(text) > 40)}: {error}") from None
        found[name] = variables(**{name: number})[0]
    return found
