"""Training as it happens, in the terminal: a line for each check, a moving line for the epochs, a summary."""

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from pellucid.cli.console import counting, escape, percent
from pellucid.models.kinds import REMEMBERING
from pellucid.training.defaults import MINIMIZERS
from pellucid.training.selection import measure


class TrainingScreen:
    """Listens to a training and shows its events. Without a terminal: about 20 plain lines."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self._progress: Progress | None = None
        self._task: Any = None
        self._measured = ExitStack()
        self._count: Callable[[int, int], None] | None = None

    def __enter__(self) -> "TrainingScreen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __call__(self, event: dict[str, Any]) -> None:
        """Show one event."""
        show = {
            "measuring": self._measuring,
            "ready": self._ready,
            "rate": self._rate,
            "check": self._check,
            "epoch": self._epoch,
            "tried": self._tried,
            "finished": self._finished,
        }
        if event.get("event") in show:
            show[event["event"]](event)

    def _measuring(self, event: dict[str, Any]) -> None:
        if self._count is None:
            self._count = self._measured.enter_context(counting(self.screen, "Measuring"))
        self._count(event["done"], event["pictures"])

    def _ready(self, event: dict[str, Any]) -> None:
        self._measured.close()
        recipe, pictures = event["recipe"], event["pictures"]
        parts = ", ".join(f"{count:,} {part}" for part, count in pictures.items())
        self.screen.print(f"{event['classes']:,} classes, {parts}; {event['features']:,} features")
        self.screen.print(f"{described(recipe)}; engine {event['engine']}: {escape(event['why'])}")
        if "parameters" in event:
            self.screen.print(
                f"{event['parameters']:,} parameters, {event['multiply_adds']:,} multiply-adds a picture: "
                f"{escape(network_described(event['network']))}"
            )
        for remark in event.get("remarks", []):
            self.screen.print(f"[yellow]note[/] {escape(remark)}")
        if event.get("resumed"):
            self.screen.print(f"going on after epoch {event['resumed']}")

    def _rate(self, event: dict[str, Any]) -> None:
        self.screen.print(f"learning rate {event['rate']:g}: {escape(event['sentence'])}")

    def _check(self, event: dict[str, Any]) -> None:
        mark = "[green]✓[/]" if event["passed"] else "[yellow]![/]"
        self.screen.print(f"{mark} {event['name']}: {escape(event['sentence'])}")

    def _tried(self, event: dict[str, Any]) -> None:
        many = f"{event['neighbors']} neighbor{'s' * (event['neighbors'] > 1)}"
        self.screen.print(f"  {many}: {measure(event['watch'], event['value'])} on validation")

    def _epoch(self, event: dict[str, Any]) -> None:
        words = f"loss {event['loss']:.4f}  train {percent(event['train_accuracy'])}"
        if "validation_accuracy" in event:
            words += f"  validation {percent(event['validation_accuracy'])}"
        # A terminal of 80 columns has room for every number, but for no bar and no long words.
        wide = not self.screen.is_terminal or self.screen.width >= 110
        words += f"  {event['pictures_per_second']:,.0f}{' pictures/s' if wide else '/s'}"
        if not self.screen.is_terminal:
            # A log of hundreds of epochs is read by nobody: about 20 lines tell the same.
            if event["epoch"] % -(-event["epochs"] // 20) and event["epoch"] not in (1, event["epochs"]):
                return
            self.screen.print(f"epoch {event['epoch']}/{event['epochs']}  {words}")
            return
        if self._progress is None:
            columns: list[ProgressColumn] = [
                TextColumn("epoch {task.completed}/{task.total}"),
                TextColumn("{task.description}"),
                TimeRemainingColumn(compact=True),
            ]
            if wide:
                columns.insert(1, BarColumn(20))
            self._progress = Progress(*columns, console=self.screen)
            self._task = self._progress.add_task(words, total=event["epochs"], completed=event["epoch"])
            self._progress.start()
        self._progress.update(self._task, completed=event["epoch"], description=words)

    def _finished(self, event: dict[str, Any]) -> None:
        self._stop()
        words = f"stopped: {event['stopped']}"
        if event.get("best_epoch") != event.get("epochs"):
            words += f"; epoch {event['best_epoch']} is kept, the latest that cannot be told from the best"
        self.screen.print(words)
        shares = event.get("penalty_shares", {})
        said = [f"{name.upper()} is {percent(share)} of the objective" for name, share in shares.items()]
        if "zero" in event:
            said.append(f"{event['zero']:,} of {event['weights']:,} weights are exactly 0")
        if said:
            self.screen.print("; ".join(said))
        for symptom in event.get("health", {}).get("symptoms", []):
            self.screen.print(f"[yellow]![/] {symptom['name']}: {escape(symptom['sentence'])}")

    def _stop(self) -> None:
        self._measured.close()
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def described(recipe: dict[str, Any]) -> str:
    """A settled recipe in one line: what is minimized, and how; or what is remembered."""
    if recipe["model"] in REMEMBERING:
        named = [f"{name} {recipe[name]}" for name in ("neighbors", "metric", "weights") if recipe[name]]
        return escape(", ".join([recipe["model"], *named, f"seed {recipe['seed']}"]))
    penalties = [f"λ {strength(recipe['l2'])}"] + ([f"λ₁ {strength(recipe['l1'])}"] if recipe["l1"] else [])
    pace = f"{recipe['optimizer']}, learning rate {recipe['learning_rate']:g} ({recipe['schedule']})"
    if recipe["optimizer"] in MINIMIZERS:
        pace = f"{recipe['optimizer']}, all pictures in each step"
    else:
        pace += f", batch {recipe['batch_size']}"
    own = recipe["model"] in recipe["loss"]
    loss = "" if own else f" ({recipe['loss']})"
    return escape(
        f"{recipe['model']}{loss}: {', '.join(penalties)}; {pace}, {recipe['epochs']} epochs, seed {recipe['seed']}"
    )


def network_described(settings: dict[str, Any]) -> str:
    """The settings of a network in one line: "hidden 512, 256; activation relu; batch norm yes"."""
    shown = lambda value: (
        ", ".join(map(str, value))
        if isinstance(value, list)
        else ("yes" if value else "no")
        if isinstance(value, bool)
        else str(value)
    )
    return "; ".join(f"{name.replace('_', ' ')} {shown(value)}" for name, value in settings.items())


def strength(given: float | dict[str, float]) -> str:
    """A strength λ, or those of several layers."""
    if isinstance(given, dict):
        return " and ".join(f"{value:g} ({name})" for name, value in given.items())
    return f"{given:g}"
