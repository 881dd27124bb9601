"""Results: measured in turns, kept as JSON, shown as Markdown tables."""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import sentence, used_by_others

FOLDER = Path(__file__).with_name("results")
_REST = 0.1  # seconds: the threads of the one before may go on waiting busily for a while
_DISTURBED, _TRIES = 0.05, 4  # of the time of one core, and how often a timing is made at most


def in_turns(
    contenders: Mapping[str, Callable[[], Any]], repetitions: int, running: bool = False, alone: bool = False
) -> dict[str, list[float]]:
    """Seconds of every call, contender after contender, again and again (A B C A B C …).

    A machine that gets slower, or busy for a while, does so for all of them. With `running` each call is made twice
    and the second is timed: as in the midst of a training, not after a rest from which processors take a while to wake.
    With `alone` a timing is made again, up to three times, where other processes kept the cores busy meanwhile; the one
    that they disturbed least counts.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, call in contenders.items():
            time.sleep(_REST)
            if running:
                call()
            timings = []
            while not timings or (alone and min(timings)[0] > _DISTURBED and len(timings) < _TRIES):
                others, began = used_by_others(), time.perf_counter()
                call()
                took = time.perf_counter() - began
                timings.append(((used_by_others() - others) / took, took))
            seconds[name].append(min(timings)[1])
    return seconds


def spread(seconds: list[float]) -> dict[str, Any]:
    """Median, least and most of the seconds, and how many there were."""
    return {
        "median": statistics.median(seconds),
        "min": min(seconds),
        "max": max(seconds),
        "repetitions": len(seconds),
        "all": [round(value, 6) for value in seconds],
    }


def shown(seconds: float) -> str:
    """0.0123 as "12.3 ms"."""
    if seconds >= 10:
        return f"{seconds:.1f} s"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"


def span(measured: Mapping[str, Any]) -> str:
    """The median with least and most: "12.3 ms (11.9 to 14.0 ms; 12)"."""
    least, most = shown(measured["min"]), shown(measured["max"])
    return f"{shown(measured['median'])} ({least} to {most}; n = {measured['repetitions']})"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    lines = [head, ["-"] + ["-:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def verdict(value: float, wanted: float, at_least: bool, unit: str = "") -> str:
    """ "3.4 (wanted: at least 3)", and whether it was reached."""
    reached = value >= wanted if at_least else value <= wanted
    words = "at least" if at_least else "at most"
    return f"{value:.3g}{unit} ({words} {wanted:g}{unit}: {'reached' if reached else '**missed**'})"


def kept(name: str, machine: dict[str, Any], title: str, body: str, content: dict[str, Any]) -> None:
    """Print the table and write it with all its numbers to `results/<name>.json`."""
    FOLDER.mkdir(exist_ok=True)
    record = {"name": name, "title": title, "machine": machine, "table": body, **content}
    (FOLDER / f"{name}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(page(record), flush=True)


def page(record: Mapping[str, Any]) -> str:
    """The record as a section of Markdown."""
    return f"## {record['title']}\n\n{record['table']}\n\n{sentence(dict(record['machine']))}\n"
