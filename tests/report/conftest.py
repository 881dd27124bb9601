"""A small finished run: seeded data and weights, everything else as in a real one."""

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.inspection.metrics import Evaluation
from pellucid.layers.linear import Linear
from pellucid.models.classifier import Classifier
from pellucid.preprocessing.pipeline import Preprocessing


def evaluate(classifier, dataset, part):
    rows = dataset.part(part).rows
    scores = classifier.scores(dataset.images[rows])
    return Evaluation(
        part, classifier.classes, rows, dataset.labels[rows], scores, classifier.probabilities(scores)
    )


@pytest.fixture
def make_run():
    """Makes the arguments of `write_report` for any number of classes, shape, split and names."""

    def make(
        classes=4, shape=(8, 8, 3), n=120, parts=("train", "validation", "test"), names=None, seed=0, noise=60
    ):
        random = np.random.Generator(np.random.Philox(key=seed))
        size = int(np.prod(shape))
        names = names or tuple(f"class {k}" for k in range(classes))
        labels = np.arange(n, dtype=np.int32) % classes
        means = random.uniform(60, 190, (classes, *shape))
        images = np.clip(means[labels] + random.normal(0, noise, (n, *shape)), 0, 255)
        frame = None
        if len(shape) == 3:
            images, frame = (
                images.astype(np.uint8),
                Frame(shape[0], shape[1], color="rgb" if shape[2] == 3 else "gray"),
            )
        else:
            images = images.astype(np.float32)
        codes = [("train", "validation", "test").index(part) for part in parts]
        split = np.array([codes[(i // classes) % len(codes)] for i in range(n)], np.int8)
        dataset = Dataset(
            "photos", tuple(names), images, labels, [f"photos/all/{i:04d}.jpg" for i in range(n)], split,
            frame=frame, source="photos/",
        )  # fmt: skip
        mean, scale = np.full(size, 125, np.float32), np.full(size, 60, np.float32)
        # The template of a class is its mean picture: not the best classifier, but an honest one.
        weight = ((means.reshape(classes, -1) - 125) / 60 / np.sqrt(size)).astype(np.float32)
        params = {"weight": weight, "bias": np.linspace(-0.2, 0.2, classes).astype(np.float32)}
        classifier = Classifier(
            "softmax", tuple(names), Preprocessing(frame, mean, scale), Linear(size, classes), params, 0.8
        )
        events = [{"event": "started"}] + [
            {
                "event": "epoch",
                "epoch": e,
                "loss": 2 / (e + 1),
                "objective": 2.1 / (e + 1),
                "train_accuracy": 1 - 0.8 / (e + 1),
                "validation_accuracy": 0.9 - 0.8 / (e + 1),
                "validation_loss": 2.2 / (e + 1),
                "learning_rate": 0.01,
                "seconds": 0.1,
            }
            for e in range(6)
        ]
        run = {
            "pellucid": "0.1.0",
            "command": "pellucid train photos/ --model softmax --seed 0",
            "recipe": {"model": "softmax", "learning_rate": 0.01, "class_weight": None, "seed": 0},
            "engine": {"name": "numpy", "why": "small"},
            "versions": {"python": "3.11"},
            "checks": [{"name": "initial loss", "passed": True, "sentence": "as it should be"}],
            "result": {"best_epoch": 4, "stopped": "done", "seconds": {"data": 0.5, "train": 0.6}},
        }
        evaluations = {part: evaluate(classifier, dataset, part) for part in parts}
        return {
            "dataset": dataset, "classifier": classifier, "evaluations": evaluations, "events": events, "run": run,
        }  # fmt: skip

    return make
