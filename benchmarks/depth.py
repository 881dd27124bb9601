"""What depth buys, and what shortcuts have to do with it: plain networks and ResNets, the first epochs on CIFAR-10.

The set-up is that of He et al. 2015, "Deep residual learning for image recognition", section 4.2 (momentum 0.9, rate
0.1, batches of 128, λ 1e-4), on few pictures and for few epochs, without augmentation and with one seed: it shows how
learning starts, not how well the networks do in the end. For docs/networks.md.
"""

import argparse
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import kept, table
from benchmarks.subset import subset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000, help="to learn from")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--width", type=int, default=8, help="filters of the first stage")
    parser.add_argument("--depths", type=int, nargs="+", default=(20,))
    options = parser.parse_args()
    facts = machine.described()
    dataset = _part(options.pictures)
    trained = {
        f"{'ResNet' if shortcuts else 'plain'}-{depth}": _trained(dataset, depth, shortcuts, options)
        for depth in options.depths
        for shortcuts in (True, False)
    }
    _report(facts, trained, options)


def _part(pictures: int) -> Any:
    """Some training pictures of CIFAR-10 at random, and all validation pictures: the test part is left alone."""
    from pellucid.data.load import load

    dataset = load(machine.cifar10())
    order = np.random.Generator(np.random.Philox(key=0)).permutation(dataset.train.rows)
    rows = np.sort(np.concatenate([order[:pictures], dataset.validation.rows]))
    return subset(dataset, rows)


def _trained(dataset: Any, depth: int, shortcuts: bool, options: Any) -> dict[str, Any]:
    """Loss, accuracy and seconds of each epoch, and the size of the network."""
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    recipe = Recipe(
        model="resnet20",
        network={"depth": depth, "width": options.width, "shortcuts": shortcuts},
        optimizer="momentum",
        learning_rate=0.1,
        schedule="constant",
        batch_size=128,
        l2=1e-4,
        epochs=options.epochs,
    )
    outcome = fit(dataset, recipe, engine="xla", listener=lambda event: print(_shown(event), flush=True))
    epochs = [event for event in outcome.events if event["event"] == "epoch"]
    keys = ("loss", "validation_accuracy")
    parameters = outcome.classifier.model.parameters()
    return {"parameters": parameters} | {key: [epoch[key] for epoch in epochs] for key in keys}


def _shown(event: dict[str, Any]) -> str:
    if event["event"] != "epoch":
        return event["event"]
    return f"epoch {event['epoch']}: loss {event['loss']:.3f}, validation {event['validation_accuracy']:.3f}"


def _report(facts: dict[str, Any], trained: dict[str, dict[str, Any]], options: Any) -> None:
    head = [
        "network",
        "parameters",
        "training loss, epoch 1",
        f"epoch {options.epochs}",
        "validation, best epoch",
    ]
    rows = [
        [
            name,
            f"{one['parameters']:,}",
            f"{one['loss'][0]:.3f}",
            f"{one['loss'][-1]:.3f}",
            f"{100 * max(one['validation_accuracy']):.1f} %",
        ]
        for name, one in trained.items()
    ]
    body = "\n".join(
        [
            f"CIFAR-10, {options.pictures:,} pictures to learn from and 5,000 to validate with, {options.epochs} "
            f"epochs, one seed, no augmentation; {options.width} filters in the first stage; momentum 0.9, rate 0.1, "
            "batches of 128, λ 1e-4.",
            "",
            table(head, rows),
        ]
    )
    settings = {"pictures": options.pictures, "epochs": options.epochs, "width": options.width}
    kept("depth", facts, "What depth buys", body, {"settings": settings, "trained": trained})


if __name__ == "__main__":
    main()
