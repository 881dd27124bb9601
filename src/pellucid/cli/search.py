"""`pellucid search DATA`: which settings suit these pictures? Random trials, the hopeless ones stopped early."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli import options

_RANGE = "A range LOW:HIGH, several values with commas between, or one."


def search(
    data: options.Data,
    model: Annotated[str, typer.Option(help="One model, or several with commas between.")] = "softmax",
    features: Annotated[
        str | None,
        typer.Option(
            help="What the model sees: one, or several with commas between: pixels,hog:cell=4,hog+color."
        ),
    ] = None,
    trials: Annotated[int, typer.Option(help="How many settings to try, 2 or more.")] = 50,
    learning_rate: Annotated[
        str | None, typer.Option(help=f"{_RANGE} Default: three decades around what train takes.")
    ] = None,
    l2: Annotated[
        str | None, typer.Option("--l2", help=f"Strength λ of ½λ‖W‖². {_RANGE} Default: 1e-6:1e-1.")
    ] = None,
    l1: Annotated[
        str | None, typer.Option("--l1", help=f"Strength λ of λ Σ|W|. {_RANGE} Default: 0.")
    ] = None,
    momentum: Annotated[str | None, typer.Option(help="Values with commas between. Default: 0.9.")] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Values with commas between. Default: that of train.")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="Names with commas between. Default: the model's.")] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="Names with commas between. Default: that of train.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="Names with commas between. Default: that of train.")
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            help="Dashes between the layers, commas between networks: 512-256,1024.",
            rich_help_panel=options.NETWORK,
        ),
    ] = None,
    filters: Annotated[
        str | None, typer.Option(help="Likewise: 32-64,48-96-96-192.", rich_help_panel=options.NETWORK)
    ] = None,
    activation: Annotated[
        str | None, typer.Option(help="Names with commas between.", rich_help_panel=options.NETWORK)
    ] = None,
    dropout: Annotated[
        str | None,
        typer.Option(help="Values with commas between. Default: 0 to 0.5.", rich_help_panel=options.NETWORK),
    ] = None,
    input_dropout: Annotated[
        str | None, typer.Option(help="Values with commas between.", rich_help_panel=options.NETWORK)
    ] = None,
    initialization: Annotated[
        str | None, typer.Option(help="Names with commas between.", rich_help_panel=options.NETWORK)
    ] = None,
    neighbors: Annotated[
        str | None,
        typer.Option(help="Of knn: numbers with commas between.", rich_help_panel=options.NEIGHBORS),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="Of knn: l2, l1, cosine, with commas between.", rich_help_panel=options.NEIGHBORS),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Of knn: uniform, distance, with commas between.", rich_help_panel=options.NEIGHBORS
        ),
    ] = None,
    epochs: options.Epochs = None,
    reduction: Annotated[
        int, typer.Option(help="One trial in so many goes on from each rung; 1 stops none early.")
    ] = 3,
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="Train the best settings to a run in the folder.")
    ] = True,
    output: Annotated[
        Path | None, typer.Option(help="The search's folder. Default: searches/<data>-<model>-<n>.")
    ] = None,
    size: options.Size = None,
    fit: options.Fit = "pad",
    color: options.Color = None,
    augment: options.Augment = None,
    watch: options.Watch = "accuracy",
    class_weight: options.ClassWeight = None,
    engine: options.Engine = "auto",
    seed: options.Seed = 0,
    skip_unreadable: options.SkipUnreadable = False,
    corrections: options.Corrections = None,
    json: options.Json = False,
) -> None:
    """Try many settings at once on validation pictures, and train with the best of them."""
    from pellucid.cli.console import console
    from pellucid.cli.named_numbers import class_weights
    from pellucid.cli.running import load_data
    from pellucid.cli.searching import begin
    from pellucid.search.space import space
    from pellucid.search.study import check_installed
    from pellucid.search.trials import Plan
    from pellucid.training.recipe import Recipe
    from pellucid.training.run import new_run, refuse_taken

    screen = console(json)
    # All that can be known to be wrong is said before the first picture is read.
    refuse_taken(output)
    check_installed()
    features, embeddings = options.embeddings_apart(features)
    first, *others = [name.strip() for name in model.split(",")]
    base = Recipe(
        model=first,
        epochs=epochs,
        watch=watch,
        class_weight=class_weights(class_weight),
        augment=augment,
        seed=seed,
    )
    given = {
        "model": model if others else None, "loss": loss, "l2": l2, "l1": l1, "optimizer": optimizer,
        "learning_rate": learning_rate, "momentum": momentum, "schedule": schedule, "batch_size": batch_size,
        "hidden": hidden, "filters": filters, "activation": activation, "dropout": dropout,
        "input_dropout": input_dropout, "initialization": initialization, "features": features,
        "neighbors": neighbors, "metric": metric, "weights": weights,
    }  # fmt: skip
    tried = space(base, {name: text for name, text in given.items() if text is not None})
    plan = Plan(base, tried, trials, reduction, engine)
    loading: dict[str, Any] = {
        "source": data, "size": size, "fit": fit, "color": color, "seed": seed, "skip_unreadable": skip_unreadable,
        "corrections": corrections, "embeddings": embeddings,
    }  # fmt: skip
    dataset, _ = load_data(screen, loading)
    made_here = output is None or not output.exists()
    folder = new_run(output, dataset.name, "-".join([first, *others]), above="searches")
    begin(screen, dataset, plan, folder, loading, train, json, made_here)
