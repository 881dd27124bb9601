"""`pellucid check RUN`: are the gradients of a trained model right, on real pictures?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pellucid.cli import options

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from pellucid.models.classifier import Classifier
    from pellucid.training.gradients_on_pictures import Examined


def check(
    run: options.Run,
    data: Annotated[
        str | None,
        typer.Option(help="Labelled pictures to look at. Default: the training pictures of the run."),
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, help="How many pictures, drawn with the seed.")] = 8,
    places: Annotated[int, typer.Option(min=1, help="How many numbers of each parameter are moved.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Decides which pictures and which numbers.")] = 0,
    json: options.Json = False,
) -> None:
    """Compare a trained model's gradients with what its objective does when a weight is moved a little."""
    from pellucid.arrays import compile as compiler
    from pellucid.arrays import random
    from pellucid.arrays.canary import trustworthy
    from pellucid.cli.console import console, escape, print_json
    from pellucid.models.kinds import REMEMBERING
    from pellucid.models.model_file import load_model
    from pellucid.optimizers.descent import GradientDescent
    from pellucid.storage.errors import InputError, printable
    from pellucid.training.gradients_on_pictures import gradients_on_pictures
    from pellucid.training.penalties import strengths
    from pellucid.training.step import Task

    screen = console(json)
    classifier = load_model(run)
    if classifier.kind in REMEMBERING:
        raise InputError(
            f"{printable(run)}: a {classifier.kind} minimizes nothing, so it has no gradients to check."
        )
    recipe = _recipe(classifier)
    rng = random.key(seed)
    batch, part = _batch(screen, run, classifier, recipe.class_weight, data, pictures, rng)
    compiler.keep_programs()
    compiled = compiler.available() and trustworthy()
    l2 = strengths("--l2", recipe.l2 or 0.0, classifier.params, recipe.penalize_biases)
    draws = getattr(classifier.model, "draws", False)
    task = Task(classifier.model, recipe.criterion, GradientDescent(), l2, rng if draws else None)
    found = gradients_on_pictures(
        task, classifier.params, batch, places=places, rng=random.fold_in(rng, 1), compiled=compiled
    )
    value = float(task.objective(classifier.params, *batch, **task.mode(0))[0])
    about = f"{classifier.kind}, objective {value:.6g} on {_counted(len(batch[1]), 'picture')} {part}"
    screen.print(escape(f"{printable(run)}: {about}"))
    for each in found:
        for line in _lines(each, classifier):
            screen.print(escape(line))
    if not compiled:
        why = "computes wrong numbers here" if compiler.available() else "is not installed"
        screen.print(f"JAX {why}, so only NumPy was checked.")
    verdicts = [each.verdict for each in found]
    conclusion = _conclusion(verdicts)
    screen.print(conclusion)
    if json:
        print_json(
            {
                "run": printable(run),
                "objective": value,
                "pictures": len(batch[1]),
                "parameters": {each.name: _answer(each, classifier) for each in found},
                "conclusion": conclusion,
            }
        )
    if "mistake" in verdicts:
        raise typer.Exit(1)


def _recipe(classifier: "Classifier") -> Any:
    """The recipe that the classifier was trained by, as far as its file tells."""
    from pellucid.training.recipe import Recipe

    told = classifier.origin.get("recipe")
    return Recipe.from_json(told) if isinstance(told, dict) else Recipe(model=classifier.kind, l2=0.0)


def _batch(
    screen: "Console",
    run: Path,
    classifier: "Classifier",
    class_weight: Any,
    data: str | None,
    pictures: int,
    rng: "np.ndarray",
) -> "tuple[tuple[np.ndarray, np.ndarray, np.ndarray], str]":
    """x (N, D) and v (N) float64, labels y (N) int32, of pictures drawn from the data; and which part they are of."""
    import numpy as np

    from pellucid.arrays import random
    from pellucid.cli.evaluate import read_as_seen, translated_labels
    from pellucid.cli.running import reload_data
    from pellucid.losses.weights import picture_weights
    from pellucid.preprocessing.standardize import standardize
    from pellucid.storage.errors import InputError, printable
    from pellucid.training.run import read_run

    folder = run.parent if run.name in ("model.json", "model.safetensors") else run
    if data is not None:
        dataset = read_as_seen(screen, classifier, data, skip_unreadable=False)
    else:
        told = read_run(folder) if (folder / "run.json").exists() else {}
        if not told.get("load"):
            raise InputError(
                f"{printable(run)}: does not say which data it was trained on. Name labelled pictures: --data DATA."
            )
        dataset = reload_data(screen, folder)
        if dataset.fingerprint != told["data"].get("fingerprint"):
            screen.print("  the data have changed since this run: other pictures may be looked at")
    rows = dataset.train.rows if len(dataset.train) else np.arange(len(dataset))
    labels = translated_labels(dataset, classifier.classes)
    drawn = np.sort(rows[random.permutation(rng, len(rows))[:pictures]])
    seen = classifier.preprocessing
    mean, scale = (np.asarray(each, np.float64) for each in (seen.mean, seen.scale))
    given = (
        [class_weight.get(name, 1.0) for name in classifier.classes]
        if isinstance(class_weight, dict)
        else class_weight
    )
    weights = np.ones(len(labels))
    weights[rows] = picture_weights(labels[rows], len(classifier.classes), class_weight=given)
    x = seen.projected(standardize(seen.numbers(dataset.images[drawn]), mean, scale))
    part = "of the training part" if len(dataset.train) else f"of {printable(dataset.source)}"
    return (x, labels[drawn].astype(np.int32), weights[drawn].astype(np.float64)), part


def _lines(each: "Examined", classifier: "Classifier") -> list[str]:
    """What is said of one parameter."""
    place = each.worst
    pair = (
        f"{each.numpy.analytic[place]:.9g} by the walk back, {each.numpy.numerical[place]:.9g} by differences"
    )
    engines = f"relative error {each.numpy.error:.1e} on NumPy"
    if each.xla is not None:
        engines += f", {each.xla.error:.1e} compiled; the two {each.apart:.1e} apart in float32"
    return [
        f"{each.name} {each.shape}, {_counted(len(each.numpy.places), 'place')}: {engines}",
        f"  worst at {_where(each, classifier)}: {pair}",
        f"  {each.sentence}",
    ]


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _where(each: "Examined", classifier: "Classifier") -> str:
    """A number of a parameter in words: the class, and the pixel."""
    index = each.where
    words = f"{each.name}[{', '.join(map(str, index))}]"
    if each.shape[0] != len(classifier.classes):
        return words
    words += f" (class {classifier.classes[index[0]]}"
    frame, sees = classifier.preprocessing.frame, classifier.preprocessing
    if len(index) == 2 and frame is not None and sees.shape == frame.shape and each.shape[1] == sees.features:
        pixel, channel = divmod(index[1], frame.shape[2])
        row, column = divmod(pixel, frame.width)
        color = f", {('red', 'green', 'blue')[channel]}" if frame.shape[2] == 3 else ""
        words += f", row {row}, column {column}{color}"
    return words + ")"


def _conclusion(verdicts: list[str]) -> str:
    if "mistake" in verdicts:
        return "There is a mistake: do not trust what was trained with these gradients."
    if "unclear" in verdicts:
        return "No mistake was found, but one comparison is unclear."
    if "kink" in verdicts:
        return "The gradients are right; a kink explains what differs."
    return "The gradients are right."


def _answer(each: "Examined", classifier: "Classifier") -> dict[str, Any]:
    """What is said of one parameter, as plain numbers."""
    place = each.worst
    numbers = {
        "error": each.numpy.error,
        "error_compiled": None if each.xla is None else each.xla.error,
        "engines_apart": each.apart,
        "analytic": float(each.numpy.analytic[place]),
        "numerical": float(each.numpy.numerical[place]),
    }
    finite = {
        name: number if number is None or abs(number) < float("inf") else str(number)
        for name, number in numbers.items()
    }
    return {
        "shape": list(each.shape),
        "places": len(each.numpy.places),
        "where": list(each.where),
        "where_in_words": _where(each, classifier),
        **finite,
        "verdict": each.verdict,
        "sentence": each.sentence,
    }
