"""`pellucid predict RUN PICTURES…`: what is on them, how sure, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from pellucid.inspection.contributions import Receipt
    from pellucid.models.classifier import Classifier
    from pellucid.models.verdicts import Verdict


def predict(
    run: options.Run,
    pictures: Annotated[
        list[str], typer.Argument(metavar="PICTURES...", help="Picture files, or folders of them.")
    ],
    csv: Annotated[Path | None, typer.Option(help="Write every verdict into this file.")] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Say why: the parts that add up to the score, or the nearest pictures; drawn.",
        ),
    ] = False,
    receipts: Annotated[Path, typer.Option(help="Where --explain puts its pictures.")] = Path("receipts"),
    top: Annotated[int, typer.Option(min=1, help="How many classes to name.")] = 3,
    skip_unreadable: options.SkipUnreadable = False,
    json: options.Json = False,
) -> None:
    """Say what is on pictures, with probabilities and reasons."""
    import shlex

    from pellucid.arrays.compile import keep_programs
    from pellucid.cli.console import console, counting, escape, percent, print_json
    from pellucid.models.model_file import load_model
    from pellucid.models.verdicts import NONE
    from pellucid.storage.errors import InputError, UnreadableError, printable

    screen = console(json)
    classifier = load_model(run)
    if classifier.preprocessing.frame is None:
        raise InputError(
            f"{printable(run)}: trained on rows of numbers, so it cannot look at pictures. Judge labelled rows: "
            f"pellucid evaluate {shlex.quote(printable(run))} ROWS.csv (or PICTURES --features EMBEDDINGS.npy); others "
            "in Python: pl.open(RUN).predict(rows)."
        )
    if csv is not None and not csv.parent.is_dir():
        raise InputError(
            f"--csv {printable(csv)}: the folder {printable(csv.parent)} does not exist. Make it first."
        )
    paths = picture_files(pictures)
    with counting(screen, "reading") as progress:
        inputs, read, unreadable = classifier.preprocessing.read(
            paths, skip_unreadable=True, progress=progress
        )
    if unreadable and not (skip_unreadable and read):
        advice = "Mend or remove them, or pass --skip-unreadable to go on without them."
        raise UnreadableError(tuple(unreadable), "None is left to judge." if skip_unreadable else advice)
    keep_programs()
    with counting(screen, "judging") as progress:
        verdicts = classifier.verdicts(inputs, [paths[number] for number in read], progress)
    answers = []
    for verdict in verdicts:
        said = ", ".join(f"{name} {percent(p)}" for name, p, _ in verdict.top(top))
        if verdict.refused:
            said = f"{NONE} (at best {said})"
        screen.print(f"{escape(printable(verdict.origin))}: {escape(said)}")
        for near in verdict.near:
            words = f"near {near.name} ({near.label}), {near.distance:.2g} times as far as usual"
            screen.print(f"  [dim]{escape(words)}[/]")
        answer = _answer(verdict, top)
        if explain:
            if classifier.remembers:
                answer["neighbors"] = _compare(screen, classifier, verdict, receipts)
            else:
                answer["receipt"] = _explain(screen, classifier, verdict, receipts)
        answers.append(answer)
    for path, reason in unreadable:
        screen.print(f"[yellow]left out[/] {escape(printable(path))}: {escape(reason)}")
    if csv is not None:
        _write_csv(csv, classifier, verdicts)
        screen.print(f"verdicts: {escape(printable(csv))}")
    if json:
        print_json(
            {"verdicts": answers, "unreadable": [[printable(path), reason] for path, reason in unreadable]}
        )


def picture_files(pictures: list[str]) -> list[str]:
    """The files named, and those in the folders named, in order. Raises `InputError` for a folder without pictures."""
    import os

    from pellucid.data.folder_walk import ENDINGS
    from pellucid.storage.errors import InputError, printable

    found: list[str] = []
    for name in pictures:
        if not os.path.isdir(name):
            found.append(name)
            continue
        inside = sorted(
            os.path.join(folder, file)
            for folder, _, files in os.walk(name)
            for file in files
            if os.path.splitext(file)[1].lower() in ENDINGS and not file.startswith(".")
        )
        if not inside:
            raise InputError(f"{printable(name)}: no pictures in this folder ({', '.join(sorted(ENDINGS))}).")
        found += inside
    return found


def _answer(verdict: "Verdict", top: int) -> dict[str, Any]:
    from dataclasses import asdict

    from pellucid.storage.errors import printable

    named = [{"class": name, "probability": p, "score": s} for name, p, s in verdict.top(top)]
    return {
        "picture": printable(verdict.origin),
        "said": verdict.said,
        "probability": verdict.probability,
        "top": named,
        "refused": verdict.refused,
        **({"near": [asdict(near) for near in verdict.near]} if verdict.refused else {}),
    }


def _explain(screen: "Console", classifier: "Classifier", verdict: "Verdict", folder: Path) -> dict[str, Any]:
    """Print the receipt of the verdict, and of the lead over the runner-up; draw both. Returns it as plain numbers."""
    from pellucid.cli.console import escape
    from pellucid.inspection.attribution import explanation, occlusion
    from pellucid.storage.errors import printable

    first, second = (classifier.classes.index(name) for name, _, _ in verdict.top(2))
    picture = verdict.input
    assert picture is not None
    mine, lead = explanation(classifier, picture, first), explanation(classifier, picture, first, second)
    # A network's receipt is no proof: a second one, found in another way, shows whether both see the same.
    covered = [] if classifier.linear else [occlusion(classifier, picture, first)]
    found = (mine, *covered, lead)
    for each in found:
        start = "average picture" if each.method else "bias"
        screen.print(
            f"  {escape(each.title)}: {start} {each.bias:+.4f} + for {each.pushed_up:+.4f} + against "
            f"{each.pushed_down:+.4f} = {each.total:+.4f}; score {each.score:+.4f}, {each.reliability}"
        )
        screen.print(f"    {escape(each.sentence())}")
        for side, reasons in zip(("for", "against"), each.reasons() if each.items else ((), ()), strict=True):
            for reason in reasons:
                screen.print(f"      {side:7} {reason.amount:+.4f} {escape(reason.where)}")
    drawn = None
    if picture.ndim == 3:
        drawn = _draw(verdict, found, folder, classifier.preprocessing.measure)
        screen.print(f"    drawn: {escape(printable(drawn))}")
    return {
        "class": mine.class_name,
        **_numbers(mine),
        **{each.method: _numbers(each) for each in covered},
        "lead": {"over": lead.other_name, **_numbers(lead)},
        "picture": printable(drawn) if drawn else None,
    }


def _compare(screen: "Console", classifier: "Classifier", verdict: "Verdict", folder: Path) -> dict[str, Any]:
    """Print and draw the nearest training pictures. Returns them as plain values."""
    from pellucid.cli.console import escape
    from pellucid.inspection.neighbor_picture import neighbor_picture
    from pellucid.inspection.resemblance import neighbors_of, shares_of_classes
    from pellucid.storage.errors import printable

    picture, metric = verdict.input, classifier.model.examples.metric
    assert picture is not None
    near = neighbors_of(classifier, picture[None])[0]
    for place, each in enumerate(near, start=1):
        words = f"{place}. {each.class_name} at {each.distance:.6g} ({metric}): {printable(each.origin)}"
        screen.print(f"    {escape(words)}")
    shares = shares_of_classes(near)
    votes = ", ".join(f"{name} {100 * share:.3g} %" for name, share in shares.items())
    screen.print(f"    votes: {escape(printable(votes))}")
    title = f"{verdict.label}, {verdict.probability:.1%}"
    drawn = _kept(neighbor_picture(picture, title, verdict.label, near, metric), verdict, folder)
    screen.print(f"    drawn: {escape(printable(drawn))}")
    return {
        "metric": metric,
        "nearest": [{**each.to_json(), "origin": printable(each.origin)} for each in near],
        "votes": shares,
        "picture": printable(drawn),
    }


def _numbers(receipt: "Receipt") -> dict[str, Any]:
    return {
        "score": receipt.score,
        "bias": receipt.bias,
        "for": receipt.pushed_up,
        "against": receipt.pushed_down,
        "total": receipt.total,
        "exact": receipt.exact and not receipt.method,
        **({"method": receipt.method, "accounted": receipt.accounted} if receipt.method else {}),
        **({"items": {str(item): item.amount for item in receipt.items}} if receipt.items else {}),
    }


def _draw(verdict: "Verdict", receipts: Any, folder: Path, measure: Any) -> Path:
    """The receipts as one picture in the folder."""
    from pellucid.inspection.receipt_picture import receipt_picture

    assert verdict.input is not None
    title = f"{verdict.label}, {verdict.probability:.1%}"
    return _kept(receipt_picture(verdict.input, title, receipts, measure), verdict, folder)


def _kept(sheet: Any, verdict: "Verdict", folder: Path) -> Path:
    """A drawing in the folder, under a name that is not taken."""
    import io
    import re

    from pellucid.storage.atomic import make_folder, write_bytes

    content = io.BytesIO()
    sheet.save(content, "PNG")
    make_folder(folder)
    # Letters that every file system takes, and few enough for one that counts bytes.
    stem = re.sub(r"[^\w.-]+", "-", Path(verdict.origin).stem)[:50].strip("-") or "picture"
    path, number = folder / f"{stem}.png", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.png", number + 1
    write_bytes(path, content.getvalue())
    return path


def _write_csv(path: Path, classifier: "Classifier", verdicts: "list[Verdict]") -> None:
    import csv
    import io

    from pellucid.storage.atomic import write_text

    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    # Of one that may abstain: what it would have said, had it to name a class.
    best = ["best"] if classifier.refusal is not None else []
    table.writerow(["picture", "said", *best, "probability", *(f"p({name})" for name in classifier.classes)])
    for verdict in verdicts:
        shares = [f"{p:.6f}" for p in verdict.probabilities.tolist()]
        named = [verdict.label] * len(best)
        table.writerow([verdict.origin, verdict.said, *named, f"{verdict.probability:.6f}", *shares])
    write_text(path, text.getvalue())
