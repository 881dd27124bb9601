"""`pellucid evaluate RUN DATA`: how good is a finished classifier on other pictures?"""

from typing import TYPE_CHECKING, Any

from pellucid.cli import options

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from pellucid.data.dataset import Dataset
    from pellucid.models.classifier import Classifier


def evaluate(
    run: options.Run,
    data: options.Data,
    skip_unreadable: options.SkipUnreadable = False,
    json: options.Json = False,
) -> None:
    """Measure a finished classifier on labelled pictures: the test part where the data have one, else all of them."""
    from pellucid.cli.console import console, escape, percent, print_json
    from pellucid.inspection.metrics import Evaluation
    from pellucid.models.model_file import load_model

    screen = console(json)
    classifier = load_model(run)
    dataset = read_as_seen(screen, classifier, data, skip_unreadable)
    labels = translated_labels(dataset, classifier.classes)
    part, rows = _part(dataset)
    scores = classifier.scores(dataset.images[rows])
    found = Evaluation(part, classifier.classes, rows, labels[rows], scores, classifier.probabilities(scores))
    low, high = found.interval
    screen.print(
        f"{part}: [bold]{percent(found.accuracy)}[/] of {len(found):,} pictures right (95 % "
        f"interval {percent(low)} to {percent(high)}); "
        f"balanced accuracy {percent(found.balanced_accuracy)}, F1 {found.macro_f1:.3f}, log loss {found.log_loss:.3f}"
    )
    for k, name in enumerate(classifier.classes):
        if found.counts[k]:
            said = found.confusion[k].copy()
            said[k] = 0
            taken = (
                f", most often called {classifier.classes[said.argmax()]} ({said.max()})"
                if said.any()
                else ""
            )
            screen.print(
                f"  {escape(name)}: {percent(found.recall[k])} of {found.counts[k]:,} found{escape(taken)}"
            )
    if json:
        print_json(
            {
                "part": part,
                "pictures": len(found),
                **found.measures(),
                "confusion": found.confusion.tolist(),
                "classes": list(classifier.classes),
            }
        )


def read_as_seen(screen: "Console", classifier: "Classifier", data: str, skip_unreadable: bool) -> "Dataset":
    """The data, in the frame that the classifier sees."""
    from pellucid.cli.console import counting
    from pellucid.data.load import read

    frame = classifier.preprocessing.frame
    wanted: dict[str, Any] = {}
    if frame:
        wanted = {"size": (frame.height, frame.width), "fit": frame.fit, "color": frame.color}
    with counting(screen, "reading") as progress:
        return read(data, **wanted, skip_unreadable=skip_unreadable, for_training=False, progress=progress)


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

    return ("test", dataset.test.rows) if len(dataset.test) else ("all", np.arange(len(dataset)))
