"""What `search` and `resume` share: the search on a screen, its report, the run with the best settings."""

import contextlib
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from pellucid.arrays.compile import keep_programs
from pellucid.cli.console import escape, print_json
from pellucid.cli.running import conclude, found_again, load_data, working_folder
from pellucid.cli.search_screen import SearchScreen, show_trials
from pellucid.cli.training_screen import TrainingScreen
from pellucid.data.dataset import Dataset
from pellucid.search.findings import as_csv, as_json, command, conclusion, widened
from pellucid.search.space import Space
from pellucid.search.trials import Plan, Trial, best, searched, versions
from pellucid.storage.atomic import make_folder, write_text
from pellucid.storage.errors import Error, FileError, InputError, StorageError, printable
from pellucid.storage.seal import read_sealed, write_sealed
from pellucid.training.facts import check_corrections, of_data
from pellucid.training.lock import Lock
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit, resume

RECORD = "search.json"
"""What a folder holds that is a search."""

BEST = "best"
"""The folder of the run with the best settings, in that of the search."""


def begin(
    screen: Console,
    dataset: Dataset,
    plan: Plan,
    folder: Path,
    loading: dict[str, Any],
    train: bool,
    json: bool,
    made_here: bool,
) -> None:
    """Search in a new folder. Where it could not even begin, nothing is left behind."""
    import pellucid

    keep_programs()
    facts = {
        "pellucid": pellucid.__version__,
        "command": printable(shlex.join(["pellucid", *sys.argv[1:]])),
        "working_folder": working_folder(),
        "load": loading,
        "data": of_data(dataset),
        "base": plan.base.to_json(),
        "space": plan.space.to_json(),
        "trials": plan.trials,
        "reduction": plan.reduction,
        "engine": plan.engine,
        "train": train,
    }
    try:
        with Lock(folder), _ending_well(folder):
            _search(screen, dataset, plan, folder, facts, json)
    finally:
        if not (folder / RECORD).exists():
            with contextlib.suppress(OSError):
                (folder / "study.db").unlink(missing_ok=True)
                if made_here:
                    folder.rmdir()
                    if folder.parent == Path("searches"):
                        folder.parent.rmdir()


def go_on(screen: Console, folder: Path, json: bool) -> None:
    """Go on with a search that was stopped, to the same trials and values as if it had not been.

    Raises `InputError` where the data have changed, `FileError` where its record is damaged.
    """
    facts = read_sealed(folder / RECORD)
    try:
        plan = Plan(
            Recipe.from_json(facts["base"]),
            Space.from_json(facts["space"]),
            facts["trials"],
            facts["reduction"],
            facts["versions"]["engine"],
        )
        source = facts["load"]["source"]
        loading = found_again(facts["load"], facts["working_folder"])
    except (KeyError, TypeError) as error:
        raise FileError(
            f"{printable(folder / RECORD)}: not the record of a search ({error}). Restore it from a copy."
        ) from error
    dataset, _ = load_data(screen, loading)
    check_corrections(folder, dataset, facts["data"])
    now = of_data(dataset)
    if any(now[key] != facts["data"][key] for key in ("fingerprint", "split")):
        raise InputError(
            f"{printable(folder)}: the data at {printable(source)} have changed since this search began. Put them "
            "back, or search anew."
        )
    keep_programs()
    with Lock(folder), _ending_well(folder):
        for name, value in versions(facts["versions"]["engine"]).items():
            before = facts["versions"].get(name)
            if before != value:
                screen.print(
                    f"[yellow]note[/] {name} was {before} and is {value}: the last digits may differ"
                )
        _search(screen, dataset, plan, folder, facts, json)


def _search(
    screen: Console, dataset: Dataset, plan: Plan, folder: Path, facts: dict[str, Any], json: bool
) -> None:
    with SearchScreen(screen, plan) as listener:

        def heard(event: dict[str, Any]) -> None:
            # Written once it is known that the search can begin.
            if event["event"] == "ready" and not (folder / RECORD).exists():
                facts["versions"] = {"engine": event["engine"], **versions(event["engine"])}
                write_sealed(folder / RECORD, facts)
            listener(event)

        trials = searched(dataset, plan, folder, heard)
    source = facts["load"]["source"]
    _write(folder, plan, trials, facts)
    show_trials(screen, plan, trials)
    for sentence in conclusion(plan, trials):
        screen.print(escape(sentence))
    screen.print(f"report: {escape(printable(folder / 'search.html'))}")
    wider = widened(plan, best(trials), source)
    if wider:
        screen.print(f"wider:  {escape(printable(wider))}")
    accuracy = _trained(screen, dataset, best(trials), folder, facts) if facts["train"] else None
    if not facts["train"]:
        screen.print(f"train:  {escape(printable(command(plan, best(trials), source)))}")
    if json:
        found = as_json(plan, trials, source)
        run = printable(folder / BEST) if facts["train"] else None
        print_json({"search": printable(folder), **found, "run": run, "accuracy": accuracy})


def _write(folder: Path, plan: Plan, trials: list[Trial], facts: dict[str, Any]) -> None:
    """The table, the picture and the page."""
    from pellucid.report.search import picture, write_search

    write_text(folder / "trials.csv", as_csv(plan, trials))
    svg = picture(plan, trials, facts["data"]["name"])
    if svg:
        write_text(folder / "search.svg", svg)
    write_search(folder / "search.html", plan, trials, facts, svg)


def _trained(
    screen: Console, dataset: Dataset, trial: Trial, folder: Path, facts: dict[str, Any]
) -> dict[str, float]:
    """Train with the best settings, or go on with that; returns the accuracy of each part."""
    run = folder / BEST
    screen.print()
    screen.print(f"training with the best settings in {escape(printable(run))}")
    with TrainingScreen(screen) as listener:
        if (run / "run.json").exists() and any(run.glob("checkpoint-*.safetensors")):
            outcome = resume(run, dataset, listener=listener)
        else:
            make_folder(run)
            told = {
                "command": facts["command"],
                "load": facts["load"],
                "working_folder": facts["working_folder"],
            }
            outcome = fit(dataset, trial.recipe, run, engine=facts["engine"], listener=listener, facts=told)
    conclude(screen, dataset, outcome, run, False)
    return outcome.run["result"]["accuracy"]


@contextmanager
def _ending_well(folder: Path) -> Iterator[None]:
    """However it ends: say how to go on."""
    advice = f"Go on with: pellucid resume {shlex.quote(printable(folder))}"
    try:
        yield
    except BaseException as stop:
        if not (folder / RECORD).exists():
            if isinstance(stop, KeyboardInterrupt):
                raise type(stop)("stopped before the first trial; nothing was kept.") from None
            raise
        if isinstance(stop, KeyboardInterrupt):
            raise type(stop)(f"stopped. {advice}") from None
        if isinstance(stop, BrokenPipeError):
            raise Error(f"stopped, for nobody reads what it prints. {advice}") from None
        if isinstance(stop, StorageError):
            raise StorageError(f"{stop} Then: pellucid resume {shlex.quote(printable(folder))}") from None
        raise
