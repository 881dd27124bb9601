"""What `train`, `resume` and `compare` share: loading with a bar, training on a screen, the report, the last words."""

import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from pellucid.arrays.compile import keep_programs
from pellucid.cli.console import counting, escape, percent, print_json
from pellucid.cli.others import judged_others, show_refusals
from pellucid.cli.training_screen import TrainingScreen
from pellucid.data.dataset import Dataset
from pellucid.data.load import load
from pellucid.models.classifier import Classifier
from pellucid.storage.errors import Error, FileError, StorageError, printable
from pellucid.training.recipe import Recipe
from pellucid.training.run import discard_untrained, read_run
from pellucid.training.trainer import Outcome


def load_data(screen: Console, loading: dict[str, Any]) -> tuple[Dataset, float]:
    """The dataset, loaded as `loading` says (the arguments of `load`), and the seconds it took."""
    began = time.perf_counter()
    with counting(screen, "reading") as progress:
        dataset = load(**loading, progress=progress)
    seconds = time.perf_counter() - began
    screen.print(
        f"{escape(printable(dataset.source or dataset.name))}: {len(dataset):,} pictures read in {seconds:.1f} s"
    )
    for note in dataset.notes:
        screen.print(f"  {escape(note)}")
    if dataset.unreadable:
        count = len(dataset.unreadable)
        what = "picture left out[/]; it is" if count == 1 else "pictures left out[/]; they are"
        screen.print(f"[yellow]{count:,} unreadable {what} listed in run.json and in the report")
    return dataset, seconds


def reload_data(screen: Console, folder: Path) -> Dataset:
    """The dataset that the run in this folder was trained on, loaded as it was then.

    Raises `FileError` where the run does not tell, and all that `load` raises.
    """
    run = read_run(folder)
    loading = run.get("load")
    if not isinstance(loading, dict) or not isinstance(loading.get("source"), str):
        raise FileError(
            f"{printable(folder)}: this run was made in Python and does not tell how its data are loaded. "
            "Go on with it there: pellucid.training.trainer.resume(folder, dataset)."
        )
    return load_data(screen, found_again(loading, str(run.get("working_folder", ""))))[0]


def found_again(loading: dict[str, Any], working_folder: str) -> dict[str, Any]:
    """The arguments of `load` with paths that lead to the files from here, where they began in that folder."""
    found = dict(loading)
    for name in ("source", "corrections", "embeddings"):
        path = found.get(name)
        beside = os.path.join(working_folder, path) if isinstance(path, str) else ""
        if beside and not os.path.lexists(str(path)) and os.path.lexists(beside):
            found[name] = beside
    return found


def train_and_report(
    screen: Console,
    dataset: Dataset,
    recipe: Recipe,
    folder: Path,
    engine: str,
    start_from: Classifier | None,
    loading: dict[str, Any],
    seconds: float,
    as_json: bool,
    made_here: bool,
    others: Path | None = None,
) -> None:
    """Train in the folder, write the report, say how good it is. Without one whole epoch nothing is left behind."""
    from pellucid.training.trainer import fit

    keep_programs()
    facts = {
        "command": shlex.join(["pellucid", *sys.argv[1:]]),
        "load": loading,
        "working_folder": working_folder(),
        **({} if others is None else {"others": str(others)}),
    }
    with _ending_well(folder, made_here):
        with TrainingScreen(screen) as listener:
            outcome = fit(
                dataset,
                recipe,
                folder,
                engine=engine,
                start_from=start_from,
                listener=listener,
                facts=facts,
                seconds={"data": seconds},
            )
        conclude(screen, dataset, outcome, folder, as_json)


def resume_and_report(screen: Console, dataset: Dataset, folder: Path, as_json: bool) -> None:
    """Go on with the run in the folder, write the report, say how good it is."""
    from pellucid.training.trainer import resume

    keep_programs()
    with _ending_well(folder, None):
        with TrainingScreen(screen) as listener:
            outcome = resume(folder, dataset, listener=listener)
        conclude(screen, dataset, outcome, folder, as_json)


@contextmanager
def _ending_well(folder: Path, made_here: bool | None) -> Iterator[None]:
    """However it ends: say how to go on, or take back a run (`made_here` is not None) in which nothing was trained."""
    go_on = f"Go on with: pellucid resume {shlex.quote(printable(folder))}"
    try:
        yield
    except BaseException as stop:
        nothing = made_here is not None and discard_untrained(folder, made_here)
        if isinstance(stop, KeyboardInterrupt):
            told = "before the first epoch was done; nothing was kept." if nothing else None
            raise type(stop)(f"stopped {told}" if told else f"stopped. {go_on}") from None
        if nothing:
            raise
        if isinstance(stop, BrokenPipeError):
            raise Error(f"stopped, for nobody reads what it prints. {go_on}") from None
        if isinstance(stop, StorageError):
            raise StorageError(f"{stop} Then: pellucid resume {shlex.quote(printable(folder))}") from None
        raise


def working_folder() -> str:
    """Where relative paths begin: a run may be resumed from elsewhere. Empty where the folder is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def conclude(screen: Console, dataset: Dataset, outcome: Outcome, folder: Path, as_json: bool) -> None:
    """Write the report and say how good the classifier is."""
    from pellucid.inspection.review import as_table
    from pellucid.report.document import write_report
    from pellucid.report.suspect_labels import held_out_doubts
    from pellucid.storage.atomic import write_text
    from pellucid.training.run import write_run

    began = time.perf_counter()
    refusal = outcome.run["result"].get("refusal")
    if refusal is not None and "others" in outcome.run:
        found = found_again({"source": outcome.run["others"]}, str(outcome.run.get("working_folder", "")))
        try:
            refusal["others"] = judged_others(screen, outcome.classifier, found["source"])
        except Error as error:  # What was trained is not lost by it.
            screen.print(f"[yellow]note[/] {escape(str(error))}")
    write_report(
        folder / "report.html",
        dataset=dataset,
        classifier=outcome.classifier,
        evaluations=outcome.evaluations,
        events=outcome.events,
        run=outcome.run,
    )
    held_out = held_out_doubts(outcome.classifier, outcome.evaluations)
    if held_out:
        write_text(folder / "suspects.csv", as_table(dataset, held_out))
    seconds = outcome.run["result"]["seconds"]
    seconds["report"] = time.perf_counter() - began
    write_run(folder, outcome.run)
    for part, evaluation in outcome.evaluations.items():
        low, high = evaluation.interval
        screen.print(
            f"{part:>10}: [bold]{percent(evaluation.accuracy)}[/] right (95 % interval "
            f"{percent(low)} to {percent(high)}, {len(evaluation):,} pictures)"
        )
    if refusal is not None:
        show_refusals(screen, refusal.get("test", refusal["validation"]), refusal.get("others"))
    spent = ", ".join(f"{name} {value:.1f}" for name, value in seconds.items())
    screen.print(f"seconds: {spent}")
    where = shlex.quote(printable(folder))
    screen.print(f"report: {escape(printable(folder / 'report.html'))}")
    screen.print(f"next:   pellucid predict {escape(where)} PICTURE --explain")
    if as_json:
        result = outcome.run["result"]
        print_json(
            {
                "run": printable(folder),
                "accuracy": result["accuracy"],
                "loss": result["loss"],
                "seconds": seconds,
                "engine": outcome.run["engine"]["name"],
                **({} if refusal is None else {"refusal": refusal}),
            }
        )
