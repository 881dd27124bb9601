"""What `train`, `resume` and `compare` share: loading with a bar, training on a screen, the report, the last words."""

import shlex
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from pellucid.arrays.compile import keep_programs
from pellucid.cli.console import counting, escape, percent, print_json
from pellucid.cli.training_screen import TrainingScreen
from pellucid.data.dataset import Dataset
from pellucid.data.load import load
from pellucid.models.classifier import Classifier
from pellucid.storage.errors import printable
from pellucid.training.recipe import Recipe
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
        screen.print(
            f"[yellow]{len(dataset.unreadable):,} unreadable pictures left out[/]; they are listed in run.json"
        )
    return dataset, seconds


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
) -> None:
    """Train in the folder, write the report, say how good it is."""
    from pellucid.training.trainer import fit

    keep_programs()
    facts = {
        "command": shlex.join(["pellucid", *sys.argv[1:]]),
        "load": {**loading, "source": printable(loading["source"])},
    }
    try:
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
    except KeyboardInterrupt as stop:
        raise type(stop)(f"stopped. Go on with: pellucid resume {shlex.quote(printable(folder))}") from None
    conclude(screen, dataset, outcome, folder, as_json)


def conclude(screen: Console, dataset: Dataset, outcome: Outcome, folder: Path, as_json: bool) -> None:
    """Write the report and say how good the classifier is."""
    from pellucid.report.document import write_report
    from pellucid.training.run import write_run

    began = time.perf_counter()
    write_report(
        folder / "report.html",
        dataset=dataset,
        classifier=outcome.classifier,
        evaluations=outcome.evaluations,
        events=outcome.events,
        run=outcome.run,
    )
    seconds = outcome.run["result"]["seconds"]
    seconds["report"] = time.perf_counter() - began
    write_run(folder, outcome.run)
    for part, evaluation in outcome.evaluations.items():
        low, high = evaluation.interval
        screen.print(
            f"{part:>10}: [bold]{percent(evaluation.accuracy)}[/] right (95 % interval "
            f"{percent(low)} to {percent(high)}, {len(evaluation):,} pictures)"
        )
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
            }
        )
