"""`pellucid evaluate RUN DATA`: how good is a finished classifier on other pictures?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from pellucid.data.dataset import Dataset
    from pellucid.models.classifier import Classifier

_MOST = 60  # classes shown, as in `pellucid data`


def evaluate(
    run: options.Run,
    data: options.Data,
    skip_unreadable: options.SkipUnreadable = False,
    corrections: options.Corrections = None,
    features: options.Embeddings = None,
    others: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Pictures of none of the classes: how many does it accept?"),
    ] = None,
    json: options.Json = False,
) -> None:
    """Measure a finished classifier on labelled pictures: the test part where the data have one, else all of them."""
    from pellucid.arrays.compile import keep_programs
    from pellucid.cli.console import console, counting, escape, percent, print_json
    from pellucid.cli.others import check_others, judged_others, show_refusals
    from pellucid.inspection.metrics import Evaluation
    from pellucid.models.model_file import load_model
    from pellucid.storage.errors import printable
    from pellucid.training.refusing import refusals

    screen = console(json)
    classifier = load_model(run)
    check_others(others, classifier.refusal is not None)
    dataset = read_as_seen(screen, classifier, data, skip_unreadable, corrections, features)
    labels = translated_labels(dataset, classifier.classes)
    part, rows = _part(dataset)
    keep_programs()
    # By rows: the pictures may be more than memory holds.
    with counting(screen, "judging") as progress:
        scores = classifier.scores(dataset.images, rows, progress)
    found = Evaluation(part, classifier.classes, rows, labels[rows], scores, classifier.probabilities(scores))
    low, high = found.interval
    screen.print(
        f"{part}: [bold]{percent(found.accuracy)}[/] of {len(found):,} pictures right (95 % "
        f"interval {percent(low)} to {percent(high)}); "
        f"balanced accuracy {percent(found.balanced_accuracy)}, F1 {found.macro_f1:.3f}, log loss {found.log_loss:.3f}"
    )
    refusal = None
    if classifier.refusal is not None:
        refusal = refusals(classifier, dataset.images, found)[0]
        strange = None if others is None else judged_others(screen, classifier, str(others))
        show_refusals(screen, refusal, strange)
        refusal |= {} if strange is None else {"others": strange}
    # Without a split of their own these are all pictures of the run, most of which it learned from.
    familiar = part == "all" and dataset.fingerprint == classifier.origin.get("data", {}).get("fingerprint")
    if familiar:
        screen.print(
            "[yellow]note[/] these are the pictures that it was trained on: how good it is on new ones, its "
            "test accuracy tells, in its report"
        )
    known = [k for k in range(len(classifier.classes)) if found.counts[k]]
    shown = known if len(known) <= _MOST else sorted(known, key=lambda k: float(found.recall[k]))[:_MOST]
    for k in shown:
        said = found.confusion[k].copy()
        said[k] = 0
        taken = (
            f", most often called {classifier.classes[said.argmax()]} ({said.max()})" if said.any() else ""
        )
        screen.print(
            f"  {escape(printable(classifier.classes[k]))}: {percent(found.recall[k])} of "
            f"{found.counts[k]:,} found{escape(printable(taken))}"
        )
    if len(known) > len(shown):
        screen.print(
            f"  and {len(known) - len(shown):,} more classes that are found more often; all of them: --json"
        )
    for path, reason in dataset.unreadable:
        screen.print(f"[yellow]left out[/] {escape(printable(path))}: {escape(reason)}")
    if json:
        print_json(
            {
                "part": part,
                "pictures": len(found),
                "trained_on_these": familiar,
                **found.measures(),
                **({} if refusal is None else {"refusal": refusal}),
                "confusion": found.confusion.tolist(),
                "classes": list(classifier.classes),
                "unreadable": [[printable(path), reason] for path, reason in dataset.unreadable],
            }
        )


def read_as_seen(
    screen: "Console",
    classifier: "Classifier",
    data: str,
    skip_unreadable: bool,
    corrections: str | None = None,
    embeddings: Path | None = None,
) -> "Dataset":
    """The data, in the frame that the classifier sees."""
    from pellucid.cli.console import counting
    from pellucid.data.load import read
    from pellucid.storage.errors import InputError, printable

    preprocessing = classifier.preprocessing
    frame = preprocessing.frame
    wanted: dict[str, Any] = {}
    if frame:
        wanted = {"size": (frame.height, frame.width), "fit": frame.fit, "color": frame.color}
    with counting(screen, "reading") as progress:
        dataset = read(
            data,
            **wanted,
            skip_unreadable=skip_unreadable,
            for_training=False,
            corrections=corrections,
            embeddings=embeddings,
            progress=progress,
        )
    came = dataset.images.shape[1:]
    if came != (frame.shape if frame else (preprocessing.inputs,)):
        what = (
            f"rows of {came[0]:,} numbers" if len(came) == 1 else f"pictures of {came[1]} by {came[0]} pixels"
        )
        sees = (
            f"{frame.width} by {frame.height} pixels"
            if frame
            else f"rows of {preprocessing.inputs:,} numbers"
        )
        made = (
            " If these are embeddings of pictures, give them: --features EMBEDDINGS.npy."
            if len(came) == 3
            else ""
        )
        raise InputError(
            f"{printable(data)}: {what}, and the classifier sees {sees}. Give data like its own.{'' if frame else made}"
        )
    return dataset


def translated_labels(dataset: "Dataset", classes: tuple[str, ...]) -> "np.ndarray":
    """The labels (N,) as numbers of the classifier's classes, which need not be in the same order."""
    import numpy as np

    from pellucid.storage.errors import InputError

    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        raise InputError(
            f"The data have classes that the classifier never saw: {', '.join(unknown[:10])}. It "
            f"knows {', '.join(classes[:20])}."
        )
    return np.array([classes.index(name) for name in dataset.classes], np.int32)[dataset.labels]


def _part(dataset: "Dataset") -> "tuple[str, np.ndarray]":
    import numpy as np

    from pellucid.data.dataset import TAKEN_OUT

    if len(dataset.test):
        return "test", dataset.test.rows
    return "all", np.flatnonzero(dataset.split != TAKEN_OUT)
