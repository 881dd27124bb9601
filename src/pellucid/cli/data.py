"""`pellucid data DATA`: what is in there, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from pellucid.data.dataset import Dataset
    from pellucid.inspection.census import Census

MOST_CLASSES, MOST_PAIRS = 60, 6


def data(
    data: options.Data,
    size: options.Size = None,
    fit: options.Fit = "pad",
    color: options.Color = None,
    seed: options.Seed = 0,
    output: Annotated[
        Path | None,
        typer.Option(help="The contact sheet. Default: <name>-contact-sheet.png; no file is overwritten."),
    ] = None,
    doubles: Annotated[
        Path | None, typer.Option(help="Write all doubles: to a .csv as a table, to a .png as pictures.")
    ] = None,
    listing: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE.csv",
            help="Write the pictures in their order: that of the rows of embeddings for --features EMBEDDINGS.npy.",
        ),
    ] = None,
    suspects: Annotated[
        bool,
        typer.Option(
            "--suspects",
            help="Find labels that are probably wrong, by models that have not seen the picture; write them, and "
            "doubles, as pictures and as a table that `pellucid train --corrections` takes.",
        ),
    ] = False,
    model: Annotated[str, typer.Option(help="What --suspects trains.")] = "softmax",
    features: Annotated[
        str | None,
        typer.Option(
            help="What it sees, or EMBEDDINGS.npy. Default: hog+color; hog for gray pictures, pixels for small ones."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="How many models --suspects trains.")] = 5,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Always so here: unreadable pictures are listed.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Show what is in the data: counts, sizes, unreadable files, doubles; draw what the model will see."""
    from pellucid.cli.console import console, counting, escape, print_json
    from pellucid.cli.suspects import asked_for, look_again
    from pellucid.data.embeddings import with_embeddings
    from pellucid.data.load import load
    from pellucid.inspection.census import census
    from pellucid.storage.errors import InputError, printable

    del skip_unreadable  # this command exists to find them
    if doubles is not None and doubles.suffix.lower() not in (".csv", ".png"):
        raise InputError(
            f"--doubles {printable(doubles)}: the file must end in .csv (a table) or .png (pictures)."
        )
    screen = console(json)
    features, embeddings = options.embeddings_apart(features)
    recipe = asked_for(suspects, model, features, embeddings, seed)
    with counting(screen, "Reading") as progress:
        dataset = load(
            data, size=size, fit=fit, color=color, seed=seed, skip_unreadable=True, progress=progress
        )
    seen = dataset if embeddings is None else with_embeddings(dataset, embeddings)
    with counting(screen, "Looking at the files") as progress:
        counted = census(dataset, progress)
    _show(screen, counted)
    written: dict[str, str | None] = {"contact_sheet": None, "doubles_file": None}
    if dataset.images.ndim == 4:
        sheet = _write_sheet(counted, output, seed)
        written["contact_sheet"] = printable(sheet)
        screen.print(f"\nWhat the model will see: [bold]{escape(printable(sheet))}[/]")
    if doubles is not None:
        where = _write_doubles(counted, doubles)
        written["doubles_file"] = printable(where) if where else None
        screen.print(f"All doubles: [bold]{escape(printable(where))}[/]" if where else "No doubles to write.")
    if listing is not None:
        written["list"] = printable(_write_list(dataset, listing))
        screen.print(f"The pictures in their order: [bold]{escape(str(written['list']))}[/]")
    found = {} if recipe is None else {"suspects": look_again(screen, counted, seen, recipe, folds)}
    if json:
        print_json({**counted.as_json(), **written, **found})


def _show(screen: Console, counted: Census) -> None:
    from pellucid.cli.console import escape
    from pellucid.storage.errors import printable

    data, found = counted.dataset, counted.headers
    what = "pictures" if data.images.ndim == 4 else "rows of numbers"
    screen.print(
        f"\n[bold]{escape(printable(data.name))}[/]  {len(data):,} {what} in {len(data.classes):,} classes\n"
    )
    _show_classes(screen, counted)
    for note in data.notes:
        screen.print(f"  [dim]{escape(note)}[/]")
    screen.print()
    height, *rest = data.images.shape[1:]
    if rest:
        seen = f"{rest[0]} × {height}, {'rgb' if rest[1] == 3 else 'gray'}"
        seen += f", fit {data.frame.fit}" if data.frame else ""
        _line(screen, "The model sees", seen)
    else:
        _line(screen, "The model sees", f"{height:,} numbers a row")
    if found is not None:
        (width, height), count = found.sizes.most_common(1)[0]
        total = sum(found.sizes.values())
        others = f"; {len(found.sizes):,} different sizes" if len(found.sizes) > 1 else ""
        _line(screen, "Sizes", f"{_share(count, total)} {width} × {height}{others}")
        if len(found.sizes) > 1:
            for words, (w, h, path) in (("Smallest", found.smallest), ("Largest", found.largest)):
                _line(screen, words, f"{w} × {h}  [dim]{escape(_short(path, data.source))}[/]")
        _line(screen, "Formats", _tally(found.formats))
        _line(screen, "Modes", _tally(found.modes))
    _show_doubles(screen, counted)
    unreadable = data.unreadable
    _line(screen, "Unreadable", f"[red]{len(unreadable):,}[/]" if unreadable else "none")
    for path, reason in unreadable:
        screen.print(f"    {escape(_short(path, data.source))}: {escape(reason)}")
    if counted.remarks:
        screen.print()
        for remark in counted.remarks:
            screen.print(f"[yellow]![/] {escape(remark)}")


def _show_classes(screen: Console, counted: Census) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from pellucid.cli.console import escape
    from pellucid.data.dataset import PARTS
    from pellucid.storage.errors import printable

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("class", overflow="ellipsis", max_width=40, no_wrap=True)
    for name in ("all", *PARTS):
        table.add_column(name, justify="right")
    table.add_column("", no_wrap=True)
    totals = counted.counts.sum(axis=1)
    for k, name in enumerate(counted.dataset.classes[:MOST_CLASSES]):
        cells = [f"{n:,}" if n else "[red]0[/]" for n in (totals[k], *counted.counts[k])]
        table.add_row(escape(printable(name)), *cells, f"[blue]{_bar(totals[k] / totals.max())}[/]")
    left_out = len(totals) - MOST_CLASSES
    if left_out > 0:
        more = (totals[MOST_CLASSES:].sum(), *counted.counts[MOST_CLASSES:].sum(axis=0))
        table.add_row(f"[dim]{left_out:,} more (--json lists them)[/]", *(f"{n:,}" for n in more), "")
    table.add_section()
    sums = (totals.sum(), *counted.counts.sum(axis=0))
    table.add_row("[bold]all[/]", *(f"[bold]{n:,}[/]" for n in sums), "")
    screen.print(table)


def _show_doubles(screen: Console, counted: Census) -> None:
    from pellucid.cli.console import escape

    found, data = counted.doubles, counted.dataset
    if not len(found.pairs):
        _line(screen, "Doubles", "none")
        return
    for words, kind in (("Exact doubles", found.exact), ("Near doubles", ~found.exact)):
        number, across = int(kind.sum()), int((kind & counted.across).sum())
        if not number:
            _line(screen, words, "none")
            continue
        pairs = f"{number:,} pair{'s' if number != 1 else ''}"
        _line(
            screen,
            words,
            f"{pairs}, [yellow]{across:,} across parts[/]" if across else f"{pairs}, each within a part",
        )
    # What matters most first: pairs that contradict each other, then pairs across parts.
    order = sorted(
        range(len(found.pairs)), key=lambda i: (not counted.contradictory[i], not counted.across[i], i)
    )
    for i in order[:MOST_PAIRS]:
        names = " = ".join(escape(data.short_name(row)) for row in found.pairs[i])
        one, other = counted.parts_of(i)
        parts = one if one == other else f"{one}, {other}"
        remark = ", [red]different classes[/]" if counted.contradictory[i] else ""
        screen.print(f"    {names}  [dim]({found.kinds[i]}, {parts}[/]{remark}[dim])[/]")
    if len(order) > MOST_PAIRS:
        screen.print(
            f"    [dim]and {len(order) - MOST_PAIRS:,} more; all of them: --doubles FILE.csv or FILE.png[/]"
        )


def _line(screen: Console, name: str, value: str) -> None:
    screen.print(f"  {name:<16}{value}")


def _short(path: str, source: str) -> str:
    """The path as text, from the folder on that the user named."""
    from pellucid.storage.errors import printable

    return printable(path).removeprefix(source.rstrip("/\\")).lstrip("/\\")


def _share(count: int, total: int) -> str:
    return "all" if count == total else f"{count:,} of {total:,} ({100 * count / total:.0f} %)"


def _tally(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _bar(share: float, width: int = 20) -> str:
    """A bar to an eighth of a character, at least as wide as can be seen."""
    eighths = max(1, round(share * width * 8))
    return "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]


def _write_sheet(counted: Census, output: Path | None, seed: int) -> Path:
    from pellucid.cli.unused import named_after, unused
    from pellucid.inspection.contact_sheet import contact_sheet
    from pellucid.storage.atomic import writing

    path = unused(output or named_after(counted.dataset, "contact-sheet.png"))
    picture = contact_sheet(counted.dataset, seed=seed)
    with writing(path) as file:
        picture.save(file, "PNG")
    return path


def _write_doubles(counted: Census, path: Path) -> Path | None:
    import csv
    import io

    from pellucid.cli.unused import unused
    from pellucid.inspection.contact_sheet import sheet_of_groups
    from pellucid.storage.atomic import write_text, writing

    found, data = counted.doubles, counted.dataset
    path = unused(path)
    if path.suffix.lower() == ".csv":
        table = io.StringIO()
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(["kind", "first", "second", "first part", "second part", "first class", "second class"])
        for i, pair in enumerate(found.pairs.tolist()):
            names = [data.origins[row] for row in pair]
            classes = [data.classes[data.labels[row]] for row in pair]
            rows.writerow([found.kinds[i], *names, *counted.parts_of(i), *classes])
        write_text(path, table.getvalue())
        return path
    if not len(found.pairs):
        return None
    captions = ["\n".join(data.short_name(row) for row in p) for p in found.pairs.tolist()]
    note = f"{int(found.exact.sum()):,} exact and {int((~found.exact).sum()):,} near pairs in {data.name}"
    picture = sheet_of_groups(data, found.pairs.tolist(), captions, title="Doubles", note=note)
    with writing(path) as file:
        picture.save(file, "PNG")
    return path


def _write_list(dataset: Dataset, path: Path) -> Path:
    """A table of where each picture is, its class and its part."""
    import csv
    import io

    from pellucid.cli.unused import unused
    from pellucid.data.dataset import PARTS
    from pellucid.storage.atomic import write_text

    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["picture", "class", "part"])
    for origin, label, part in zip(dataset.origins, dataset.labels, dataset.split, strict=True):
        rows.writerow([origin, dataset.classes[label], PARTS[part] if part >= 0 else ""])
    path = unused(path)
    write_text(path, table.getvalue())
    return path
