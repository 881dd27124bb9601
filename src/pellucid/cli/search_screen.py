"""A search in the terminal: a bar while trials run, a line for each rung, a table of the best."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pellucid.cli.console import counting_each, escape
from pellucid.search.findings import label, ranked
from pellucid.search.settings import setting
from pellucid.search.trials import Plan, Trial
from pellucid.training.selection import measure

_SHOWN = 10


class SearchScreen:
    """Listens to a search and shows its events."""

    def __init__(self, screen: Console, plan: Plan) -> None:
        self.screen, self.plan = screen, plan
        self._counting = counting_each(screen)
        self._total = 0

    def __enter__(self) -> "SearchScreen":
        self._tell = self._counting.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counting.__exit__(kind, error, trace)

    def __call__(self, event: dict[str, Any]) -> None:
        """Show one event."""
        if event["event"] == "measuring":
            self._tell("measuring", "pictures", event["done"], event["pictures"])
        elif event["event"] == "ready":
            self._ready(event)
        elif event["event"] == "epoch":
            self._searching(event)
        elif event["event"] == "rung":
            self._rung(event)

    def _ready(self, event: dict[str, Any]) -> None:
        self._total = event["total"]
        for name, each in self.plan.space.searched.items():
            self.screen.print(f"  {escape(label(name))}: {escape(str(each))}")
        pictures = ", ".join(f"{n:,} {part}" for part, n in event["pictures"].items())
        if event["rungs"] == [0]:
            self.screen.print(f"{event['trials']} trials, seed {self.plan.base.seed}, {pictures} pictures")
            return
        self.screen.print(
            f"{event['trials']} trials, seed {self.plan.base.seed}, {pictures} pictures; compared after "
            f"{' and '.join(map(str, event['rungs']))} epochs; {_beside(event)}"
        )

    def _searching(self, event: dict[str, Any]) -> None:
        self._tell("searching", "epochs of all trials", event["done"], self._total)

    def _rung(self, event: dict[str, Any]) -> None:
        self._searching(event)
        values, lasting = event["values"], len(event["going_on"])
        number = max(values, key=lambda n: (values[n], -n))
        on = f"; {lasting} of {len(values)} go on" if lasting < len(values) else ""
        epochs = f"{event['epoch']} epoch{'s' if event['epoch'] != 1 else ''}"
        self.screen.print(
            f"after {epochs}: the best is trial {number}, {measure(self.plan.base.watch, values[number])}{on}"
        )


def _beside(event: dict[str, Any]) -> str:
    if event["engine"] == "numpy":
        return "engine numpy, one after the other"
    sizes = event["side_by_side"]
    if not sizes:
        return "engine xla, one after the other"
    programs = f"{len(sizes)} programs of {', '.join(map(str, sizes))}" if len(sizes) > 1 else "one program"
    others = f", {event['trials'] - sum(sizes)} networks one after the other"
    return f"engine xla, side by side in {programs}{others if sum(sizes) < event['trials'] else ''}"


def show_trials(screen: Console, plan: Plan, trials: Sequence[Trial]) -> None:
    """The best trials as a table."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    searched = list(plan.space.searched)
    for title in ("trial", *map(label, searched), "validation", "epochs"):
        table.add_column(title, justify="right", no_wrap=True)
    for trial in ranked(trials)[:_SHOWN]:
        values = [setting(trial.recipe, name) for name in searched]
        shown = [f"{value:.3g}" if isinstance(value, float) else str(value) for value in values]
        row = [str(trial.number), *shown, measure(plan.base.watch, trial.value), str(trial.epochs)]
        table.add_row(*map(escape, row))
    screen.print(table)
    if len(trials) > _SHOWN:
        screen.print(f"the first {_SHOWN} of {len(trials)}; trials.csv has all of them")
