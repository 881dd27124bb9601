"""`pellucid features PICTURE --features hog+color`: what features keep of a picture, and what a run's learned."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    import numpy as np


def features(
    subject: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE | RUN [PICTURE]",
            help="A picture file, with --features; a run, to see what its features learned; or both, to see what the "
            "run's features keep of the picture.",
        ),
    ],
    features: Annotated[
        str | None,
        typer.Option(
            metavar="KIND+…",
            help="What to draw, as train takes it: hog+color, hog:cell=4. Default: hog+color.",
        ),
    ] = None,
    size: options.Size = None,
    fit: options.Fit = "pad",
    color: options.Color = None,
    output: Annotated[
        Path | None,
        typer.Option(help="The drawing. Default: <name>-features.png; no file is overwritten."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Draw what features keep of a picture, or what the features of a run learned."""
    from pellucid.cli.console import console, escape, print_json
    from pellucid.cli.unused import unused
    from pellucid.inspection.feature_drawing import draw_features
    from pellucid.inspection.learned_drawing import draw_learned
    from pellucid.storage.atomic import writing
    from pellucid.storage.errors import InputError, printable

    screen = console(json)
    run = subject[0] if Path(subject[0]).is_dir() else None
    pictures = subject[1:] if run else subject
    if len(pictures) > 1:
        raise InputError(
            f"One picture at a time, got {len(pictures)}: {', '.join(map(printable, pictures))}."
        )
    if run:
        given = {"--features": features, "--size": size, "--color": color}
        given["--fit"] = None if fit == "pad" else fit
        if named := [name for name, value in given.items() if value is not None]:
            raise InputError(f"{', '.join(named)}: the run {printable(run)} has its own.")
    answer: dict[str, Any] = {"features": None}
    if run:
        measure, seen = _of_run(run, pictures)
    else:
        measure, seen = _named(features or "hog+color", pictures[0], size, fit, color)
    if seen is None:
        drawn, name = draw_learned(measure), Path(run or "").resolve().name
        told = f"{printable(run or '')}: {measure.preprocessing.described}"
        answer["features"] = measure.preprocessing.described
    else:
        drawn, name = draw_features(measure, seen), Path(pictures[0]).stem
        count = len(measure.boxes(seen.shape))
        told = f"{printable(pictures[0])} as {' × '.join(map(str, seen.shape))}: {measure} keeps {count:,} numbers"
        answer = {"picture": printable(pictures[0]), "features": str(measure), "numbers": count}
    path = unused(output or Path(f"{name}-features.png"))
    with writing(path) as file:
        drawn.save(file, "PNG")
    screen.print(escape(told))
    screen.print(f"drawn: {escape(printable(path))}")
    if json:
        print_json({**answer, "drawn": printable(path)})


def _named(text: str, path: str, size: int | None, fit: str, color: str | None) -> "tuple[Any, np.ndarray]":
    """The features of that name, ready to be measured in the picture."""
    from pellucid.data.frame import Frame
    from pellucid.data.picture import read_picture
    from pellucid.preprocessing.features import features_described, size_wanted, usual
    from pellucid.preprocessing.measuring import Measured
    from pellucid.storage.errors import InputError, printable

    side = (size_wanted(text) or 32) if size is None else size
    frame = Frame(side, side, fit, color or "rgb")
    kind = usual(features_described(text), frame.shape)
    if not isinstance(kind, Measured):
        raise InputError(
            f"--features {text} are the pixels themselves: there is nothing to draw of one picture."
        )
    picture = read_picture(path, frame)
    kind = kind.settled(picture.shape, 1)
    if needed := kind.arrays(picture.shape):
        names = ", ".join(dict.fromkeys(name.partition(".")[0] for name in needed))
        raise InputError(
            f"--features {text}: {names} must be learned from many pictures first. Train a run with these features, "
            f"then: pellucid features RUN {printable(path)}."
        )
    return kind, picture


def _of_run(run: str, pictures: list[str]) -> "tuple[Any, np.ndarray | None]":
    """The classifier of a run; or what it measures, and the picture as it sees it."""
    from pellucid.inspection.feature_drawing import measured
    from pellucid.models.model_file import load_model

    classifier = load_model(Path(run))
    if not pictures:
        return classifier, None
    return measured(classifier), classifier.preprocessing.prepare(pictures[0])
