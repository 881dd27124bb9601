"""What is done when training has ended: temperature, accuracy of every part, and all that a run keeps."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pellucid.data.dataset import PARTS, Dataset
from pellucid.inspection.calibration import fit_temperature, reliability
from pellucid.inspection.metrics import Evaluation
from pellucid.models.classifier import Classifier
from pellucid.models.model_file import save_model
from pellucid.preprocessing.shown import Shown
from pellucid.training.facts import plain
from pellucid.training.health import concluded
from pellucid.training.judging import evaluated, mean_loss
from pellucid.training.loop import Finished, Listener
from pellucid.training.penalties import penalties, zeros
from pellucid.training.recipe import Recipe
from pellucid.training.refusing import refusal_of, refusals
from pellucid.training.run import write_run
from pellucid.training.session import Session
from pellucid.training.verdicts_table import write_verdicts


@dataclass(frozen=True, eq=False)
class Outcome:
    """What training made.

    Attributes
    ----------
    evaluations : part → what the classifier says of it
    run : the content of `run.json`
    events : the content of `events.jsonl`
    """

    classifier: Classifier
    evaluations: dict[str, Evaluation]
    run: dict[str, Any]
    events: list[dict[str, Any]]


def finished(
    session: Session,
    end: Finished,
    run: dict[str, Any],
    spent: dict[str, float],
    folder: Path | None,
    events: list[dict[str, Any]],
    listener: Listener,
) -> Outcome:
    """Fit the temperature on the validation part, measure every part, write all."""
    began, compiled = time.perf_counter(), session.engine.compiling
    dataset, params = session.dataset, end.standing.best_params
    statistics = session.statistics(params)
    temperature, calibration = 1.0, None
    if len(dataset.validation):
        raw, _ = evaluated(session, params, "validation", 1.0, statistics)
        temperature = fit_temperature(raw.scores, raw.labels)
        cooled, _ = evaluated(session, params, "validation", temperature, statistics)
        calibration = {
            "before": float(reliability(raw.probabilities, raw.labels).error),
            "after": float(reliability(cooled.probabilities, cooled.labels).error),
        }
    measured = {
        part: evaluated(session, params, part, temperature, statistics)
        for part in PARTS
        if len(dataset.part(part))
    }
    evaluations = {part: evaluation for part, (evaluation, _) in measured.items()}
    classifier = session.classifier(params, statistics, temperature)
    spent = {
        **spent,
        "compile": session.engine.compiling,
        "train": end.standing.seconds,
        "health": sum(event["health"]["seconds"] for event in events if "health" in event),
        "evaluate": time.perf_counter() - began - (session.engine.compiling - compiled),
    }
    result = {
        "loss": {part: mean_loss(losses) for part, (_, losses) in measured.items()},
        "stopped": end.reason,
        "epochs": end.standing.epoch,
        "best_epoch": end.standing.best_epoch,
        "peak_epoch": end.standing.peak_epoch,
        **(zeros(params) if session.l1 else {}),
        **penalty_share(session, params, mean_loss(measured["train"][1])),
        "health": concluded(session, events),
        "temperature": temperature,
        "calibration_error": calibration,
        "seconds": spent,
    }
    return kept(
        dataset, session.shown, session.recipe, classifier, evaluations, {**run, "result": result}, folder, events,
        listener,
    )  # fmt: skip


def kept(
    dataset: Dataset,
    shown: Shown,
    recipe: Recipe,
    classifier: Classifier,
    evaluations: dict[str, Evaluation],
    run: dict[str, Any],
    folder: Path | None,
    events: list[dict[str, Any]],
    listener: Listener,
) -> Outcome:
    """Add to `run["result"]` what every classifier is asked, set when it abstains if it may, and write all."""
    share, told, refused = recipe.refuse, {}, None
    if share is not None:
        refusal = refusal_of(dataset, shown, evaluations["validation"], share, recipe.seed)
        classifier = replace(classifier, refusal=refusal)
        found = {
            part: refusals(classifier, shown.numbers, each, measured=True)
            for part, each in evaluations.items()
        }
        told = {part: each for part, (each, _) in found.items()}
        refused = {part: each for part, (_, each) in found.items()}
    result = {
        "accuracy": {part: evaluation.accuracy for part, evaluation in evaluations.items()},
        "measures": {part: evaluation.measures() for part, evaluation in evaluations.items()},
        **run["result"],
        **({"refusal": told} if told else {}),
    }
    run = plain({**run, "result": result})
    origin: dict[str, Any] = {
        key: run[key] for key in ("pellucid", "command", "recipe", "versions") if key in run
    }
    origin |= {
        "data": {key: run["data"][key] for key in ("name", "source", "fingerprint", "split", "counts")}
    }
    origin |= {"accuracy": run["result"]["accuracy"]}
    classifier = replace(classifier, origin=origin)
    if folder is not None:
        save_model(folder, classifier)
        write_verdicts(folder / "verdicts.csv", dataset, evaluations.values(), refused)
        write_run(folder, run)
    listener({"event": "finished", **run["result"]})
    return Outcome(classifier, evaluations, run, events)


def penalty_share(session: Session, params: dict[str, Any], loss: float) -> dict[str, Any]:
    """What each penalty costs with the kept weights, and its share of the objective on the training part."""
    found = penalties(params, session.task.l2, session.l1)
    objective = loss + sum(found.values())
    shares = {name: value / objective for name, value in found.items() if objective > 0}
    return {"penalties": found, "penalty_shares": shares} if found else {}
