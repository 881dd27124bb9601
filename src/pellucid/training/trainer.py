"""From a dataset and a recipe to a run with a finished classifier, its verdicts and its honest accuracy."""

import time
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from pellucid.data.dataset import Dataset
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import REMEMBERING
from pellucid.preprocessing.shown import shown_as_before
from pellucid.storage.errors import InputError, printable
from pellucid.storage.records import Log
from pellucid.training.checkpoint import Standing, load_checkpoint, restored
from pellucid.training.defaults import MINIMIZERS
from pellucid.training.diagnosis import Check, checks
from pellucid.training.facts import (
    check_corrections,
    of_data,
    of_session,
    seen_before,
    split_digest,
    versions_of,
    weights_digest,
)
from pellucid.training.finishing import Outcome, finished
from pellucid.training.lock import Lock
from pellucid.training.loop import Listener, measuring, trained
from pellucid.training.recipe import Recipe
from pellucid.training.remembering import check_nothing_handed_in, remembered
from pellucid.training.run import read_run, write_run
from pellucid.training.session import Session, prepared
from pellucid.training.settling import check_of_use


def fit(
    dataset: Dataset,
    recipe: Recipe,
    folder: Path | None = None,
    *,
    engine: str = "auto",
    start_from: Classifier | None = None,
    listener: Listener = lambda event: None,
    facts: dict[str, Any] | None = None,
    seconds: dict[str, float] | None = None,
    optimizer: Any = None,
    sample_weight: Any = None,
) -> Outcome:
    """Train a classifier on the training part, stop by the validation part, and measure it once on the test part.

    Parameters
    ----------
    folder : the run's folder, made by `new_run`; without it nothing is written
    engine : "auto", "numpy" or "xla"
    start_from : a classifier whose weights are the start
    listener : called with each event: "measuring" before all others, "ready", "check", "epoch", "finished"
    facts : more for `run.json`: the command, how the data were loaded
    seconds : what was spent before, such as {"data": 1.2}
    optimizer : an object in the place of the recipe's optimizer, such as `Optax(optax.lion(1e-4))`; to resume the run
        it has to be handed in again
    sample_weight (N,) : how much each picture of the dataset counts

    Raises
    ------
    InputError : data, recipe and start do not fit together
    TrainingError : a number is not finite
    StorageError : the disk refuses
    """
    began = time.perf_counter()
    if recipe.model in REMEMBERING:
        check_nothing_handed_in(recipe, start_from, optimizer, sample_weight)
        return remembered(dataset, recipe, folder, engine, listener, facts or {}, seconds or {})
    check_of_use(recipe, optimizer is not None)
    find = recipe.learning_rate == "find"
    session = prepared(
        dataset,
        replace(recipe, learning_rate=None) if find else recipe,
        engine=engine,
        start_from=start_from,
        optimizer=optimizer,
        sample_weight=sample_weight,
        progress=measuring(listener),
    )
    rate = None
    if find:
        from pellucid.training.rate_finder import find_rate

        rate = find_rate(session)
        session = replace(session, recipe=replace(session.recipe, learning_rate=rate.rate))
    remarks = [*session.shown.notes, *(seen_before(start_from, dataset) if start_from else [])]
    listener({"event": "ready", **of_session(session), "remarks": remarks})
    if rate is not None:
        listener({"event": "rate", "rate": rate.rate, "sentence": rate.sentence})
    found = checks(session)
    for check in found:
        listener({"event": "check", **check.to_json()})
    run = {
        **(facts or {}),
        "pellucid": metadata.version("pellucid"),
        "data": of_data(replace(dataset, notes=(*dataset.notes, *remarks))),
        "recipe": session.recipe.to_json(),
        "engine": {"asked": engine, "name": session.engine.name, "why": session.why},
        "versions": versions_of(session),
        "checks": [check.to_json() for check in found],
    }
    if rate is not None:
        run["rate"] = {
            "rate": rate.rate,
            "sentence": rate.sentence,
            "rates": rate.rates.tolist(),
            "losses": rate.losses.tolist(),
        }
    if sample_weight is not None:
        run["sample_weight"] = weights_digest(sample_weight)
    spent = {**(seconds or {}), "prepare": time.perf_counter() - began}
    standing = Standing(0, session.start_state(), session.start_params)
    if folder is None:
        events: list[dict[str, Any]] = []

        def heard(event: dict[str, Any]) -> None:
            events.append(event)
            listener(event)

        return finished(session, trained(session, standing, None, heard), run, spent, None, events, listener)
    with Lock(folder):
        run["seconds_before"] = spent
        write_run(folder, run)
        return _logged(session, standing, folder, run, spent, listener)


def resume(
    folder: Path,
    dataset: Dataset,
    *,
    listener: Listener = lambda event: None,
    optimizer: Any = None,
    sample_weight: Any = None,
) -> Outcome:
    """Go on with a run from its newest checkpoint, to the same bits as if it had never stopped.

    Parameters
    ----------
    optimizer, sample_weight : what was handed in to `fit`, and is needed again

    Raises
    ------
    InputError : the data or their split are not those that the run began with, an optimizer or weights that were handed
        in then are missing, or another process trains in the folder
    FileError : there is no checkpoint, or it is damaged
    """
    run = read_run(folder)
    check_corrections(folder, dataset, run["data"])
    if dataset.fingerprint != run["data"]["fingerprint"]:
        raise InputError(
            f"{printable(folder)}: the data at {printable(dataset.source)} have changed since this run began. "
            "Put them back, or train anew: pellucid train."
        )
    if split_digest(dataset) != run["data"].get("split", split_digest(dataset)):
        raise InputError(
            f"{printable(folder)}: the data at {printable(dataset.source)} are split otherwise than when this run "
            "began. Load them with the same seed, or train anew: pellucid train."
        )
    if run["recipe"]["model"] in REMEMBERING:
        raise InputError(
            f"{printable(folder)}: a {run['recipe']['model']} is made in one go, and there is nothing to go on with. "
            "Train it anew: pellucid train."
        )
    given = None if sample_weight is None else weights_digest(sample_weight)
    if given != run.get("sample_weight"):
        raise InputError(
            f"{printable(folder)}: the run began with {'other' if run.get('sample_weight') else 'no'} sample_weight. "
            "Hand in the same as then."
        )
    with Lock(folder):
        standing, preprocessing, remarks = load_checkpoint(folder)
        recipe = Recipe.from_json(run["recipe"])
        session = prepared(
            dataset,
            recipe,
            engine=run["engine"]["name"],
            shown=shown_as_before(preprocessing, dataset.images, measuring(listener)),
            optimizer=optimizer,
            sample_weight=sample_weight,
        )
        standing = replace(standing, state=restored(session.start_state(), standing.state))
        if session.recipe.optimizer in MINIMIZERS:
            remarks.append("what the minimizer knew of the slope's bends is not kept: it learns them anew")
        versions = versions_of(session)
        remarks += [
            f"{name} was {run['versions'].get(name)} and is {now}: the last digits may differ from "
            f"a run that was not stopped"
            for name, now in versions.items()
            if run["versions"].get(name) != now
        ]
        listener({"event": "ready", **of_session(session), "resumed": standing.epoch, "remarks": remarks})
        return _logged(session, standing, folder, run, dict(run.get("seconds_before", {})), listener)


def _logged(
    session: Session,
    standing: Standing,
    folder: Path,
    run: dict[str, Any],
    spent: dict[str, float],
    listener: Listener,
) -> Outcome:
    """Train with every event written to `events.jsonl`, then finish the run."""
    log = Log(folder / "events.jsonl")
    events = [event for event in _past(folder) if event.get("epoch", 0) <= standing.epoch]

    def heard(event: dict[str, Any]) -> None:
        log.add(**event)
        events.append(event)
        listener(event)

    try:
        if standing.epoch:
            log.add(event="resumed", epoch=standing.epoch)
        return finished(
            session, trained(session, standing, folder, heard), run, spent, folder, events, listener
        )
    except KeyboardInterrupt:
        log.add(event="interrupted")
        raise
    finally:
        log.close()


def _past(folder: Path) -> list[dict[str, Any]]:
    from pellucid.storage.records import read_log

    latest: dict[int, dict[str, Any]] = {}
    # An epoch that was done again after a crash counts once: the last time.
    for event in read_log(folder / "events.jsonl"):
        if event.get("event") == "epoch" and isinstance(event.get("epoch"), int):
            latest[event["epoch"]] = event
    return [latest[epoch] for epoch in sorted(latest)]


__all__ = ["Check", "Outcome", "fit", "resume"]
