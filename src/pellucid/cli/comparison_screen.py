"""A comparison in the terminal: a line for each model when it is known, and all of them as a table."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from pellucid.cli.console import escape, percent
from pellucid.search.compare import Measured, against, chosen


def show_rung(screen: Console, rung: Measured) -> None:
    """One line, and what there is to remark."""
    low, high = rung.test.interval
    spread = f", {percent(rung.deviation)} deviation over folds" if rung.deviation is not None else ""
    each = " each" if rung.folds else ""
    screen.print(
        f"{rung.name}: [bold]{percent(rung.test.accuracy)}[/] of {len(rung.test):,} pictures right "
        f"(95 % interval {percent(low)} to {percent(high)}{spread}), trained in {_seconds(rung.seconds)}{each}"
    )
    for remark in rung.remarks:
        screen.print(f"  {escape(remark)}")


def show_table(screen: Console, rungs: Sequence[Measured]) -> None:
    """One table, or on a narrow terminal two; without a terminal plain text in columns, however wide."""
    accuracy, cost = _columns(rungs)
    names = {"model": [rung.name for rung in rungs]}
    screen.print()
    if not screen.is_terminal:
        _show_plain(screen, names | accuracy | cost)
    else:
        whole = _drawn(names | accuracy | cost)
        fits = Measurement.get(screen, screen.options.update(width=1000), whole).maximum <= screen.width
        for table in (whole,) if fits else (_drawn(names | accuracy), _drawn(names | cost)):
            screen.print(table)
    best = escape(rungs[chosen(rungs)].name)
    screen.print(
        f"p: the chance of such a difference between equals; from the row above, and from {best} (←)"
    )
    screen.print()


def _drawn(columns: dict[str, list[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for title in columns:
        table.add_column(title, justify="left" if title == "model" else "right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*map(escape, row))
    return table


def _show_plain(screen: Console, columns: dict[str, list[str]]) -> None:
    widths = [max(map(len, (title, *cells))) for title, cells in columns.items()]
    for name, *cells in [tuple(columns), *zip(*columns.values(), strict=True)]:
        words = [
            name.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)),
        ]
        screen.print(escape("  ".join(words)))


def _columns(rungs: Sequence[Measured]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Title → cells: what says how good each rung is, and what says what it costs."""
    first = chosen(rungs)
    bound = lambda rung: " – ".join(f"{100 * share:.1f}" for share in rung.test.interval)
    accuracy = {
        "test": [f"{100 * rung.test.accuracy:.2f} %" for rung in rungs],
        "95 % interval": [bound(rung) for rung in rungs],
        "± folds": ["–" if rung.deviation is None else f"{100 * rung.deviation:.2f}" for rung in rungs],
        "validation": [
            f"{percent(rung.validation)}{' ←' if i == first else '  '}" for i, rung in enumerate(rungs)
        ],
        "p, below": [_probability(against(rungs, i, i - 1).p_value) if i else "–" for i in range(len(rungs))],
        f"p, {rungs[first].name}": [
            _probability(against(rungs, i, first).p_value) if i != first else "–" for i in range(len(rungs))
        ],
    }
    if not any(rung.folds for rung in rungs):
        del accuracy["± folds"]
    cost = {
        "training": [_seconds(rung.seconds) for rung in rungs],
        "one picture": [_seconds(rung.microseconds / 1e6) for rung in rungs],
        "in bulk": [_seconds(rung.bulk_microseconds / 1e6) for rung in rungs],
        "on disk": [f"{rung.bytes / 1000:,.1f} kB" for rung in rungs],
    }
    return accuracy, cost


def _seconds(seconds: float) -> str:
    if seconds >= 0.1:
        return f"{seconds:.1f} s"
    return f"{1e3 * seconds:.2g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"


def _probability(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-4 else "< 0.0001"
