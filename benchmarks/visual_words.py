"""Visual words: how fast pictures are encoded, how fast words are learned, and what the whole job takes.

python -m benchmarks.visual_words                         all of it, about 20 minutes on 2 quiet cores
python -m benchmarks.visual_words --parts encoding        about 3 minutes

- encoding: 1,600 words, patches of 6 × 6 at every place of CIFAR-10's pictures, against the product of patches of 108
  numbers with so many words alone, in the fastest of several forms, and against the machine's peak; words compare
  components=54 of these numbers unless told otherwise, so both are measured;
- clustering: k-means of 400,000 whitened patches against scikit-learn's MiniBatchKMeans, on the same patches;
- job: `pellucid train` from the folder of pictures to the accuracy on 10,000 test pictures, in seconds and memory.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.processes import cost, pellucid
from benchmarks.results import FOLDER, in_turns, kept, shown, span, spread, table, verdict

_NAME, _WORDS, _PATCH, _SEEN = "visual_words", 1600, 6, 400_000
_NUMBERS = 3 * _PATCH**2
_ENCODING, _WHOLE = "encoding", f"encoding, components={_NUMBERS}"
_PARTS = ("encoding", "clustering", "job")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=list(_PARTS))
    parser.add_argument("--pictures", type=int, default=2_000, help="to encode")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    path = FOLDER / f"{_NAME}.json"
    parts: dict[str, Any] = json.loads(path.read_text("utf-8"))["parts"] if path.exists() else {}
    for name in options.parts:
        parts[name] = {
            "encoding": lambda: _encoding(options.pictures, options.repetitions),
            "clustering": _clustering,
            "job": _job,
        }[name]()
        kept(_NAME, machine.described(), "Visual words", _body(parts), {"parts": parts})


def _encoding(count: int, repetitions: int) -> dict[str, Any]:
    """Seconds to encode the pictures, with all numbers of a patch and as is the default, and to multiply patches with
    words in several forms."""
    from pellucid.features.patches import patches
    from pellucid.features.visual_words import VisualWords
    from pellucid.preprocessing.measuring import Measured

    pictures = _pictures()
    seen, shape = pictures[:count], pictures.shape[1:]
    contenders: dict[str, Callable[[], Any]] = {}
    for name, components in ((_ENCODING, None), (_WHOLE, _NUMBERS)):
        part = VisualWords(words=_WORDS, patch=_PATCH, patches=40_000, components=components)
        measured = Measured((part.settled(shape, len(pictures)),)).fitted(
            pictures, np.arange(len(pictures)), 0
        )
        contenders[name] = partial(measured.of_many, seen)
        contenders[name]()
    codebook = measured.learned["words.codebook"]
    few = seen[: min(count, 200)]  # 63 MB of patches, again and again
    x = patches(few, _PATCH, 1).reshape(-1, _NUMBERS).astype(np.float32)
    turns = len(seen) // len(few)
    for rows in (108, 243):
        contenders[f"product, NumPy, {rows} rows, a thread a core"] = _product_of_threads(
            x, codebook, rows, turns
        )
    for rows in (378, 729, 1458):
        contenders[f"product, XLA, {rows} rows, two side by side"] = _product_compiled(
            x, codebook, rows, turns
        )
    seconds = in_turns(contenders, repetitions)
    return {
        "pictures": count,
        "flop": 2.0 * _WORDS * _NUMBERS * 27**2 * count,
        "peak": max(machine.peaks().values()),
        "seconds": {name: spread(values) for name, values in seconds.items()},
    }


def _product_of_threads(x: np.ndarray, codebook: np.ndarray, rows: int, turns: int) -> Callable[[], None]:
    from threadpoolctl import threadpool_limits

    cores, words = len(machine.os.sched_getaffinity(0)), np.ascontiguousarray(codebook.T)
    blocks = [x[first : first + rows] for first in range(0, len(x), rows)]

    def multiply(which: int) -> None:
        found = np.empty((rows, len(codebook)), np.float32)
        for _ in range(turns):
            for block in blocks[which::cores]:
                np.matmul(block, words, out=found[: len(block)])

    def product() -> None:
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(cores) as threads:
            list(threads.map(multiply, range(cores)))

    return product


def _product_compiled(x: np.ndarray, codebook: np.ndarray, rows: int, turns: int) -> Callable[[], None]:
    import jax

    from pellucid.arrays.compile import compiled, scan, to_device

    words, start = to_device(codebook.T.copy()), np.zeros((rows, len(codebook)), np.float32)
    blocks = x[: len(x) // (2 * rows) * 2 * rows].reshape(2, -1, rows, _NUMBERS)
    halves = [to_device(half) for half in blocks]
    # The product is the state, so that each has to be made.
    program = compiled(lambda start, blocks, words: scan(lambda _, x: (x @ words, None), start, blocks)[0])

    def multiply(half: Any) -> None:
        for _ in range(turns):
            jax.block_until_ready(program(start, half, words))

    def product() -> None:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(multiply, halves))

    product()
    return product


def _clustering() -> dict[str, Any]:
    """Seconds and inertia of k-means by both, on the same patches."""
    from sklearn.cluster import MiniBatchKMeans

    from pellucid.features.clustering import k_means, nearest
    from pellucid.features.visual_words import VisualWords

    pictures = _pictures()
    part = VisualWords(words=_WORDS, patch=_PATCH, patches=_SEEN).settled(pictures.shape[1:], len(pictures))
    x, _, _ = part.whitened_sample(
        pictures, np.arange(len(pictures)), np.random.Generator(np.random.Philox(key=0))
    )

    def ours(seed: int) -> np.ndarray:
        return k_means(x, _WORDS, np.random.Generator(np.random.Philox(key=seed)))

    def theirs(seed: int) -> np.ndarray:
        return MiniBatchKMeans(_WORDS, n_init=1, random_state=seed).fit(x).cluster_centers_.astype(np.float32)

    found: dict[str, Any] = {"patches": len(x)}
    for who, learn in (("pellucid", ours), ("MiniBatchKMeans", theirs)):
        runs = []
        for seed in range(2):
            began = time.perf_counter()
            centers = learn(seed)
            runs.append((time.perf_counter() - began, float(nearest(x, centers)[1].mean())))
        found[who] = {"seconds": [run[0] for run in runs], "inertia": [run[1] for run in runs]}
    return found


def _job() -> dict[str, Any]:
    """What `pellucid train` takes for the whole job, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        spent = cost(
            [pellucid(), "train", str(machine.cifar10()), "--model", "svm", "--features", f"words:words={_WORDS}",
             "--output", str(run)],
            Path(folder),
        )  # fmt: skip
        record = json.loads((run / "run.json").read_text("utf-8"))
    return {**spent.to_json(), "result": record["result"], "recipe": record["recipe"]}


def _body(parts: dict[str, Any]) -> str:
    return "\n\n".join(_SECTIONS[name](parts[name]) for name in _PARTS if name in parts)


def _of_encoding(part: dict[str, Any]) -> str:
    seconds, flop = part["seconds"], part["flop"]
    rows = [
        [
            name,
            span(each),
            f"{flop / each['median'] / 1e9:.0f} GFLOP/s",
            f"{flop / each['median'] / part['peak']:.0%}",
        ]
        for name, each in seconds.items()
    ]
    fastest = min(each["median"] for name, each in seconds.items() if name.startswith("product"))
    share, whole = (fastest / seconds[name]["median"] for name in (_ENCODING, _WHOLE))
    return "\n".join(
        [
            f"{part['pictures']:,} pictures of CIFAR-10, {_WORDS:,} words, patches of 6 × 6 × 3 at all 27 × 27 places: "
            "everything from 8-bit pictures to features, and the product of 108 numbers of each patch with the words "
            "alone, whose operations the rates are of; the machine's peak, "
            f"{part['peak'] / 1e9:.0f} GFLOP/s, is that of a 4096³ product.",
            "",
            table(["what", "time", "rate", "of the peak"], rows),
            "",
            f"- encoding, as a share of the speed of the fastest product: {verdict(share, 0.85, True)}; with all 108 "
            f"numbers {whole:.2f}",
        ]
    )


def _of_clustering(part: dict[str, Any]) -> str:
    rows = [
        [who, shown(float(np.median(part[who]["seconds"]))), f"{np.mean(part[who]['inertia']):.3f}"]
        for who in ("pellucid", "MiniBatchKMeans")
    ]
    ratio = np.median(part["MiniBatchKMeans"]["seconds"]) / np.median(part["pellucid"]["seconds"])
    lower = np.mean(part["pellucid"]["inertia"]) <= np.mean(part["MiniBatchKMeans"]["inertia"])
    return "\n".join(
        [
            f"k-means, {_WORDS:,} centers of {part['patches']:,} whitened patches, two seeds.",
            "",
            table(["who", "time", "mean squared distance"], rows),
            "",
            f"- against MiniBatchKMeans: {verdict(float(ratio), 3, True, ' ×')}, with "
            f"{'no larger' if lower else '**larger**'} distances",
        ]
    )


def _of_job(part: dict[str, Any]) -> str:
    gigabytes, minutes = part["private"] / 2**30, part["wall"] / 60
    accuracy = part["result"]["accuracy"]["test"]
    return "\n".join(
        [
            "`pellucid train cifar10 --model svm --features words:words=1600`, from JPEG files to the test.",
            "",
            f"- minutes: {verdict(minutes, 8, False)}",
            f"- memory of its own, in GB: {verdict(gigabytes, 8, False)}; with mapped files {part['peak'] / 2**30:.1f}",
            f"- accuracy on the test pictures, trained on the training part alone: {100 * accuracy:.2f} %",
        ]
    )


_SECTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "encoding": _of_encoding,
    "clustering": _of_clustering,
    "job": _of_job,
}


def _pictures() -> np.ndarray:
    from pellucid.data.load import load

    dataset = load(machine.cifar10())
    return np.ascontiguousarray(dataset.images[dataset.train.rows[:20_000]])


if __name__ == "__main__":
    main()
