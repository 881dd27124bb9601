"""The first screen: how good is it, what does it get wrong; and how to make it again."""

import math
from typing import Any

from pellucid.inspection.metrics import Evaluation
from pellucid.inspection.mistakes import cells, confusions
from pellucid.models.kinds import NETWORKS, REMEMBERING
from pellucid.report.markup import count, duration, escape, number, percent, section, settings
from pellucid.report.material import Material

SEEN = {
    "test": "test pictures, none of which it had seen before",
    "validation": "validation pictures, which it was not trained on; but they decided when training stopped, "
    "so expect a little less on new ones",
    "train": "pictures that it was trained on, which says little about new ones",
}


TITLES = {
    "nearest-mean": "nearest class mean",
    "knn": "nearest neighbors",
    "softmax": "linear softmax classifier",
    "svm": "linear support vector machine",
    "logistic": "logistic regression",
    "perceptron": "perceptron",
    "averaged-perceptron": "averaged perceptron",
    "mlp": "multilayer perceptron",
    "maxout": "maxout network",
    "convnet": "convolutional network",
    "googlenet": "GoogLeNet",
    **{name: f"ResNet-{name.removeprefix('resnet')}" for name in NETWORKS if name.startswith("resnet")},
}


def headline(material: Material) -> str:
    """The page's header: one sentence anybody understands, the interval, the rival, the worst confusions."""
    evaluation = material.main
    kind = TITLES.get(material.classifier.kind, str(material.classifier.kind))
    title = (
        f"<h1>{escape(material.dataset.name)} · {escape(kind)} · "
        f"{count(len(material.classes), 'class', 'classes')}</h1>"
    )
    if evaluation is None:
        return title + '<p class="verdict">Nothing has been measured yet.</p>'
    return (
        f'{title}<div class="headline"><div>{_sentence(material, evaluation)}{_strip(material, evaluation)}'
        f"{_command(material)}</div><div>{_worst(material, evaluation)}</div></div>"
    )


def _sentence(material: Material, evaluation: Evaluation) -> str:
    low, high = evaluation.interval
    right = int(evaluation.correct.sum())
    common, share = evaluation.most_common
    name = escape(evaluation.classes[common])
    things = f"{material.thing}s"
    if low > share:
        rival = f"Always answering “{name}”, the most common class, would be right on {percent(share)}."
    else:
        rival = (
            f"That is <b>not clearly better</b> than always answering “{name}”, the most common class, "
            f"which would be right on {percent(share)}."
        )
    seen = SEEN.get(evaluation.part, f"pictures of the {evaluation.part} part").replace("pictures", things)
    return (
        f'<p class="verdict">It is right on <b>{percent(evaluation.accuracy)}</b> of '
        f"{_new(evaluation, things)}.</p>"
        f"<p>{right:,} of {len(evaluation):,} {seen}. With 95\u202f% "
        "confidence its accuracy lies between "
        f"<b>{percent(low)}</b> "
        "and <b>"
        f"{percent(high)}</b>. "
        f"{rival}</p>"
    )


def _new(evaluation: Evaluation, things: str) -> str:
    return f"new {things}" if evaluation.part == "test" else f"the {evaluation.part} {things}"


def _worst(material: Material, evaluation: Evaluation) -> str:
    frequent = confusions(evaluation, 4)
    if not frequent:
        return "<h2>What it gets wrong</h2><p>Nothing: every one of these verdicts is right.</p>"
    pictures = cells(evaluation) if material.has_pictures else {}
    items = []
    for one in frequent:
        true, said = escape(evaluation.classes[one.true]), escape(evaluation.classes[one.said])
        shown = ""
        if material.has_pictures:
            places = pictures[one.true, one.said][:5]
            titles = [material.origin(evaluation.rows[i]) for i in places]
            shown = f'<div class="tiles">{"".join(material.tiles(evaluation.rows[places], titles))}</div>'
        items.append(
            f'<li><div class="what"><a href="#cell-{one.true}-{one.said}">{true}, called <b>{said}</b></a>'
            f'<span class="muted">{count(one.count, material.thing)}, {percent(one.share, 0)}</span></div>'
            f"{shown}</li>"
        )
    return f'<h2>What it gets wrong most often</h2><ul class="wrong">{"".join(items)}</ul>'


def _strip(material: Material, evaluation: Evaluation) -> str:
    part = evaluation.part
    entries = [
        ("Balanced accuracy", percent(evaluation.balanced_accuracy), f"{part}: mean of the classes' recalls"),
        ("F1, mean over classes", percent(evaluation.macro_f1), f"{part}: recall and precision in one"),
        (
            "Log loss",
            number(evaluation.log_loss),
            f"{part}, in nats; guessing: {number(_guessing(material))}",
        ),
        (
            "Calibration error",
            percent(evaluation.reliability.error),
            f"{part}: how far stated probabilities are off",
        ),
    ]
    for other in ("train", "validation", "test"):
        known = material.evaluations.get(other)
        share = known.accuracy if known is not None else material.recorded_number("result", "accuracy", other)
        if other != part and share is not None:
            name = {"train": "Training", "validation": "Validation", "test": "Test"}[other]
            size = f"of {count(len(known), material.thing)}" if known is not None else ""
            entries.append((f"{name} accuracy", percent(share), size))
    cells_ = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value}<small>{escape(note)}</small></dd></div>"
        for name, value, note in entries
    )
    return f'<dl class="strip">{cells_}</dl>'


def _guessing(material: Material) -> float:
    return math.log(max(1, len(material.classes)))


def _command(material: Material) -> str:
    """The command that makes the same run again, ready to be copied."""
    command = material.recorded("command")
    if not command:
        return ""
    # An option must not be torn apart at its dashes, and a no-break hyphen would be copied along.
    words = " ".join(f"<span>{escape(word)}</span>" for word in str(command).split(" "))
    return (
        '<p class="again">To repeat it:</p><pre tabindex="0" role="region" aria-label="Command">'
        f"{words}</pre>"
    )


def summary(material: Material) -> str:
    """The recipe, and what came of it."""
    recipe = material.recorded("recipe")
    rows = (
        [(_words(name), _value(value)) for name, value in recipe.items() if name in _told(material, recipe)]
        if isinstance(recipe, dict)
        else []
    )
    outcome = _outcome(material)
    if not (rows or outcome):
        return ""
    return section(
        "recipe",
        "How it was made",
        '<div class="columns">',
        settings("Recipe", rows),
        settings("What came of it", outcome),
        "</div>",
    )


def _outcome(material: Material) -> list[tuple[str, str]]:
    rows = []
    engine = material.recorded("engine")
    if isinstance(engine, dict) and engine.get("name"):
        why = f" <span class=muted>({escape(engine['why'])})</span>" if engine.get("why") else ""
        rows.append(("engine", escape(engine["name"]) + why))
    if material.recorded("result", "stopped"):
        rows.append(("stopped", escape(material.recorded("result", "stopped"))))
    if material.recorded("result", "best_epoch") is not None:
        rows.append(("kept epoch", escape(material.recorded("result", "best_epoch"))))
    numbers = sum(int(array.size) for array in material.classifier.params.values())
    if material.classifier.linear:
        k, d = material.classifier.templates[0].shape
        rows.append(("weights", f"{k:,} classes × {d:,} inputs, {numbers:,} numbers"))
    elif material.classifier.remembers:
        size = material.classifier.model.examples.inputs.size
        rows.append(("remembers", f"{len(material.classifier.model.examples):,} examples, {size:,} numbers"))
    else:
        rows.append(("parameters", f"{numbers:,}"))
        rows.append(("multiply-adds", f"{material.classifier.model.multiply_adds():,} for a prediction"))
    shares = material.recorded("result", "penalty_shares")
    if isinstance(shares, dict):
        rows += [
            (f"{name.upper()} penalty", f"{percent(share)} of the objective")
            for name, share in shares.items()
        ]
    exact = material.recorded_number("result", "zero")
    if exact is not None:
        share = exact / max(1.0, material.recorded_number("result", "weights") or 1.0)
        rows.append(("weights that are exactly 0", f"{exact:,.0f} ({percent(share)})"))
    rows.append(("temperature", f"{number(float(material.classifier.temperature))} (divides the scores)"))
    took = material.recorded_number("result", "seconds", "train")
    if took is not None:
        rows.append(("training time", duration(took)))
    fingerprint = material.recorded("data", "fingerprint") or material.dataset.fingerprint
    if fingerprint:
        rows.append(("data fingerprint", f"<code>{escape(str(fingerprint)[:16])}</code>"))
    return rows


def _told(material: Material, recipe: dict[str, Any]) -> list[str]:
    """What is told of a recipe: what was decided; of a model that minimizes nothing, what it has a use for."""
    used = ("model", "features", "neighbors", "metric", "weights", "watch", "refuse", "seed")
    names = used if material.classifier.kind in REMEMBERING else recipe
    return [name for name in names if recipe.get(name) not in (None, {})]


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return escape(f"{value:.6g}")
    if isinstance(value, dict):
        return ", ".join(f"{escape(_words(name))} {_value(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value)) or "none"
    return escape(value)
