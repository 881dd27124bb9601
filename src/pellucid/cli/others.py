"""Pictures of none of the classes: how many of them a classifier that may abstain takes for one of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from pellucid.data.dataset import Dataset
    from pellucid.models.classifier import Classifier


def check_others(others: Path | None, refuses: bool) -> None:
    """Raise `InputError` where the folder of others is of no use, or has no pictures."""
    from pellucid.cli.predict import picture_files
    from pellucid.storage.errors import InputError, printable

    if others is None:
        return
    if not refuses:
        raise InputError("--others shows how many are refused, and nothing is: train with --refuse SHARE.")
    if not others.exists():
        raise InputError(f"--others {printable(others)}: no such file or folder. Check the spelling.")
    picture_files([str(others)])


def check_pictures(others: Path | None, dataset: Dataset) -> None:
    """Raise `InputError` where pictures are to be judged by a classifier that will see rows of numbers."""
    from pellucid.storage.errors import InputError, printable

    if others is not None and dataset.frame is None:
        raise InputError(
            f"--others {printable(others)}: the model sees rows of numbers, so it cannot judge pictures. Leave it out."
        )


def judged_others(screen: Console, classifier: Classifier, others: str) -> dict[str, Any]:
    """How many of the pictures in this folder are accepted. Those that cannot be read are left out, and counted.

    Raises `InputError` where the folder has no pictures, or the classifier sees rows of numbers.
    """
    from pellucid.cli.console import counting
    from pellucid.cli.predict import picture_files
    from pellucid.storage.errors import InputError, printable
    from pellucid.training.refusing import accepted

    if not Path(others).exists():
        raise InputError(
            f"--others {printable(others)}: no such file or folder. Put it back, or leave it out."
        )
    with counting(screen, "reading others") as progress:
        inputs, _, unreadable = classifier.preprocessing.read(
            picture_files([others]), skip_unreadable=True, progress=progress
        )
    if not len(inputs):
        raise InputError(f"--others {printable(others)}: none of its pictures can be read.")
    return {"source": printable(others), "unreadable": len(unreadable), **accepted(classifier, inputs)}


def show_refusals(screen: Console, told: dict[str, Any], others: dict[str, Any] | None) -> None:
    """Say when and how often it says "none of these", and how often that is wrong."""
    from pellucid.cli.console import escape, percent

    limits = [f"below {percent(told['threshold'])}"] if told["threshold"] else []
    limits += (
        [f"beyond {told['farthest']:.2g} times the usual distance"] if told["farthest"] is not None else []
    )
    if not limits:
        screen.print(
            f"none of these: never said: there are too few right verdicts on validation pictures to refuse at most "
            f"{percent(told['share'])} of them"
        )
        return
    whose = "all" if told["part"] == "all" else f"the {told['part']}"
    screen.print(
        f"none of these: said {' or '.join(limits)}, of {percent(told['refused'])} of {whose} pictures: "
        f"{percent(told['wrong_refusals'])} of its right verdicts are refused, {percent(told['wrong_acceptances'])} of "
        f"its wrong ones are accepted; accepted verdicts are {percent(told['accuracy'])} right"
    )
    if others is not None:
        left = f" ({others['unreadable']:,} could not be read)" if others["unreadable"] else ""
        screen.print(
            f"others: {percent(others['accepted'])} of {others['pictures']:,} pictures in "
            f"{escape(others['source'])} are accepted{left}"
        )
