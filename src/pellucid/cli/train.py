"""`pellucid train DATA`: from pictures to a classifier, its accuracy, its mistakes and its reasons."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli import options


def train(
    data: options.Data,
    size: options.Size = None,
    fit: options.Fit = "pad",
    color: options.Color = None,
    skip_unreadable: options.SkipUnreadable = False,
    corrections: options.Corrections = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="nearest-mean, knn; softmax, svm, logistic, perceptron, averaged-perceptron; mlp, maxout, convnet, "
            "googlenet, resnet20 (32, 44, 56, 110). Default: softmax; with --from, its.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--from", help="Start from the weights of this run.", rich_help_panel=options.MODEL),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="What the model sees: pixels, pca:components=300,floor=10, zca, or what is measured: hog, color, "
            "thumbnail, with + between. Default: pixels; pca for mlp and maxout.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    augment: options.Augment = None,
    test_time_flips: Annotated[
        bool,
        typer.Option(
            "--test-time-flips",
            help="Score the mean of each picture and its mirror image.",
            rich_help_panel=options.MODEL,
        ),
    ] = False,
    refuse: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Let it say none of these where it is unsure, or has seen nothing alike: of at most this share of "
            "right verdicts, such as 0.05.",
            rich_help_panel=options.MODEL,
        ),
    ] = None,
    others: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures of none of the classes, with --refuse: how many of them it accepts is told.",
            rich_help_panel=options.DATA,
        ),
    ] = None,
    neighbors: options.Neighbors = None,
    metric: options.Metric = None,
    weights: options.Weights = None,
    hidden: options.Hidden = None,
    filters: options.Filters = None,
    activation: Annotated[
        str | None,
        typer.Option(
            help="What bends each unit's sum: relu, tanh, sigmoid, …", rich_help_panel=options.NETWORK
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(help="Share of the units switched off in each step.", rich_help_panel=options.NETWORK),
    ] = None,
    input_dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of the features switched off in each step.", rich_help_panel=options.NETWORK
        ),
    ] = None,
    batch_norm: Annotated[
        bool | None,
        typer.Option(
            "--batch-norm/--no-batch-norm",
            help="Normalize sums over the minibatch.",
            rich_help_panel=options.NETWORK,
        ),
    ] = None,
    initialization: Annotated[
        str | None,
        typer.Option(
            help="Where weights begin: he, glorot, gaussian, zeros.", rich_help_panel=options.NETWORK
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="Another loss than the model's own, such as structured-hinge.",
            rich_help_panel=options.OBJECTIVE,
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option(help="The margin Δ of a hinge.", rich_help_panel=options.OBJECTIVE)
    ] = 1.0,
    label_smoothing: Annotated[
        float | None,
        typer.Option(
            help="Share ε of softmax's target that goes to all classes evenly. Default: 0; of mlp, maxout and convnet "
            "0.1.",
            rich_help_panel=options.OBJECTIVE,
        ),
    ] = None,
    l2: options.L2 = None,
    l1: Annotated[
        str | None,
        typer.Option(
            "--l1",
            metavar="λ",
            help="Strength of the penalty λ Σ|W|, which makes weights 0; or LAYER=λ,LAYER=λ.",
            rich_help_panel=options.OBJECTIVE,
        ),
    ] = None,
    penalize_biases: Annotated[
        bool,
        typer.Option(
            "--penalize-biases",
            help="Let --l2 and --l1 count biases as weights.",
            rich_help_panel=options.OBJECTIVE,
        ),
    ] = False,
    class_weight: options.ClassWeight = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            help="sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lbfgs, preconditioned-lbfgs; "
            "settings behind a colon: adam:first_decay=0.95. Default: nesterov.",
            rich_help_panel=options.STEPS,
        ),
    ] = None,
    learning_rate: options.LearningRate = None,
    momentum: Annotated[
        float | None,
        typer.Option(
            help="Share of the speed that a step keeps, 0 to below 1. Default: 0.9.",
            rich_help_panel=options.STEPS,
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="How the learning rate changes: constant, cosine, step, exponential, inverse-time, warm-up, "
            "one-cycle; settings behind a colon: cosine:last=0.01. Default: cosine.",
            rich_help_panel=options.STEPS,
        ),
    ] = None,
    clip: Annotated[
        float | None,
        typer.Option(
            help="Shorten gradients whose norm, all together, is above this.", rich_help_panel=options.STEPS
        ),
    ] = None,
    batch_size: options.BatchSize = None,
    sampling: Annotated[
        str,
        typer.Option(
            help="shuffled: every picture once an epoch; balanced: every class equally often.",
            rich_help_panel=options.STEPS,
        ),
    ] = "shuffled",
    epochs: options.Epochs = None,
    seed: options.Seed = 0,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after this many epochs without a better validation result.",
            rich_help_panel=options.STOP,
        ),
    ] = None,
    watch: options.Watch = "accuracy",
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="Stop when three epochs in a row lower the objective by less than this share.",
            rich_help_panel=options.STOP,
        ),
    ] = None,
    gradient_norm: Annotated[
        float | None,
        typer.Option(
            help="Stop when the gradient over all pictures is no longer than this.",
            rich_help_panel=options.STOP,
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(help="Stop after so many seconds of training.", rich_help_panel=options.STOP),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The run's folder. Default: runs/<data>-<model>-<n>.", rich_help_panel=options.OUTPUT
        ),
    ] = None,
    engine: options.Engine = "auto",
    json: options.Json = False,
) -> None:
    """Train a classifier; write a run: model, verdicts, report."""
    from pellucid.cli.console import console
    from pellucid.cli.named_numbers import class_weights, number_or_named, number_or_word, whole_numbers
    from pellucid.cli.others import check_others, check_pictures
    from pellucid.cli.running import load_data, train_and_report
    from pellucid.models.model_file import load_model
    from pellucid.preprocessing.features import size_wanted
    from pellucid.training.engine import check_name
    from pellucid.training.recipe import Recipe
    from pellucid.training.run import new_run, refuse_taken

    screen = console(json)
    # All that can be known to be wrong is said before the first picture is read.
    refuse_taken(output)
    check_name(engine)
    features, embeddings = options.embeddings_apart(features)
    start_from = load_model(start) if start else None
    if start_from is not None:
        model = start_from.kind if model is None else model
    network = {
        "hidden": whole_numbers("--hidden", hidden), "filters": whole_numbers("--filters", filters),
        "activation": activation, "dropout": dropout, "input_dropout": input_dropout, "batch_norm": batch_norm,
        "initialization": initialization,
    }  # fmt: skip
    recipe = Recipe(
        network={name: value for name, value in network.items() if value is not None},
        model="softmax" if model is None else model, loss=loss, margin=margin, label_smoothing=label_smoothing,
        l2=number_or_named("--l2", l2), l1=number_or_named("--l1", l1) or 0.0, penalize_biases=penalize_biases,
        optimizer=optimizer, learning_rate=number_or_word("--learning-rate", learning_rate, "find"),
        momentum=momentum, schedule=schedule, clip=clip, batch_size=batch_size, sampling=sampling, epochs=epochs,
        patience=patience, tolerance=tolerance, gradient_norm=gradient_norm, time_limit=time_limit, watch=watch,
        class_weight=class_weights(class_weight), features=features, augment=augment,
        test_time_flips=test_time_flips, refuse=refuse, neighbors=neighbors,
        metric=metric, weights=weights, seed=seed,
    )  # fmt: skip
    check_others(others, refuse is not None)
    loading: dict[str, Any] = {
        "source": data,
        "size": size_wanted(features) if size is None else size,
        "fit": fit,
        "color": color,
        "seed": seed,
        "skip_unreadable": skip_unreadable,
        "corrections": corrections,
        "embeddings": embeddings,
    }
    frame = start_from.preprocessing.frame if start_from else None
    if frame is not None and size is color is None and fit == "pad":
        loading |= {"size": (frame.height, frame.width), "fit": frame.fit, "color": frame.color}
    dataset, seconds = load_data(screen, loading)
    check_pictures(others, dataset)
    made_here = output is None or not output.exists()
    folder = new_run(output, dataset.name, recipe.model)
    train_and_report(
        screen, dataset, recipe, folder, engine, start_from, loading, seconds, json, made_here, others
    )
