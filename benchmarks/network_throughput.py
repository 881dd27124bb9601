"""How fast networks train on CIFAR-10: pellucid, PyTorch eager and compiled, scikit-learn's MLPClassifier.

All begin with the same weights and make the same steps of Nesterov's momentum at the same rate on minibatches of the
same pictures, so that the losses of their last steps can be held against each other. A timing is a stretch of steps,
the drawing of minibatches included; the contenders take turns. What other processes take of the cores is watched, and a
timing in which they took more than a twentieth is made again.
"""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import FOLDER, in_turns, kept, shown, spread, table, verdict
from benchmarks.torch_training import MOMENTUM, RATE, SEED, Contest, Torch, drawn

OURS, SCIKIT = "pellucid", "scikit-learn"


_PLAIN: dict[str, Any] = {"batch_norm": False, "dropout": 0.0, "input_dropout": 0.0}
_BOTH: dict[str, Any] = {"batch_norm": True, "dropout": 0.5, "input_dropout": 0.0}
CONTESTS = {
    contest.name: contest
    for contest in (
        Contest("3072-100-10, batch 64", "mlp", {"hidden": (100,), **_PLAIN}, 64, 100, 2.4, scikit=True),
        Contest("3072-100-10, batch 256", "mlp", {"hidden": (100,), **_PLAIN}, 256, 50, 2.4, scikit=True),
        Contest("3072-1024-10, batch 256", "mlp", {"hidden": (1024,), **_PLAIN}, 256, 10, 2.2, 0.75, True),
        Contest("3072-100-10 with both, batch 64", "mlp", {"hidden": (100,), **_BOTH}, 64, 100, 2.4),
        Contest("3072-100-10 with both, batch 256", "mlp", {"hidden": (100,), **_BOTH}, 256, 50, 2.4),
        Contest("3072-1024-10 with both, batch 256", "mlp", {"hidden": (1024,), **_BOTH}, 256, 10, 2.2),
        Contest("convnet, batch 128", "convnet", {}, 128, 4, 0.8),
    )
}


class Pellucid:
    """The engine that `pellucid train` runs, at a rate that stays: a chunk of steps is one program."""

    def __init__(self, contest: Contest, pictures: np.ndarray, labels: np.ndarray) -> None:
        from pellucid.arrays import random
        from pellucid.losses import softmax_cross_entropy
        from pellucid.models import convnet, mlp
        from pellucid.optimizers.descent import Momentum, start
        from pellucid.preprocessing.standardize import moments
        from pellucid.training.engine import Compiled, Supply
        from pellucid.training.step import Task

        make = {"mlp": mlp.MLP, "convnet": convnet.ConvNet}[contest.network]
        layers = make(**contest.settings).layers(pictures.shape[1:], 10)
        self.mean, self.scale = moments(pictures, np.arange(len(pictures)))
        optimizer = Momentum(MOMENTUM, nesterov=True)
        self.params, _ = layers.init(random.key(SEED))
        task = Task(layers, softmax_cross_entropy, optimizer, {}, random.key(SEED))
        weights = np.ones(len(labels), np.float32)
        self.engine = Compiled(
            task, Supply(pictures, labels.astype(np.int32), weights, self.mean, self.scale)
        )
        self.state = {"params": self.params, "optimizer": start(optimizer, self.params), "t": np.int32(0)}
        self.contest = contest
        self.losses: list[float] = []
        shape = pictures.shape[1:] if contest.network == "convnet" else (len(self.mean),)
        self.multiply_adds = layers.multiply_adds(shape)
        # The layer that sees the pictures: nobody needs their gradient.
        inputs = layers.inputs(shape).items()
        self.first = next(filter(None, (layers.named[name].multiply_adds(seen) for name, seen in inputs)))
        self.stream, self.rows = np.random.Generator(np.random.Philox(key=SEED)), len(labels)

    def run(self) -> None:
        contest = self.contest
        order = drawn(self.stream, self.rows, contest)
        rates = np.full(contest.steps, RATE, np.float32)
        self.state, losses, _ = self.engine.steps(self.state, order, contest.batch, rates)
        self.losses.append(float(losses.mean()))


class Scikit:
    """MLPClassifier on standardized pictures. It draws its own weights and minibatches."""

    def __init__(self, ours: Pellucid, pictures: np.ndarray, labels: np.ndarray) -> None:
        from sklearn.neural_network import MLPClassifier

        contest = ours.contest
        count = contest.batch * contest.steps
        self.x = (pictures.reshape(len(pictures), -1) - ours.mean) / ours.scale
        self.losses: list[float] = []
        self.y, self.count = labels, count
        self.model = MLPClassifier(
            contest.settings["hidden"], solver="sgd", alpha=0, batch_size=contest.batch,
            learning_rate_init=RATE, momentum=MOMENTUM, random_state=SEED,
        )  # fmt: skip

    def run(self) -> None:
        first = len(self.losses) * self.count % (len(self.y) - self.count)
        part = slice(first, first + self.count)
        self.model.partial_fit(self.x[part], self.y[part], classes=np.arange(10))
        self.losses.append(float(self.model.loss_))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--only", nargs="*", choices=list(CONTESTS), help="the others keep the numbers they had"
    )
    options = parser.parse_args()
    facts, (pictures, labels) = machine.described(), _pictures()
    measured = _before() if options.only else {}
    peaks = machine.peaks()
    for name in options.only or CONTESTS:
        measured[name] = _measured(CONTESTS[name], pictures, labels, options.repetitions)
        measured[name]["peak"] = max(peaks.values())
        _report(facts, {name: measured[name] for name in CONTESTS if name in measured})


def _pictures() -> tuple[np.ndarray, np.ndarray]:
    from pellucid.data.load import load

    train = load(machine.cifar10()).train
    return np.ascontiguousarray(train.images), train.labels


def _before() -> dict[str, Any]:
    import json

    path = FOLDER / "network_throughput.json"
    return json.loads(path.read_text("utf-8"))["measured"] if path.exists() else {}


def _measured(contest: Contest, pictures: np.ndarray, labels: np.ndarray, repetitions: int) -> dict[str, Any]:
    """Seconds a step of each contender, its loss, and the operations of a step."""
    ours = Pellucid(contest, pictures, labels)
    contenders: dict[str, Any] = {OURS: ours}
    layouts = ("last", "first") if contest.network == "convnet" else ("",)
    ways = [
        (form, engine, layout)
        for form in (("float32",) if contest.network == "convnet" else ("float32", "uint8"))
        for engine in ("eager", "compiled")
        for layout in layouts
    ]
    import torch

    flat = {"uint8": torch.from_numpy(pictures.reshape(len(pictures), -1))}
    flat["float32"] = (flat["uint8"].float() - torch.from_numpy(ours.mean)) / torch.from_numpy(ours.scale)
    failed = {}
    for way in ways:
        name = "PyTorch " + ", ".join(word for word in way if word)
        try:
            contenders[name] = Torch(ours, flat[way[0]], labels, *way)
            contenders[name].run()  # torch.compile works, or not, at the first call
        except Exception as error:
            contenders.pop(name, None)
            failed[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    if contest.scikit:
        contenders[SCIKIT] = Scikit(ours, pictures, labels)
        contenders[SCIKIT].run()
    ours.run()
    seconds = in_turns({name: each.run for name, each in contenders.items()}, repetitions, True, alone=True)
    # One that was disturbed made a timing again, and is some steps ahead.
    stretches = min(len(each.losses) for each in contenders.values())
    found = {
        name: spread([second / contest.steps for second in all_of_it])
        | {"loss": contenders[name].losses[stretches - 1]}
        for name, all_of_it in seconds.items()
    }
    # A multiplication and an addition for the value, the weights' gradient and, but for the pictures', the inputs'.
    operations = 2 * contest.batch * (3 * ours.multiply_adds - ours.first)
    return {"contenders": found, "operations": operations, "failed": failed}


def _best(contenders: dict[str, Any], key: Callable[[str], bool]) -> str:
    return min(filter(key, contenders), key=lambda name: contenders[name]["median"])


def _report(facts: dict[str, Any], measured: dict[str, Any]) -> None:
    rows, verdicts, ratios = [], [], {}
    # Where others held a part of the cores it came out too low.
    peak = max(found["peak"] for found in measured.values())
    for name, found in measured.items():
        contenders, contest = found["contenders"], CONTESTS[name]
        eager = _best(contenders, lambda each: "eager" in each)
        others = [each for each in contenders if "compiled" in each]
        chosen = [OURS, eager] + ([_best(contenders, lambda each: "compiled" in each)] if others else [])
        best = _best(contenders, lambda each: "PyTorch" in each)
        ours = contenders[OURS]
        ratio = contenders[best]["median"] / ours["median"]
        share = found["operations"] / ours["median"] / peak
        ratios[name] = {
            "best": best,
            "ratio": ratio,
            "fastest": contenders[best]["min"] / ours["min"],
            "share": share,
        }
        for each in [*chosen, *([SCIKIT] if SCIKIT in contenders else [])]:
            m = contenders[each]
            rows.append(
                [
                    name if each == OURS else "", each,
                    f"{shown(m['median'])} ({shown(m['min'])} to {shown(m['max'])}; n = {m['repetitions']})",
                    f"{contest.batch / m['median']:,.0f}", f"{m['median'] / ours['median']:.2f}",
                    f"{100 * found['operations'] / m['median'] / peak:.0f} %", f"{m['loss']:.3f}",
                ]
            )  # fmt: skip
        verdicts.append(
            f"- {name}, against {best}: {verdict(ratio, contest.ratio, True, ' ×')}; by the fastest timing of each "
            f"{ratios[name]['fastest']:.2f} ×"
        )
        if contest.share:
            verdicts.append(f"- {name}, of the peak: {verdict(100 * share, 100 * contest.share, True, ' %')}")
        if found["peak"] < 0.8 * peak:
            verdicts.append(
                f"- {name}: the peak beside it was {found['peak'] / 1e9:.0f} of {peak / 1e9:.0f} GFLOP/s, so others "
                "held a part of the cores while this was timed"
            )
        verdicts += [f"- {name}: {each} does not work here: {why}" for each, why in found["failed"].items()]
    head = [
        "network",
        "who",
        "one step: median (least to most)",
        "pictures a second",
        "× pellucid",
        "of peak",
        "loss",
    ]
    body = "\n".join(
        [
            "CIFAR-10, float32, Nesterov's momentum, the same start and the same minibatches (scikit-learn draws its "
            "own). PyTorch was tried on standardized float32 and on uint8 pictures, the convnet on float32 in both "
            "layouts; the fastest eager and the fastest compiled are shown. “Both”: batch normalization and dropout "
            "0.5. The peak is the better of NumPy's and XLA's 4096³ product; the loss is the mean over the last "
            "stretch of steps that all have made.",
            "",
            table(head, rows),
            "",
            *verdicts,
        ]
    )
    kept("network_throughput", facts, "Training networks", body, {"measured": measured, "ratios": ratios})


if __name__ == "__main__":
    main()
