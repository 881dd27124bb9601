"""The comparison: several models on the same data, one page in the style of the report."""

import os
from typing import Any

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.inspection.metrics import Evaluation, PairedTest, paired_test, wilson
from pellucid.report.charts import Whisker, dot_chart
from pellucid.report.document import style
from pellucid.report.markup import (
    NOTHING,
    count,
    duration,
    escape,
    page,
    percent,
    section,
    settings,
    size,
    table,
)
from pellucid.storage.atomic import write_text

SURE = 0.05  # below this probability a difference is called clear


def write_comparison(
    path: str | os.PathLike[str], *, dataset: Dataset, rungs: list[dict[str, Any]], run: dict[str, Any]
) -> None:
    """Write the comparison of several models as a single HTML file, or nothing at all.

    Parameters
    ----------
    path : where the file will stand
    dataset : the data that all of them were trained on
    rungs : the models, the simplest first; whatever is missing is shown as a dash. Each is a dict of
        "name" : what to call it
        "evaluations" : part → Evaluation, on the same rows for all models
        "accuracy" : part → share, where there are no evaluations; with "pictures" : part → how many
        "folds" : the accuracy of each fold, where the data was split several times
        "seconds" : what training took; "microseconds" : what predicting one picture took
        "bytes" : the model file's size
        "note" : a sentence about it
    run : "pellucid", "command", "versions", and "conclusion", sentences that stand under the headline; all
        optional

    Raises
    ------
    StorageError : the disk refuses; what stood at `path` before is untouched
    """
    write_text(path, comparison(dataset, rungs, run))


def comparison(dataset: Dataset, rungs: list[dict[str, Any]], run: dict[str, Any]) -> str:
    """The whole page as text."""
    part = _part(rungs)
    best = _chosen(rungs, part)
    sections = {
        "accuracy": ("Accuracy", _chart(rungs, part)),
        "table": ("The models", _table(rungs, part, best)),
        "made": ("How it was made", _made(run)),
    }
    body = "".join(section(anchor, title, content) for anchor, (title, content) in sections.items())
    links = [(anchor, title) for anchor, (title, content) in sections.items() if content]
    return page(
        f"{dataset.name}: {count(len(rungs), 'model')} compared",
        style(),
        _header(dataset, rungs, run, part, best),
        links,
        body,
        "<p>Made by pellucid. Nothing is loaded from anywhere, nothing is sent.</p>",
    )


def _part(rungs: list[dict[str, Any]]) -> str:
    """The part that decides: the test part where any model was measured on it."""
    for part in ("test", "validation"):
        if any(_accuracy(rung, part) is not None for rung in rungs):
            return part
    return "train"


def _evaluation(rung: dict[str, Any], part: str) -> Evaluation | None:
    known = rung.get("evaluations")
    return known.get(part) if isinstance(known, dict) else None


def _accuracy(rung: dict[str, Any], part: str) -> float | None:
    evaluation = _evaluation(rung, part)
    if evaluation is not None:
        return evaluation.accuracy
    known = rung.get("accuracy")
    share = known.get(part) if isinstance(known, dict) else None
    if share is None and part == "test" and rung.get("folds"):
        share = float(np.mean(rung["folds"]))
    return None if share is None else float(share)


def _interval(rung: dict[str, Any], part: str) -> tuple[float, float] | None:
    """The Wilson interval; without a number of pictures there is none."""
    evaluation = _evaluation(rung, part)
    if evaluation is not None:
        return evaluation.interval
    share, pictures = _accuracy(rung, part), rung.get("pictures")
    n = pictures.get(part) if isinstance(pictures, dict) else None
    return wilson(round(share * n), int(n)) if share is not None and n else None


def _paired(one: dict[str, Any], other: dict[str, Any], part: str) -> PairedTest | None:
    """The paired test of `one` against `other`; only of the same pictures."""
    a, b = _evaluation(one, part), _evaluation(other, part)
    if a is None or b is None or not np.array_equal(a.rows, b.rows):
        return None
    return paired_test(a.correct, b.correct)


def _chosen(rungs: list[dict[str, Any]], part: str) -> int | None:
    """The model to take: the best on validation pictures, or on `part` where not all were measured on those.

    The test part must not choose: the best of many test accuracies is too good (Cawley and Talbot 2010,
    section 5).
    """
    by = part if any(_accuracy(rung, "validation") is None for rung in rungs) else "validation"
    shares = [_accuracy(rung, by) for rung in rungs]
    known = [i for i, share in enumerate(shares) if share is not None]
    return max(known, key=lambda i: shares[i] or 0, default=None)


def _header(
    dataset: Dataset, rungs: list[dict[str, Any]], run: dict[str, Any], part: str, best: int | None
) -> str:
    title = f"<h1>{escape(dataset.name)} · {count(len(rungs), 'model')} compared on the same pictures</h1>"
    if best is None:
        return title + '<p class="verdict">Nothing has been measured yet.</p>'
    sentence, explained = _verdict(rungs, part, best)
    written = run.get("conclusion")
    if isinstance(written, list | tuple) and written:
        explained = escape(" ".join(map(str, written)))
    return f'{title}<p class="verdict">{sentence}</p><p>{explained}</p>{_command(run)}'


def _verdict(rungs: list[dict[str, Any]], part: str, best: int) -> tuple[str, str]:
    """The headline, and what stands behind it: the model chosen against the best of the others."""
    name, right = escape(_name(rungs[best])), f"<b>{percent(_accuracy(rungs[best], part))}</b>"
    others = [i for i in range(len(rungs)) if i != best and _accuracy(rungs[i], part) is not None]
    if not others:
        return f"{name} is right on {right}.", f"It is the only model measured on the {part} part."
    second = max(others, key=lambda i: _accuracy(rungs[i], part) or 0)
    other = escape(_name(rungs[second]))
    explained = (
        f"On the {part} part {name} is right on {percent(_accuracy(rungs[best], part))}, {other} on "
        f"{percent(_accuracy(rungs[second], part))}"
    )
    test = _paired(rungs[best], rungs[second], part)
    sentence = f"{name} is best, right on {right}."
    if test is None:
        return sentence, f"{explained}. {_choice(rungs, best)}"
    explained += (
        f": {count(test.only_a, 'picture')} only the first got right, {count(test.only_b)} only the "
        "second; between "
        f"equally good models a split so uneven comes by chance in {_chance(test)} of cases. "
        f"{_choice(rungs, best)}"
    )
    if test.p_value >= SURE:
        sentence = f"{name} and {other} cannot be told apart."
    elif test.only_a < test.only_b:
        sentence = f"{name} was chosen, but {other} did better."
    return sentence, explained


def _choice(rungs: list[dict[str, Any]], best: int) -> str:
    if any(_accuracy(rung, "validation") is None for rung in rungs):
        return (
            "Not all were measured on validation pictures, so this accuracy itself chose and is a "
            "little too good."
        )
    name, share = escape(_name(rungs[best])), percent(_accuracy(rungs[best], "validation"))
    return f"{name} was chosen because it is best on validation pictures ({share})."


def _chance(test: PairedTest) -> str:
    return f"{percent(test.p_value)}" if test.p_value >= 0.001 else "less than 0.1\u202f%"


def _chart(rungs: list[dict[str, Any]], part: str) -> str:
    rows = []
    for rung in rungs:
        share = _accuracy(rung, part)
        if share is None:
            continue
        low, high = _interval(rung, part) or (share, share)
        rows.append(Whisker(_name(rung), share, low, high, percent(share)))
    if not rows:
        return ""
    label = f"Accuracy of each model on the {part} part with 95 % Wilson intervals"
    return (
        f"<p>Share of the {part} pictures on which each model is right; the line through each dot is the "
        "95\u202f% "
        f'Wilson interval.</p><figure class="chart">{dot_chart(rows, label)}</figure>'
    )


def _table(rungs: list[dict[str, Any]], part: str, best: int | None) -> str:
    rows = []
    folds = any(rung.get("folds") for rung in rungs)
    for index, rung in enumerate(rungs):
        interval = _interval(rung, part)
        microseconds = rung.get("microseconds")
        cells = [
            f"{escape(_name(rung))}{' <b>(chosen)</b>' if index == best else ''}",
            percent(_accuracy(rung, part), 2),
            NOTHING if interval is None else f"{percent(interval[0])} to {percent(interval[1])}",
        ]
        if part != "validation":
            cells.append(percent(_accuracy(rung, "validation"), 2))
        if folds:
            cells.append(_folds(rung))
        cells += [
            NOTHING if index == 0 else _probability(_paired(rung, rungs[index - 1], part)),
            NOTHING if best is None or index == best else _probability(_paired(rung, rungs[best], part)),
            duration(rung.get("seconds")),
            duration(None if microseconds is None else microseconds / 1e6),
            size(rung.get("bytes")),
        ]
        rows.append(cells)
    head = ["model", f"{part} accuracy", "95\u202f% interval"]
    head += ["validation accuracy"] if part != "validation" else []
    head += ["over folds"] if folds else []
    head += ["p, against the one above", "p, against the chosen", "training", "one prediction", "model file"]
    notes = "".join(
        f"<li><b>{escape(_name(rung))}</b>: {escape(rung['note'])}</li>" for rung in rungs if rung.get("note")
    )
    explained = (
        "<p>p: the probability that two equally good models differ at least as much on these pictures "
        "(McNemar's exact "
        f"paired test). Below {SURE} the difference is hardly chance.</p>"
    )
    return (
        explained + table("All models on the same split", head, rows) + (f"<ul>{notes}</ul>" if notes else "")
    )


def _folds(rung: dict[str, Any]) -> str:
    folds = rung.get("folds")
    if not folds:
        return NOTHING
    spread = float(np.std(folds, ddof=1)) if len(folds) > 1 else 0.0
    return f"{percent(float(np.mean(folds)))} ± {percent(spread)} ({count(len(folds), 'fold')})"


def _probability(test: PairedTest | None) -> str:
    if test is None:
        return NOTHING
    return "&lt; 0.001" if test.p_value < 0.001 else f"{test.p_value:.3f}"


def _name(rung: dict[str, Any]) -> str:
    return str(rung.get("name") or rung.get("model") or "unnamed")


def _command(run: dict[str, Any]) -> str:
    command = run.get("command")
    if not command:
        return ""
    return (
        '<p class="again">To repeat it:</p><pre tabindex="0" role="region" aria-label="Command">'
        f"{escape(command)}</pre>"
    )


def _made(run: dict[str, Any]) -> str:
    rows = [("pellucid", escape(run["pellucid"]))] if run.get("pellucid") else []
    versions = run.get("versions")
    if isinstance(versions, dict):
        rows += [(str(name), escape(value)) for name, value in versions.items()]
    return settings("Made with", rows)
