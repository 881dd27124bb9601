"""How many neighbors should vote: what each number came to on the validation pictures."""

from typing import Any

from pellucid.report.charts import Line, line_chart
from pellucid.report.markup import chart, escape, section, table
from pellucid.report.material import Material
from pellucid.training.selection import measure


def neighbors_tried(material: Material) -> str:
    """The section: the watched measure over the number of neighbors; empty where it was not chosen."""
    tried = material.recorded("result", "tried")
    if not isinstance(tried, list) or len(tried) < 2:
        return ""
    watch = str(material.recorded("recipe", "watch") or "accuracy")
    taken = material.recorded_number("recipe", "neighbors")
    sign = -1.0 if watch == "loss" else 1.0
    counts, values = [float(each["neighbors"]) for each in tried], [sign * each["value"] for each in tried]
    drawn = line_chart(
        [Line("validation", counts, values, "two")],
        f"Validation {watch} over the number of neighbors",
        (lambda v: f"{v:.3g}") if watch == "loss" else (lambda v: f"{100 * v:.3g}%"),
        None if taken is None else (taken, f"taken: {taken:g}"),
        x_name="neighbors",
    )
    rows: list[Any] = [
        (f"{each['neighbors']}", escape(measure(watch, float(each["value"])))) for each in tried
    ]
    lead = (
        "<p>With one neighbor a single odd training picture decides; with many, pictures that are no longer alike "
        f"have a vote. So the validation {material.thing}s choose; of equals the smallest number.</p>"
    )
    caption = "one training picture each, the nearest first; of equally many votes the nearest decides"
    twin = table("Each number that was tried", ("neighbors", "validation"), rows)
    return section("neighbors", "How many neighbors vote", lead, chart(drawn, caption, twin))
