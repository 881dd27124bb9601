"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DATA, MODEL, OBJECTIVE, STEPS, STOP, OUTPUT = "Data", "Model", "Objective", "Steps", "When to stop", "Output"
NETWORK, NEIGHBORS = "Network", "Nearest neighbors"
"""The panels of `--help`."""

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of class folders, a .csv of file name and label, CIFAR binary, IDX, .npz, a "
        ".csv of numbers, or a name: digits, mnist, fashion-mnist, cifar10, cifar100.",
    ),
]
Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, or one that holds a model.json.")
]


def embeddings_apart(features: str | None) -> tuple[str | None, str | None]:
    """What `--features` names, and the .npy file of embeddings that it names instead."""
    if features is None or not features.strip().lower().endswith(".npy"):
        return features, None
    return None, features.strip()


Embeddings = Annotated[
    Path | None,
    typer.Option(
        "--features",
        metavar="EMBEDDINGS.npy",
        help="The embeddings (N, D) of these pictures, for a model that was trained on such.",
        rich_help_panel=DATA,
    ),
]
Hidden = Annotated[
    str | None,
    typer.Option(metavar="UNITS,…", help="Units of each hidden layer, as 512,256.", rich_help_panel=NETWORK),
]
Filters = Annotated[
    str | None,
    typer.Option(metavar="FILTERS,…", help="Filters of each convolution.", rich_help_panel=NETWORK),
]
Neighbors = Annotated[
    int | None,
    typer.Option(
        help="How many of the nearest training pictures vote. Default: what does best on validation pictures.",
        rich_help_panel=NEIGHBORS,
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(help="How far apart pictures are: l2 (default), l1, cosine.", rich_help_panel=NEIGHBORS),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="uniform (default): each has one vote; distance: the nearer the more.", rich_help_panel=NEIGHBORS
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        help="Height and width the model sees, in pixels. Default: 32 for picture files, else as they are.",
        rich_help_panel=DATA,
    ),
]
Fit = Annotated[
    str,
    typer.Option(help="How other proportions are brought to it: pad, crop or stretch.", rich_help_panel=DATA),
]
Color = Annotated[
    str | None,
    typer.Option(help="rgb or gray. Default: rgb for picture files, else as they are.", rich_help_panel=DATA),
]
Augment = Annotated[
    str | None,
    typer.Option(
        metavar="HOW,…",
        help="Change the pictures of each step at random: flip, shift, jitter, cutout, mixup; settings behind a "
        "colon: flip,shift:pixels=4.",
        rich_help_panel=DATA,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        help="Decides the split and the order of the pictures: the same seed gives the same result.",
        rich_help_panel=STEPS,
    ),
]
SkipUnreadable = Annotated[
    bool,
    typer.Option(
        "--skip-unreadable",
        help="Go on without the pictures that cannot be read; they are listed.",
        rich_help_panel=DATA,
    ),
]
Corrections = Annotated[
    str | None,
    typer.Option(
        metavar="FILE.csv",
        help="Pictures to relabel or to leave out, as `pellucid data DATA --suspects` lists them; your files stay as "
        "they are.",
        rich_help_panel=DATA,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print one JSON object as the last line; everything else goes to stderr.",
        rich_help_panel=OUTPUT,
    ),
]
Engine = Annotated[str, typer.Option(help="auto, numpy or xla.", rich_help_panel=OUTPUT)]
L2 = Annotated[
    str | None,
    typer.Option(
        "--l2",
        metavar="λ",
        help="Strength of the penalty ½λ‖W‖², or LAYER=λ,LAYER=λ. Default: chosen for the model.",
        rich_help_panel=OBJECTIVE,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="How often every picture is visited. Default: 40, more for few pictures.", rich_help_panel=STEPS
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(help="Pictures a step. Default: 16 to 256, by how many there are.", rich_help_panel=STEPS),
]
LearningRate = Annotated[
    str | None,
    typer.Option(
        metavar="η|find",
        help='The highest learning rate; "find" tries them out first. Default: from the largest curvature.',
        rich_help_panel=STEPS,
    ),
]
ClassWeight = Annotated[
    str | None,
    typer.Option(
        metavar="WEIGHTS",
        help='"balanced": every class counts the same, however many pictures it has; or CLASS=WEIGHT,CLASS=WEIGHT.',
        rich_help_panel=OBJECTIVE,
    ),
]
Watch = Annotated[
    str,
    typer.Option(
        help="What is best on validation: accuracy, balanced-accuracy, f1 or loss.", rich_help_panel=STOP
    ),
]
