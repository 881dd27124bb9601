"""`pellucid train DATA`: from pictures to a classifier, its accuracy, its mistakes and its reasons."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli import options


def train(
    data: options.Data,
    model: Annotated[
        str | None, typer.Option(help="softmax or svm. Default: softmax; with --from, that of the run.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The run's folder. Default: runs/<data>-<model>-<n>.")
    ] = None,
    size: options.Size = None,
    fit: options.Fit = "pad",
    color: options.Color = None,
    l2: options.L2 = None,
    epochs: options.Epochs = None,
    learning_rate: options.LearningRate = None,
    batch_size: options.BatchSize = None,
    momentum: Annotated[
        float, typer.Option(help="Share of the speed that a step keeps, 0 to below 1.")
    ] = 0.9,
    schedule: Annotated[
        str,
        typer.Option(
            help="How the learning rate changes: constant, cosine, step, exponential, inverse-time, warm-up, one-cycle."
        ),
    ] = "cosine",
    patience: Annotated[
        int | None, typer.Option(help="Stop after this many epochs without a better validation result.")
    ] = None,
    watch: options.Watch = "accuracy",
    class_weight: options.ClassWeight = None,
    engine: options.Engine = "auto",
    seed: options.Seed = 0,
    start: Annotated[Path | None, typer.Option("--from", help="Start from the weights of this run.")] = None,
    skip_unreadable: options.SkipUnreadable = False,
    json: options.Json = False,
) -> None:
    """Train a classifier; write a run: model, verdicts, report."""
    from pellucid.cli.console import console
    from pellucid.cli.running import load_data, train_and_report
    from pellucid.models.model_file import load_model
    from pellucid.training.engine import check_name
    from pellucid.training.recipe import Recipe
    from pellucid.training.run import new_run, refuse_taken

    screen = console(json)
    # All that can be known to be wrong is said before the first picture is read.
    refuse_taken(output)
    check_name(engine)
    start_from = load_model(start) if start else None
    if start_from is not None:
        model = model or start_from.kind
    recipe = Recipe(
        model=model or "softmax", l2=l2, learning_rate=learning_rate, batch_size=batch_size, epochs=epochs,
        momentum=momentum, schedule=schedule, patience=patience, watch=watch, class_weight=class_weight, seed=seed,
    )  # fmt: skip
    loading: dict[str, Any] = {
        "source": data,
        "size": size,
        "fit": fit,
        "color": color,
        "seed": seed,
        "skip_unreadable": skip_unreadable,
    }
    frame = start_from.preprocessing.frame if start_from else None
    if frame is not None and size is color is None and fit == "pad":
        loading |= {"size": (frame.height, frame.width), "fit": frame.fit, "color": frame.color}
    dataset, seconds = load_data(screen, loading)
    made_here = output is None or not output.exists()
    folder = new_run(output, dataset.name, recipe.model)
    train_and_report(screen, dataset, recipe, folder, engine, start_from, loading, seconds, json, made_here)
