"""What `pellucid data DATA --suspects` adds: labels that are probably wrong, as words, as pictures and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from pellucid.data.dataset import Dataset
    from pellucid.inspection.census import Census
    from pellucid.inspection.review import Doubt
    from pellucid.training.recipe import Recipe

_SHOWN, _DRAWN = 12, 120  # in the terminal, and as pictures; all of them are in the table


def asked_for(
    wanted: bool, model: str, features: str | None, embeddings: str | None, seed: int
) -> Recipe | None:
    """How to train what looks for suspects; None where they are not asked for. Raises `InputError` for names that are
    not known, and for options that nothing is done with."""
    from pellucid.models.kinds import NEIGHBORS
    from pellucid.storage.errors import InputError
    from pellucid.training.recipe import Recipe

    if wanted and model == NEIGHBORS:
        raise InputError(
            f"--suspects ranks labels by their probability, and the few votes of --model {NEIGHBORS} rank none: every "
            "mistake of it would be a suspect. Take softmax, mlp or another."
        )
    if not wanted and (features or embeddings or model != "softmax"):
        raise InputError("--model and --features are for --suspects: add it, or leave them out.")
    return Recipe(model=model, features=features, seed=seed) if wanted else None


def look_again(screen: Console, counted: Census, seen: Dataset, recipe: Recipe, folds: int) -> dict[str, Any]:
    """Train on all folds but one of what is seen, the same data or embeddings of them; tell and write what is suspect.
    Returns it as plain values."""
    import shlex
    import time
    from dataclasses import replace
    from functools import partial

    import numpy as np

    from pellucid.arrays.compile import keep_programs
    from pellucid.cli.console import counting, counting_each, escape, percent
    from pellucid.cli.unused import named_after, unused
    from pellucid.data.duplicates import double_groups, joined
    from pellucid.inspection.lookalikes import lookalikes
    from pellucid.inspection.review import as_table, doubts
    from pellucid.inspection.suspects import suspects
    from pellucid.storage.atomic import write_text
    from pellucid.storage.errors import printable
    from pellucid.training.out_of_fold import out_of_fold

    keep_programs()
    began = time.perf_counter()
    dataset = counted.dataset
    with counting(screen, "Comparing", "steps") as progress:
        more = lookalikes(dataset.images, progress)
    known = counted.doubles
    pairs = np.unique(np.concatenate([known.pairs, more.pairs]), axis=0)
    groups = double_groups(
        dataset.images, dataset.groups, found=replace(known, pairs=pairs, groups=joined(len(dataset), pairs))
    )
    with counting_each(screen) as tell:
        progress = partial(tell, f"Training {folds} models")
        judged = out_of_fold(seen, recipe, count=folds, groups=groups, progress=progress)
    found = suspects(judged.probabilities, dataset.labels[judged.rows])
    listed = doubts(dataset, pairs, found, judged.rows)
    seconds = time.perf_counter() - began
    what = str(judged.recipe.features) if seen is dataset else "embeddings"
    share = percent(found.estimated / len(judged.rows))
    screen.print(
        f"\nSuspect labels: [bold]{len(found):,}[/]  [dim]({judged.folds} times {judged.recipe.model} on "
        f"{escape(what)}, {percent(judged.accuracy)} of the labels predicted; about "
        f"{round(found.estimated):,} labels, {share}, are estimated to be wrong; {seconds:.1f} s)[/]"
    )
    extra = len(pairs) - len(known.pairs)
    screen.print(
        f"Doubles: {len(known.pairs):,}, and {extra:,} more that were moved, cropped or mirrored "
        f"[dim](different classes first, then in different parts)[/]"
    )
    for doubt in listed[:_SHOWN]:
        screen.print(f"    {escape(_sentence(dataset, doubt))}")
    if len(listed) > _SHOWN:
        screen.print(f"    [dim]and {len(listed) - _SHOWN:,} more in the table[/]")
    written: dict[str, str | None] = {"table": None, "sheet": None}
    if listed:
        table = unused(named_after(dataset, "suspects.csv"))
        write_text(table, as_table(dataset, listed))
        written["table"] = printable(table)
        then = f"pellucid train {shlex.quote(dataset.source)} --corrections {shlex.quote(printable(table))}"
        screen.print(
            f"Table: [bold]{escape(printable(table))}[/]  [dim]write relabel or remove under action, then: "
            f"{escape(then)}[/]"
        )
    if listed and dataset.images.ndim == 4:
        written["sheet"] = _drawn(dataset, listed)
        screen.print(f"As pictures: [bold]{escape(str(written['sheet']))}[/]")
    return {
        "estimated": found.estimated,
        "accuracy": judged.accuracy,
        "recipe": {"model": judged.recipe.model, "features": what, "folds": judged.folds},
        "lookalikes": extra,
        "seconds": seconds,
        **written,
        "found": [doubt.to_json(dataset) for doubt in listed],
    }


def _sentence(dataset: Dataset, doubt: Doubt) -> str:
    """The doubt in one line: "cat/17.png: labelled cat, looks like dog (97.1 %)"."""
    from pellucid.cli.console import percent

    told = doubt.to_json(dataset)
    name = dataset.short_name(doubt.row)
    if doubt.reason == "label":
        return (
            f"{name}: labelled {told['label']}, looks like {told['suggested']} ({percent(doubt.probability)})"
        )
    other = "" if doubt.like is None else dataset.short_name(doubt.like)
    if doubt.suggested is not None:
        return f"{name}: labelled {told['label']}, and its double {other} {told['suggested']}"
    return f"{name}: in {told['part']}, a double of {other}"


def _drawn(dataset: Dataset, listed: list[Doubt]) -> str:
    """The sheet of pictures: each suspect with what it is labelled and what it looks like, doubles side by side."""
    from pellucid.cli.console import percent
    from pellucid.cli.unused import named_after, unused
    from pellucid.inspection.contact_sheet import sheet_of_groups
    from pellucid.storage.atomic import writing
    from pellucid.storage.errors import printable

    groups, captions = [], []
    pairs: set[tuple[int, int]] = set()
    for doubt in listed:
        told = doubt.to_json(dataset)
        if doubt.like is None:
            groups.append([doubt.row])
            likely = f"looks like {told['suggested']} ({percent(doubt.probability)})"
            captions.append(f"labelled {told['label']}\n{likely}\n{dataset.short_name(doubt.row)}")
            continue
        pair = (min(doubt.row, doubt.like), max(doubt.row, doubt.like))
        if pair in pairs:
            continue  # of a pair with different labels both are listed
        pairs.add(pair)
        groups.append([doubt.row, doubt.like])
        names = [printable(dataset.classes[dataset.labels[row]]) for row in groups[-1]]
        told_apart = f"labelled {names[0]} and {names[1]}" if names[0] != names[1] else f"{names[0]}, twice"
        captions.append("\n".join([told_apart, *(dataset.short_name(row) for row in groups[-1])]))
    path = unused(named_after(dataset, "suspects.png"))
    which = f"the {_DRAWN} gravest of {len(groups):,}" if len(groups) > _DRAWN else f"{len(groups):,}"
    note = f"Suspect labels and doubles in {dataset.name}: {which}, doubles with different labels first"
    picture = sheet_of_groups(
        dataset, groups[:_DRAWN], captions[:_DRAWN], title="To be looked at again", note=note
    )
    with writing(path) as file:
        picture.save(file, "PNG")
    return printable(path)
