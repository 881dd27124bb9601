"""ResNet-20 and GoogLeNet on a GPU: trained to their accuracy on CIFAR-10, and the speed of a step beside PyTorch's.

python -m benchmarks.on_gpu                      both networks: training, then steps in turns with PyTorch
python -m benchmarks.on_gpu --networks resnet20 --minutes 9

Both are trained by the same recipe, that of He et al. 2016, section 4.2, with a one-cycle rate so that fewer epochs do:
Nesterov's momentum, shifts and mirror images, no weight decay on biases. Pictures are carried as uint8 and standardized
in the step. It is timed as `pellucid train` runs it, in float32, whose convolutions a GPU computes in TF32; PyTorch is
allowed TF32 as well, and once bfloat16, compiled and with channels last.
"""

import argparse
import time
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, span, spread, table, verdict
from benchmarks.subset import subset

RECIPE: dict[str, Any] = {
    "optimizer": "nesterov",
    "schedule": "one-cycle",
    "learning_rate": 0.4,
    "batch_size": 512,
    "l2": 5e-4,
    "augment": "flip,shift",
}
EPOCHS = {"resnet20": 100, "googlenet": 40}
WANTED = {"resnet20": 0.91, "googlenet": 0.92}
STEPS, RATE, SEED = 20, 0.01, 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", choices=list(WANTED), default=list(WANTED))
    parser.add_argument("--minutes", type=float, help="of a training at most; by default to its last epoch")
    parser.add_argument("--epochs", type=int, help="instead of 100 and 40")
    parser.add_argument(
        "--pictures", type=int, help="take only so many, to try the script out: nothing is kept"
    )
    parser.add_argument("--repetitions", type=int, default=10)
    options = parser.parse_args()
    facts = machine.described() | {"device": _device()}
    dataset = _pictures(options.pictures)
    found = {}
    for name in options.networks:
        found[name] = {"training": _trained(dataset, name, options), "steps": _steps(dataset, name, options)}
        _report(facts, found, dataset, write=options.pictures is None)


def _device() -> str:
    from pellucid.arrays.compile import device_description

    return device_description()


def _pictures(count: int | None) -> Any:
    """CIFAR-10 with all of its training pictures in the training part."""
    from pellucid.data.load import load

    dataset = load(machine.cifar10())
    dataset = dataset.with_split(np.where(dataset.split == 1, 0, dataset.split))
    if count is None:
        return dataset
    rows = np.random.Generator(np.random.Philox(key=SEED)).permutation(len(dataset))[:count]
    return subset(dataset, rows)


def _trained(dataset: Any, name: str, options: argparse.Namespace) -> dict[str, Any]:
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    recipe = Recipe(
        model=name,
        seed=SEED,
        epochs=options.epochs or EPOCHS[name],
        time_limit=options.minutes and 60 * options.minutes,
        **RECIPE,
    )
    began = time.perf_counter()
    outcome = fit(dataset, recipe, engine="xla", listener=_said)
    result = outcome.run["result"]
    return {
        "test": result["accuracy"]["test"],
        "epochs": result["epochs"],
        "stopped": result["stopped"],
        "seconds": result["seconds"],
        "whole_seconds": time.perf_counter() - began,
        "recipe": outcome.run["recipe"],
    }


def _said(event: dict[str, Any]) -> None:
    if event["event"] == "epoch":
        print(f"epoch {event['epoch']}: loss {event['loss']:.3f}, {event['seconds']:.2f} s", flush=True)


def _steps(dataset: Any, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of a step, in turns: minibatches drawn, standardized and learned from; nothing augmented."""
    from pellucid.training.recipe import Recipe
    from pellucid.training.session import prepared

    plain = {
        **RECIPE,
        "augment": None,
        "l2": 0.0,
        "batch_size": min(RECIPE["batch_size"], len(dataset.train)),
    }
    session = prepared(dataset, Recipe(model=name, epochs=1, seed=SEED, **plain), engine="xla")
    contenders = {"pellucid": _Ours(session)}
    for words in ((), ("compiled",), ("compiled", "bfloat16")):
        peer = _Peer(session, *words)
        contenders[" ".join(("PyTorch", *(words or ("eager",))))] = peer
    for each in contenders.values():
        each.run()
    seconds = in_turns({key: each.run for key, each in contenders.items()}, options.repetitions, True)
    return {
        key: spread([second / STEPS for second in all_of_it]) | {"loss": contenders[key].loss}
        for key, all_of_it in seconds.items()
    }


def _drawn(stream: np.random.Generator, session: Any) -> np.ndarray:
    return np.resize(stream.permutation(session.dataset.train.rows), STEPS * session.recipe.batch_size)


class _Ours:
    def __init__(self, session: Any) -> None:
        self.session, self.state, self.loss = session, session.start_state(), float("nan")
        self.stream = np.random.Generator(np.random.Philox(key=SEED))

    def run(self) -> None:
        order, rates = _drawn(self.stream, self.session).astype(np.int32), np.full(STEPS, RATE, np.float32)
        self.state, losses, _ = self.session.engine.steps(
            self.state, order, self.session.recipe.batch_size, rates
        )
        self.loss = float(losses.mean())


class _Peer:
    """The same network in PyTorch, from the same weights, on the same minibatches."""

    def __init__(self, session: Any, *words: str) -> None:
        import torch

        from benchmarks.torch_networks import Peer

        self.session, self.torch, self.loss = session, torch, float("nan")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        shape, seen = session.dataset.images.shape[1:], session.preprocessing
        model = Peer(session.recipe.model, session.start_params, shape).model
        self.model = model.to(self.device, memory_format=torch.channels_last).train()
        self.pictures = torch.from_numpy(np.ascontiguousarray(session.dataset.images)).to(self.device)
        self.labels = torch.from_numpy(session.dataset.labels.astype(np.int64)).to(self.device)
        self.mean, self.scale = (
            torch.from_numpy(np.ascontiguousarray(each)).reshape(shape).to(self.device)
            for each in (seen.mean, seen.scale)
        )
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=RATE, momentum=0.9, nesterov=True, fused=True
        )
        self.half = "bfloat16" in words
        self.objective = (
            torch.compile(self._objective, dynamic=False) if "compiled" in words else self._objective
        )
        self.stream = np.random.Generator(np.random.Philox(key=SEED))

    def run(self) -> None:
        torch, size = self.torch, self.session.recipe.batch_size
        order = torch.from_numpy(_drawn(self.stream, self.session).astype(np.int64)).to(self.device)
        losses = []
        for first in range(0, len(order), size):
            rows = order[first : first + size]
            self.optimizer.zero_grad()
            loss = self.objective(self.pictures.index_select(0, rows), self.labels.index_select(0, rows))
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
        self.loss = float(torch.stack(losses).mean())  # waits for the device

    def _objective(self, pictures: Any, labels: Any) -> Any:
        torch = self.torch
        x = ((pictures.float() - self.mean) / self.scale).permute(0, 3, 1, 2)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            scores = self.model(x.contiguous(memory_format=torch.channels_last))
        return torch.nn.functional.cross_entropy(scores.float(), labels)


def _report(facts: dict[str, Any], found: dict[str, Any], dataset: Any, write: bool) -> None:
    trainings, steps, verdicts = [], [], []
    for name, one in found.items():
        training, timed = one["training"], one["steps"]
        trainings.append(
            [
                name,
                f"{100 * training['test']:.2f} %",
                str(training["epochs"]),
                f"{training['seconds']['train']:.0f} s",
                f"{training['seconds']['compile']:.0f} s",
                f"{training['whole_seconds']:.0f} s",
            ]
        )
        verdicts.append(
            f"- {name}, test accuracy: {verdict(100 * training['test'], 100 * WANTED[name], True, ' %')}"
        )
        ours = timed["pellucid"]["median"]
        for key, each in timed.items():
            pictures = training["recipe"]["batch_size"] / each["median"]
            steps.append(
                [
                    name if key == "pellucid" else "",
                    key,
                    span(each),
                    f"{pictures:,.0f}",
                    f"{each['median'] / ours:.2f}",
                    f"{each['loss']:.3f}",
                ]
            )
    body = "\n".join(
        [
            f"{facts['device']}. {len(dataset.train):,} training pictures, one seed, batches of "
            f"{RECIPE['batch_size']}; the last weights, measured once on the test part.",
            "",
            table(["network", "test", "epochs", "training", "compiling", "all of it"], trainings),
            "",
            table(
                [
                    "network",
                    "who",
                    "one step: median (least to most)",
                    "pictures a second",
                    "× pellucid",
                    "loss",
                ],
                steps,
            ),
            "",
            *verdicts,
        ]
    )
    if write:
        kept("on_gpu", facts, "Deep networks on a GPU", body, {"found": found})
    else:
        print(body)


if __name__ == "__main__":
    main()
