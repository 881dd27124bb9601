"""`pellucid summary RUN`: what a model is made of, how many numbers it learned, and what a picture costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    from pellucid.models.summary import Summary


def summary(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RUN]", help="The folder of a run; or a network that is not trained: --model."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Instead of a run: mlp, maxout, convnet, googlenet, resnet20 (32, 44, 56, 110)."),
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="With --model: height and width in pixels.")] = 32,
    color: Annotated[str, typer.Option(help="With --model: rgb or gray.")] = "rgb",
    classes: Annotated[int, typer.Option(help="With --model: how many.")] = 10,
    hidden: options.Hidden = None,
    filters: options.Filters = None,
    depth: Annotated[
        int | None,
        typer.Option(min=1, help="How far layers made of layers are taken apart. Default: to 64 lines."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Show a model layer by layer: output shape, parameters, multiply-adds."""
    from pellucid.cli.console import console, escape, print_json
    from pellucid.storage.errors import InputError

    screen = console(json)
    if (run is None) == (model is None):
        raise InputError(
            "Name one of two: a run, as in pellucid summary RUN, or a network: --model resnet20."
        )
    facts, table = (
        _of_run(run, depth) if run else _of_network(model, size, color, classes, hidden, filters, depth)
    )
    screen.print(escape(facts["sees"]))
    screen.print(escape(str(table)))
    if json:
        print_json({**facts, **table.to_json()})


def _of_run(run: Path, depth: int | None) -> "tuple[dict[str, Any], Summary]":
    from pellucid.models.model_file import load_model
    from pellucid.storage.errors import printable

    classifier = load_model(run)
    seen = classifier.preprocessing
    what = (
        f"pictures of {' × '.join(map(str, seen.frame.shape))}"
        if seen.frame
        else f"rows of {seen.inputs:,} numbers"
    )
    how = f" as {seen.described}" if seen.described != "pixels" else ""
    facts = {
        "run": printable(run),
        "model": classifier.kind,
        "sees": f"{printable(run)}: {classifier.kind}, sees {what}{how}, {len(classifier.classes):,} classes",
    }
    return facts, classifier.summary(depth)


def _of_network(
    model: str | None,
    size: int,
    color: str,
    classes: int,
    hidden: str | None,
    filters: str | None,
    depth: int | None,
) -> "tuple[dict[str, Any], Summary]":
    from pellucid.cli.named_numbers import whole_numbers
    from pellucid.models import summary
    from pellucid.models.architecture import Architecture
    from pellucid.models.kinds import NEIGHBORS, NETWORKS, check_kind, check_network
    from pellucid.storage.errors import InputError, known_name

    check_kind(model)
    assert model is not None
    if model not in NETWORKS:
        layers = "no layers" if model == NEIGHBORS else "a single layer"
        raise InputError(f"--model {model} has {layers}; pellucid summary RUN shows that of a run.")
    given = {"hidden": whole_numbers("--hidden", hidden), "filters": whole_numbers("--filters", filters)}
    settings = {name: value for name, value in given.items() if value is not None}
    check_network(model, settings)
    shape = (size, size, {"rgb": 3, "gray": 1}[known_name("--color", color, ("rgb", "gray"))])
    network = Architecture(model, shape, classes, settings)
    sees = f"{model} sees pictures of {' × '.join(map(str, shape))}, {classes:,} classes; not trained"
    return {"run": None, "model": model, "sees": sees}, summary.summary(network, depth=depth)
