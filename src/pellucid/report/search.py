"""The page of a search: which settings were tried, how good each was, where to look next; and its picture."""

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pellucid.graph.number_text import superscript
from pellucid.inspection.axes import Axis, Scale
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.marks import Mark, Note
from pellucid.inspection.strokes import pixels
from pellucid.report.document import style
from pellucid.report.markup import count, escape, page, percent, section, settings, table
from pellucid.search.findings import command, conclusion, label, ranked, widened
from pellucid.search.settings import setting
from pellucid.search.space import Range
from pellucid.search.trials import Plan, Trial, best
from pellucid.storage.atomic import write_text
from pellucid.training.selection import measure

# From worst to best: dark blue to yellow, by lightness too (viridis, by Smith and van der Walt).
_COLORS = ("#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
_SHOWN = 200  # rows of the table on the page; trials.csv has all


@dataclass(frozen=True)
class Spot:
    """One trial: filled if it was trained to the end, smaller if it was stopped early, a cross if it diverged."""

    x: float
    y: float
    color: str
    ended: str
    words: str
    clipped: ClassVar[bool] = False

    def extent(self) -> tuple[Iterable[float], Iterable[float]]:
        return [self.x], [self.y]

    def svg(self, px: Scale, py: Scale) -> str:
        x, y = px(self.x), py(self.y)
        if not math.isfinite(x + y):
            return ""
        title = f"<title>{escape(self.words)}</title>"
        if self.ended == "diverged":
            cross = f"M{pixels(x - 4, y - 4)}l8 8m0-8l-8 8"
            return f'<path class="line gray" stroke-width="1.6" d="{cross}">{title}</path>'
        radius = 7.5 if self.ended == "finished" else 4.5
        return (
            f'<circle cx="{pixels(x)}" cy="{pixels(y)}" r="{radius}" fill="{self.color}" '
            f'stroke="#595f68" stroke-width="{1.2 if self.ended == "finished" else 0.5}">{title}</circle>'
        )


def picture(plan: Plan, trials: Sequence[Trial], name: str) -> str:
    """The trials as an SVG file: the first two ranges against each other, and each range against what came out."""
    ranges = [name for name, each in plan.space.searched.items() if isinstance(each, Range)]
    if not ranges:
        return ""
    shade = _shades(trials)
    first, top = best(trials), ranges[:2]
    rising = ranked(trials)[::-1]  # the better ones on top
    panels = []
    if len(top) == 2:
        spots = [_spot(plan, t, setting(t.recipe, top[0]), setting(t.recipe, top[1]), shade) for t in rising]
        x, y = (float(setting(first.recipe, each)) for each in top)
        marks: list[Mark] = [*spots, Note(x, y, "best", anchor="middle", dy=-13)]
        title = f"{name}: {len(trials)} trials, the brighter the better"
        panels.append(Panel(marks, _axis(first, top[0]), _axis(first, top[1]), title))
    for one in ranges:
        finite = [t for t in rising if math.isfinite(t.value)]
        across = [_spot(plan, t, setting(t.recipe, one), _shown(plan, t), shade) for t in finite]
        what = "loss on validation" if plan.base.watch == "loss" else f"{plan.base.watch} on validation, %"
        panels.append(Panel(across, _axis(first, one), Axis(what), f"by {label(one)}"))
    said = f"{len(trials)} trials; the best reached {measure(plan.base.watch, first.value)} on validation"
    return figure(panels, label=said, width=400, height=340, columns=3)


def write_search(
    path: str | os.PathLike[str], plan: Plan, trials: Sequence[Trial], facts: dict[str, Any], svg: str
) -> None:
    """Write the page of a search as a single HTML file, or nothing at all.

    Parameters
    ----------
    facts : the content of `search.json`
    svg : its picture

    Raises
    ------
    StorageError : the disk refuses; what stood at `path` before is untouched
    """
    first = best(trials)
    source, name = facts["data"]["source"], facts["data"]["name"]
    wider = widened(plan, first, source)
    sections = {
        "picture": ("The trials", _picture(svg, plan)),
        "next": ("What to do next", _next(command(plan, first, source), wider)),
        "table": (
            "All trials" if len(trials) <= _SHOWN else f"The best {_SHOWN} trials",
            _table(plan, trials),
        ),
        "made": ("How it was made", _made(plan, facts)),
    }
    told = measure(plan.base.watch, first.value)
    header = (
        f"<h1>{escape(name)} · {count(len(trials), 'trial')}</h1>"
        f'<p class="verdict">The best settings reach <b>{told}</b> on validation.</p>'
        + "".join(f"<p>{escape(sentence)}</p>" for sentence in conclusion(plan, trials))
    )
    text = page(
        f"{name}: {len(trials)} trials",
        style(),
        header,
        [(anchor, title) for anchor, (title, body) in sections.items() if body],
        "".join(section(anchor, title, body) for anchor, (title, body) in sections.items()),
        "<p>Made by pellucid. Nothing is loaded from anywhere, nothing is sent.</p>",
    )
    write_text(path, text)


def _shades(trials: Sequence[Trial]) -> Any:
    """Trial → its color, by its place among all: a few terrible trials must not make all others look alike."""
    order = sorted((t for t in trials if math.isfinite(t.value)), key=lambda t: t.value)
    places = {t.number: i / max(len(order) - 1, 1) for i, t in enumerate(order)}
    return lambda t: _COLORS[round(places.get(t.number, 0.0) * (len(_COLORS) - 1))]


def _spot(plan: Plan, trial: Trial, x: float, y: float, shade: Any) -> Spot:
    told = (
        f"trial {trial.number}: {measure(plan.base.watch, trial.value)} after {count(trial.epochs, 'epoch')}"
    )
    return Spot(float(x), float(y), shade(trial), trial.ended, told)


def _shown(plan: Plan, trial: Trial) -> float:
    return -trial.value if plan.base.watch == "loss" else 100 * trial.value


def _axis(trial: Trial, name: str) -> Axis:
    """From one end of the range to the other; powers of ten stand beside it."""
    low, high = trial.spans[name]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = {
        10.0**power: f"{10.0**power:g}" if -3 <= power <= 3 else f"10{superscript(str(power))}"
        for power in powers
    }
    return Axis(label(name), logarithmic=True, low=low, high=high, ticks=marks)


def _picture(svg: str, plan: Plan) -> str:
    if not svg:
        return ""
    caption = (
        "Each dot is a trial, colored by its rank on the validation pictures. Small dots were stopped early, crosses "
        "diverged; the axes end where the ranges do. Point at a dot to read its value."
    )
    return f'<figure class="chart wide">{svg}<figcaption>{caption}</figcaption></figure>'


def _next(train: str, wider: str) -> str:
    block = lambda text: f'<pre tabindex="0" role="region" aria-label="Command">{escape(text)}</pre>'
    told = f"<p>To train with the best settings:</p>{block(train)}"
    return told + (f"<p>To search beyond the edge at which the best lies:</p>{block(wider)}" if wider else "")


def _table(plan: Plan, trials: Sequence[Trial]) -> str:
    first, searched = best(trials), list(plan.space.searched)
    rows = []
    for trial in ranked(trials)[:_SHOWN]:
        values = [setting(trial.recipe, name) for name in searched]
        shown = [f"{value:.3g}" if isinstance(value, float) else escape(value) for value in values]
        good = percent(trial.value, 2) if plan.base.watch != "loss" else measure("loss", trial.value)
        name = f"{trial.number}{' <b>(best)</b>' if trial is first else ''}"
        rows.append([name, *shown, good, str(trial.epochs), trial.ended])
    head = [
        "trial",
        *(escape(label(name)) for name in searched),
        f"{plan.base.watch}, validation",
        "epochs",
        "ended",
    ]
    return table("Trained longest first, then best first", head, rows, words=(len(head) - 1,))


def _made(plan: Plan, facts: dict[str, Any]) -> str:
    rows = [(label(name), escape(each)) for name, each in plan.space.dimensions.items()]
    rows += [("seed", str(plan.base.seed)), ("command", escape(facts.get("command", "")))]
    rows += [(name, escape(value)) for name, value in facts.get("versions", {}).items()]
    return settings("Searched, and made with", rows)
