"""`pellucid compare DATA`: several models on the same pictures, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from pellucid.data.dataset import Dataset
    from pellucid.search.compare import Measured
    from pellucid.search.ladder import Rung
    from pellucid.training.recipe import Recipe


def compare(
    data: options.Data,
    models: Annotated[
        str,
        typer.Option(
            help="Names with commas between, also with features of their own: svm,softmax@hog+color. The majority "
            "class is always the first."
        ),
    ] = "softmax,svm",
    features: Annotated[
        str | None,
        typer.Option(
            help="What the models see, with commas between: color,pixels,hog+color. Each model is trained on each."
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            help="Train so many times, each time testing another part, so that every picture is judged."
        ),
    ] = None,
    size: options.Size = None,
    fit: options.Fit = "pad",
    color: options.Color = None,
    augment: options.Augment = None,
    l2: options.L2 = None,
    epochs: options.Epochs = None,
    class_weight: options.ClassWeight = None,
    engine: options.Engine = "auto",
    seed: options.Seed = 0,
    output: Annotated[
        Path | None, typer.Option(help="The comparison's folder. Default: runs/<data>-compare-<n>.")
    ] = None,
    skip_unreadable: options.SkipUnreadable = False,
    corrections: options.Corrections = None,
    json: options.Json = False,
) -> None:
    """Compare models on the same pictures: accuracy, a paired test, time, size; write a report."""
    import time

    from pellucid.arrays.compile import keep_programs
    from pellucid.cli.comparison_screen import show_rung, show_table
    from pellucid.cli.console import console, escape, print_json
    from pellucid.cli.named_numbers import class_weights, number_or_named
    from pellucid.preprocessing.features import listed
    from pellucid.search.conclusion import as_json, conclusion
    from pellucid.search.ladder import ladder
    from pellucid.storage.errors import printable
    from pellucid.training.engine import check_name
    from pellucid.training.recipe import Recipe
    from pellucid.training.run import new_run, refuse_taken

    screen = console(json)
    began = time.perf_counter()
    # All that can be known to be wrong is said before the first picture is read.
    refuse_taken(output)
    check_name(engine)
    features, embeddings = options.embeddings_apart(features)
    rungs = ladder(listed(models), listed(features or ""))
    recipe = Recipe(
        epochs=epochs,
        l2=number_or_named("--l2", l2),
        class_weight=class_weights(class_weight),
        augment=augment,
        seed=seed,
    )
    loading: dict[str, Any] = {
        "size": size, "fit": fit, "color": color, "skip_unreadable": skip_unreadable, "corrections": corrections,
        "embeddings": embeddings,
    }  # fmt: skip
    splits = _splits(screen, data, loading, folds, seed)
    made_here = output is None or not output.exists()
    folder = new_run(output, splits[0].name, "compare")
    keep_programs()
    measured: list[Measured] = []
    write = _writer(folder, splits, loading, seed)
    try:
        for rung in _watched(screen, splits, rungs, recipe, engine):
            measured.append(rung)
            show_rung(screen, rung)
            write(measured, time.perf_counter() - began, len(measured) == len(rungs))
    except KeyboardInterrupt as stop:
        kept = f"What was measured is kept: {printable(folder / 'comparison.html')}" if measured else ""
        raise type(stop)(f"stopped after {len(measured)} of {len(rungs)} models. {kept}".strip()) from None
    finally:
        if made_here and not measured:
            _remove_if_empty(folder)
    show_table(screen, measured)
    for sentence in conclusion(measured):
        screen.print(escape(sentence))
    screen.print(f"report: {escape(printable(folder / 'comparison.html'))}")
    if json:
        seconds = time.perf_counter() - began
        print_json({"run": printable(folder), "folds": folds, **as_json(measured), "total_seconds": seconds})


def _splits(
    screen: Console, source: str, loading: dict[str, Any], folds: int | None, seed: int
) -> list[Dataset]:
    """The data with one split, or with as many as there are folds."""
    from pellucid.cli.console import counting, escape
    from pellucid.data import load
    from pellucid.data import splits as splitting
    from pellucid.storage.errors import InputError, printable

    if folds is not None and folds < 2:
        raise InputError(f"--folds must be 2 or more, got {folds}.")
    with counting(screen, "reading") as progress:
        if folds is None:
            splits = [load.load(source, **loading, seed=seed, progress=progress)]
        else:
            # Without a split that `load` would make: there the folds divide all pictures.
            dataset = load.read(source, **loading, progress=progress)
            splits = splitting.folds(dataset, folds, seed=seed)
    first = splits[0]
    screen.print(f"{escape(printable(first.source or first.name))}: {_counts(splits)}")
    for note in first.notes:
        if not note.startswith("fold 1 of"):
            screen.print(f"  {escape(note)}")
    if first.unreadable:
        count = f"{len(first.unreadable):,} unreadable picture{'s' if len(first.unreadable) != 1 else ''}"
        screen.print(f"[yellow]{count} left out[/]; comparison.json lists them")
    return splits


def _counts(splits: Sequence[Dataset]) -> str:
    first = splits[0]
    if len(splits) == 1:
        parts = (f"{len(first.part(part)):,} {part}" for part in ("train", "validation", "test"))
        return f"{len(first):,} pictures: {', '.join(parts)}"
    judged = sum(len(split.test) for split in splits)
    aside = f"; {len(first) - judged:,} set aside" if judged < len(first) else ""
    return f"{judged:,} pictures in {len(splits)} folds, each judged once by a model that never saw it{aside}"


def _watched(
    screen: Console, splits: Sequence[Dataset], rungs: Sequence[Rung], recipe: Recipe, engine: str
) -> Iterator[Measured]:
    """The measured rungs, one after the other, with a bar for what is measured and for the epochs of each."""
    from functools import partial

    from pellucid.cli.console import counting_each
    from pellucid.search.compare import compared

    for rung in rungs:
        with counting_each(screen) as tell:
            found = list(compared(splits, [rung], recipe, engine=engine, progress=partial(tell, rung.name)))
        yield from found


def _writer(
    folder: Path, splits: Sequence[Dataset], loading: dict[str, Any], seed: int
) -> Callable[[Sequence[Measured], float, bool], None]:
    """What writes all that is known so far: after each rung, so that nothing measured can be lost."""
    import shlex
    import sys

    import pellucid
    from pellucid.report.comparison import write_comparison
    from pellucid.search.conclusion import as_json, conclusion
    from pellucid.storage.errors import printable
    from pellucid.storage.records import write_json

    first = splits[0]
    facts: dict[str, Any] = {
        "pellucid": pellucid.__version__,
        "command": printable(shlex.join(["pellucid", *sys.argv[1:]])),
        "data": {
            "source": printable(first.source),
            "name": printable(first.name),
            "fingerprint": first.fingerprint,
            "classes": list(first.classes),
            "counts": [{part: len(s.part(part)) for part in ("train", "validation", "test")} for s in splits],
            "unreadable": [[printable(path), reason] for path, reason in first.unreadable],
            "notes": list(first.notes),
            "corrections": first.corrections,
        },
        "load": loading,
        "folds": len(splits) if len(splits) > 1 else None,
        "seed": seed,
    }

    def write(rungs: Sequence[Measured], seconds: float, finished: bool) -> None:
        known = {**facts, **as_json(rungs), "total_seconds": seconds, "finished": finished}
        write_json(folder / "comparison.json", known)
        run = {**facts, "versions": _versions(rungs), "conclusion": conclusion(rungs)}
        rows = [_reported(rung) for rung in rungs]
        write_comparison(folder / "comparison.html", dataset=first, rungs=rows, run=run)

    return write


def _reported(rung: Measured) -> dict[str, Any]:
    """The rung as the report wants it."""
    from pellucid.report.markup import duration

    notes = [rung.words, f"in bulk {duration(rung.bulk_microseconds / 1e6)} a picture", *rung.remarks]
    return {
        "name": rung.name,
        "evaluations": {"test": rung.test},
        "accuracy": {"validation": rung.validation},
        "folds": list(rung.folds),
        "seconds": rung.seconds,
        "microseconds": rung.microseconds,
        "bytes": rung.bytes,
        "note": "; ".join(notes),
    }


def _versions(rungs: Sequence[Measured]) -> dict[str, str]:
    import sys

    import numpy as np

    known = {"python": sys.version.split()[0], "numpy": np.__version__}
    for rung in rungs:
        known |= rung.facts.get("versions", {})
    return known


def _remove_if_empty(folder: Path) -> None:
    import contextlib

    with contextlib.suppress(OSError):
        folder.rmdir()
