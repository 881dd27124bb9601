"""Nearest neighbors: exact search in 50,000 pictures against scikit-learn and faiss, and how often it is right.

Every contender gets the pictures as its users have them (faiss and scikit-learn as float32 rows) and finds the 5
nearest by L2 in float32 or better; making an index counts, for it is made at each start. What they find is compared.
Who takes long is given fewer pictures to judge, and the time of a picture is compared.

Accuracies are of all 50,000 training pictures, those of the best k of 45,000 (5,000 choose k).
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, shown, spread, table, verdict

_K, _FEATURES = 5, "hog+color"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pictures", type=int, default=10_000, help="judged by pellucid and, at once, by faiss"
    )
    parser.add_argument("--peers", type=int, default=1_000, help="judged by those who take long")
    parser.add_argument("--city-block", type=int, default=100, help="judged by L1 by scikit-learn")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", choices=("speed", "accuracy"))
    options = parser.parse_args()
    import faiss
    import sklearn

    from pellucid.data.load import load

    facts = machine.described()
    facts["versions"] |= {"faiss": faiss.__version__, "scikit-learn": sklearn.__version__}
    data = load(machine.cifar10(), validation=0.1)
    lines, content = [], {}
    if options.only != "accuracy":
        text, content["measured"] = _speed(data, options)
        lines += text
    if options.only != "speed":
        text, content["accuracy"] = _accuracy(data)
        lines += ["", *text]
    name = "neighbors" if options.only is None else f"neighbors_{options.only}"
    title = "Nearest neighbors" if options.only is None else f"Nearest neighbors: {options.only}"
    kept(name, facts, title, "\n".join(lines).strip(), content)


def _speed(data: Any, options: argparse.Namespace) -> tuple[list[str], dict[str, Any]]:
    import faiss
    from sklearn.neighbors import NearestNeighbors

    from pellucid.models.nearest import Examples
    from pellucid.preprocessing.shown import first_shown

    known = np.flatnonzero(data.split < 2)
    examples = np.ascontiguousarray(data.images[known])
    rows = examples.reshape(len(examples), -1).astype(np.float32)
    many = data.test.images[: options.pictures].reshape(-1, rows.shape[1])
    some = many[: options.peers].astype(np.float32)
    few = some[: options.city_block]
    one = some[:1]
    remembering = Examples(examples)
    _ = remembering.nearest(some[:2], 1)  # its sketches, for the row of a single picture

    seen = first_shown(data.images, known, data.frame, _FEATURES)
    edges = seen.preprocessing.seen(seen.numbers[known])
    some_edges = seen.preprocessing.seen(seen.numbers[data.test.rows[: options.peers]])

    def flat(rows: np.ndarray, x: np.ndarray) -> Any:
        index = faiss.IndexFlatL2(rows.shape[1])
        index.add(rows)
        return index.search(x, _K)[1]

    def brute(metric: str, rows: np.ndarray, x: np.ndarray) -> Any:
        return NearestNeighbors(n_neighbors=_K, metric=metric, algorithm="brute").fit(rows).kneighbors(x)[1]

    calls: dict[str, tuple[int, dict[str, tuple[int, Callable[[], Any]]]]] = {
        "L2": (
            options.repetitions,
            {
                "pellucid": (len(many), lambda: Examples(examples).nearest(many, _K)[0]),
                "faiss, IndexFlatL2": (len(some), lambda: flat(rows, some)),
                "scikit-learn, brute force": (len(some), lambda: brute("euclidean", rows, some)),
            },
        ),
        "L2, 1,000 pictures": (
            options.repetitions,
            {"pellucid": (len(some), lambda: Examples(examples).nearest(some, _K)[0])},
        ),
        "L2, one more picture": (
            options.repetitions,
            {"pellucid": (1, lambda: remembering.nearest(one, _K)[0])},
        ),
        "cosine": (1, {"pellucid": (len(some), lambda: Examples(examples, "cosine").nearest(some, _K)[0])}),
        "L1": (
            1,
            {
                "pellucid": (len(some), lambda: Examples(examples, "l1").nearest(some, _K)[0]),
                "scikit-learn, brute force": (len(few), lambda: brute("manhattan", rows, few)),
            },
        ),
        f"L2, {_FEATURES}": (
            options.repetitions,
            {
                "pellucid": (len(some), lambda: Examples(edges).nearest(some_edges, _K)[0]),
                "faiss, IndexFlatL2": (len(some), lambda: flat(edges, some_edges)),
                "scikit-learn, brute force": (len(some), lambda: brute("euclidean", edges, some_edges)),
            },
        ),
    }
    measured: dict[str, Any] = {}
    lines_of: list[list[str]] = []
    for what, (repetitions, contenders) in calls.items():
        _compare(what, contenders)
        seconds = in_turns({name: call for name, (_, call) in contenders.items()}, repetitions)
        measured[what] = {
            name: spread([each / contenders[name][0] for each in values]) for name, values in seconds.items()
        }
        own = measured[what]["pellucid"]["median"]
        for name, each in measured[what].items():
            time_ = f"{shown(each['median'])} ({shown(each['min'])} to {shown(each['max'])})"
            lines_of.append([what, name, f"{contenders[name][0]:,}", time_, f"{each['median'] / own:.3g} ×"])
    ratio = lambda what, name: measured[what][name]["median"] / measured[what]["pellucid"]["median"]
    head = ["metric", "who", "pictures judged", "time a picture", "against pellucid"]
    return [
        f"The {_K} nearest of {len(examples):,} pictures of 3,072 numbers, or of their {edges.shape[1]:,} numbers of "
        f"{_FEATURES}, making the index included.",
        "",
        table(head, lines_of),
        "",
        f"- L2, against scikit-learn: {verdict(ratio('L2', 'scikit-learn, brute force'), 2.5, True, ' ×')}",
        f"- L2, against faiss: {verdict(ratio('L2', 'faiss, IndexFlatL2'), 1, True, ' ×')}",
        "- equal: all of pellucid's neighbors are those by float64 where they were compared, those of the others but "
        "for their rounding",
    ], measured


def _compare(what: str, contenders: dict[str, tuple[int, Callable[[], Any]]]) -> None:
    """Refuse to time what finds something else: of others one neighbor in a thousand may differ by their rounding."""
    found = {name: call() for name, (_, call) in contenders.items()}
    own = found.pop("pellucid")
    for name, theirs in found.items():
        same = float((own[: len(theirs)] == theirs).mean())
        if same < 0.999:
            raise SystemExit(f"{what}: only {same:.2%} of the neighbors of {name} are those of pellucid")


def _accuracy(data: Any) -> tuple[list[str], dict[str, Any]]:
    """By the models themselves; 1-NN and class means once more with NumPy, to the digit."""
    from pellucid.models.class_means import nearest_mean
    from pellucid.training.recipe import Recipe
    from pellucid.training.trainer import fit

    whole = data.with_split(np.where(data.split == 1, 0, data.split))
    wanted = {
        "nearest class mean": ({"model": "nearest-mean"}, 0.278),
        "1 neighbor, L1": ({"model": "knn", "neighbors": 1, "metric": "l1"}, 0.384),
        "1 neighbor, L2": ({"model": "knn", "neighbors": 1, "metric": "l2"}, 0.353),
    }
    found: dict[str, Any] = {}
    for name, (settings, published) in wanted.items():
        found[name] = _fitted(whole, Recipe(**settings), fit) | {"wanted": published}
    for metric in ("l1", "l2", "cosine"):
        found[f"best k, {metric}"] = _fitted(data, Recipe(model="knn", metric=metric), fit)
    found["best k, l2, by distance"] = _fitted(data, Recipe(model="knn", weights="distance"), fit)
    found["best k, l2, hog+color"] = _fitted(data, Recipe(model="knn", features="hog+color"), fit)
    found["nearest class mean, hog+color"] = _fitted(
        data, Recipe(model="nearest-mean", features="hog+color"), fit
    )
    means = nearest_mean(
        lambda rows: whole.images[rows].reshape(len(rows), -1).astype(np.float64),
        whole.train.rows,
        whole.train.labels,
        whole.classes,
    )
    x = whole.test.images.reshape(len(whole.test), -1).astype(np.float64)
    by_hand = float(
        (
            (x @ means["weight"].T.astype(np.float64) + means["bias"]).argmax(axis=1) == whole.test.labels
        ).mean()
    )
    rows = [
        [
            name,
            f"{each['neighbors'] or ''}",
            f"{100 * each['test']:.2f} %",
            f"{100 * each['wanted']:.1f} %" if "wanted" in each else "",
            shown(each["seconds"]),
        ]
        for name, each in found.items()
    ]
    head = ["CIFAR-10, 10,000 test pictures", "k", "right", "wanted", "with choosing k and judging all"]
    notes = [
        f"- {name}: {verdict(round(100 * each['test'], 1), round(100 * each['wanted'], 1), True, ' %')}"
        for name, each in found.items()
        if "wanted" in each
    ]
    return [
        table(head, rows),
        "",
        *notes,
        f"- nearest class mean, by hand in float64: {100 * by_hand:.2f} %",
    ], found


def _fitted(data: Any, recipe: Any, fit: Any) -> dict[str, Any]:
    began = time.perf_counter()
    outcome = fit(data, recipe)
    result = outcome.run["result"]
    return {
        "test": result["accuracy"]["test"],
        "validation": result["accuracy"].get("validation"),
        "neighbors": outcome.run["recipe"]["neighbors"],
        "tried": result.get("tried"),
        "seconds": time.perf_counter() - began,
    }


if __name__ == "__main__":
    main()
