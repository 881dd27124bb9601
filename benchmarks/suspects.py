"""Suspect labels: one label in twenty of CIFAR-10's training pictures is changed on purpose; how many are found again.

All 50,000 training pictures, and no other, are predicted out of fold by several models. Of the 2,500 labels that are
doubted most, the share that had been changed is the precision at that budget. Beside it what the package cleanlab makes
of the same probabilities, in two of its rankings, and how many labels each of both takes for wrong.
"""

import argparse
import json
import time
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import FOLDER, kept, shown, table, verdict
from benchmarks.subset import subset

_SHARE, _WANTED = 0.05, 0.70
_EDGES_AND_COLORS = (
    "fhog:cell=4|4+fhog:cell=8|8+thumbnail+color:space=opponent,bins=3,grid=4,soft=true,power=0.5"
)
_ROWS = {
    "hog + color, softmax": {"features": "hog+color"},
    "hog + color, 512 units": {
        "features": "hog+color",
        "model": "mlp",
        "network": {"hidden": (512,)},
        "epochs": 14,
    },
    "hog + color + 1,600 words, softmax": {"features": f"{_EDGES_AND_COLORS}+words"},
    "hog + color + 1,600 words, 512 units": {
        "features": f"{_EDGES_AND_COLORS}+words",
        "model": "mlp",
        "network": {"hidden": (512,)},
        "epochs": 10,
    },
}
_NAME = "suspects"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="*", default=list(_ROWS), choices=list(_ROWS))
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the changed labels and of the folds")
    options = parser.parse_args()
    import cleanlab

    facts = machine.described()
    facts["versions"] |= {"cleanlab": cleanlab.__version__}
    dataset, changed = _changed(options.pictures, options.seed)
    from pellucid.data.duplicates import double_groups

    groups = double_groups(dataset.images)
    path = FOLDER / f"{_NAME}.json"
    found = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else {}
    for name in options.rows:
        found[name] = _measured(dataset, changed, groups, _ROWS[name], options.folds, options.seed)
        print(name, found[name], flush=True)
        content = {"seed": options.seed, "rows": {row: found[row] for row in _ROWS if row in found}}
        kept(_NAME, facts, "Suspect labels", _body(content["rows"], len(dataset)), content)


def _changed(pictures: int, seed: int) -> tuple[Any, np.ndarray]:
    """The training pictures with one label in twenty changed to another class, and which these are (N,) bool."""
    from pellucid.data.load import load

    everything = load(machine.cifar10())
    rows = (
        everything.train.rows if len(everything.train) >= pictures else np.flatnonzero(everything.split < 2)
    )
    rows = rows[np.sort(np.random.Generator(np.random.Philox(key=99)).permutation(len(rows))[:pictures])]
    random = np.random.Generator(np.random.Philox(key=seed))
    labels = everything.labels[rows].copy()
    places = random.permutation(len(rows))[: round(_SHARE * len(rows))]
    classes = len(everything.classes)
    labels[places] = (labels[places] + random.integers(1, classes, len(places))) % classes
    dataset = replace(subset(everything, rows, 0), labels=labels)
    return dataset, np.isin(np.arange(len(rows)), places)


def _measured(
    dataset: Any, changed: np.ndarray, groups: np.ndarray, settings: dict[str, Any], folds: int, seed: int
) -> dict[str, Any]:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    from pellucid.inspection.suspects import suspects
    from pellucid.training.out_of_fold import out_of_fold
    from pellucid.training.recipe import Recipe

    began = time.perf_counter()
    judged = out_of_fold(dataset, Recipe(seed=seed, **settings), count=folds, groups=groups)
    training = time.perf_counter() - began
    p, labels, wrong = judged.probabilities, dataset.labels[judged.rows], changed[judged.rows]
    budget = int(wrong.sum())
    began = time.perf_counter()
    doubted, ranked = suspects(p, labels), suspects(p, labels, budget=budget)
    ranking = time.perf_counter() - began
    began = time.perf_counter()
    theirs = find_label_issues(labels, p.astype(np.float64), n_jobs=1)
    quality = {
        method: get_label_quality_scores(labels, p.astype(np.float64), method=method)
        for method in ("self_confidence", "normalized_margin")
    }
    cleaning = time.perf_counter() - began
    by_method = {
        method: float(wrong[np.argsort(each, kind="stable")[:budget]].mean())
        for method, each in quality.items()
    }
    return {
        "accuracy on labels as given": judged.accuracy,
        "changed": budget,
        "precision": float(wrong[ranked.places].mean()),
        "estimated": doubted.estimated,
        "doubted": len(doubted),
        "precision of doubted": float(wrong[doubted.places].mean()) if len(doubted) else None,
        "cleanlab": by_method,
        "cleanlab doubted": int(theirs.sum()),
        "cleanlab precision of doubted": float(wrong[theirs].mean()) if theirs.any() else None,
        "seconds": {"training": training, "ranking": ranking, "cleanlab": cleaning},
    }


def _body(found: dict[str, dict[str, Any]], count: int) -> str:
    percent = lambda share: "–" if share is None else f"{100 * share:.1f} %"
    head = [
        "predictions by", "labels predicted", "precision at the budget", "cleanlab: self-confidence, margin",
        "estimated wrong", "doubted, of these changed", "cleanlab: doubted, of these changed", "training", "ranking",
        "cleanlab's",
    ]  # fmt: skip
    rows = [
        [
            name,
            percent(each["accuracy on labels as given"]),
            percent(each["precision"]),
            ", ".join(percent(value) for value in each["cleanlab"].values()),
            f"{each['estimated']:,.0f} of {each['changed']:,}",
            f"{each['doubted']:,}, {percent(each['precision of doubted'])}",
            f"{each['cleanlab doubted']:,}, {percent(each['cleanlab precision of doubted'])}",
            *(shown(each["seconds"][key]) for key in ("training", "ranking", "cleanlab")),
        ]
        for name, each in found.items()
    ]
    best = max(each["precision"] for each in found.values())
    reached = verdict(100 * best, 100 * _WANTED, at_least=True, unit=" %")
    return "\n".join([table(head, rows), "", f"- precision at the budget, {count:,} pictures: {reached}"])


if __name__ == "__main__":
    main()
