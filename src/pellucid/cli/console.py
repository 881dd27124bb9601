"""What people read while a command works: text, progress, and the last line for programs."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["console", "counting", "counting_each", "escape", "percent", "print_json"]


class Screen(Console):
    """A terminal, or what stands for one."""

    def on_broken_pipe(self) -> None:
        """Let the error through, which would else end the process at once, whatever it was doing."""
        raise


def console(as_json: bool = False) -> Console:
    """Where text goes: to standard output, or to standard error if that is kept for JSON."""
    return Screen(stderr=as_json, highlight=False, soft_wrap=True)


def print_json(content: dict[str, Any]) -> None:
    """One JSON object, on one line, on standard output."""
    sys.stdout.write(
        json.dumps(content, ensure_ascii=False, default=float).encode("utf-8", "backslashreplace").decode()
        + "\n"
    )
    sys.stdout.flush()


def percent(share: float | None) -> str:
    """0.4153 as "41.5 %"."""
    return "–" if share is None else f"{100 * share:.1f} %"


@contextmanager
def counting(screen: Console, words: str, unit: str = "pictures") -> Iterator[Callable[[int, int], None]]:
    """A bar that moves with (done, total); without a terminal a plain line every few seconds. Nothing for
    what ends at once."""
    if not screen.is_terminal:
        yield _plainly(screen, words, unit)
        return
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task(words, total=None, visible=False)
        yield lambda done, total: progress.update(task, completed=done, total=total, visible=True)


@contextmanager
def counting_each(screen: Console) -> Iterator[Callable[[str, str, int, int], None]]:
    """`counting` of one thing after the other, told (words, unit, done, total): a bar goes when the next one begins."""
    with ExitStack() as shown:
        bars: dict[tuple[str, str], Callable[[int, int], None]] = {}

        def tell(words: str, unit: str, done: int, total: int) -> None:
            if (words, unit) not in bars:
                shown.close()
                bars.clear()
                bars[words, unit] = shown.enter_context(counting(screen, words, unit))
            bars[words, unit](done, total)

        yield tell


def _plainly(screen: Console, words: str, unit: str) -> Callable[[int, int], None]:
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 5:
            last = time.monotonic()
            screen.print(f"{words}: {done:,} of {total:,} {unit}")

    return show
