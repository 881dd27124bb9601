"""The style sheet of a chart: light and dark colors that differ also for the color-blind, as words of AA contrast."""

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1d21",
    "gray": "#595f68",
    "grid": "#e4e5e3",
    "blue": "#1c5a99",
    "orange": "#b4560a",
    "green": "#17692f",
    "purple": "#7a3e9d",
    "red": "#b3261e",
}
DARK = {
    "paper": "#15171b",
    "ink": "#e9eaec",
    "gray": "#a6abb3",
    "grid": "#2b2f36",
    "blue": "#86b8ea",
    "orange": "#f3a768",
    "green": "#7fd99a",
    "purple": "#cf9fe8",
    "red": "#ff9d94",
}
_FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif'


def _colors(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:var(--chart-{name},{color});" for name, color in tokens.items())


def _paint(properties: str, token: str) -> str:
    # Each color is said twice: programs that do not know variables take the first.
    return "".join(f"{each}:{LIGHT[token]};{each}:var(--{token});" for each in properties.split())


def _rules() -> list[str]:
    rules = [
        f"{{{_colors(LIGHT)}font-family:{_FONT};max-width:100%;height:auto}}",
        f"text{{font-size:12.5px;{_paint('fill', 'ink')}}}",
        f"text.title{{font-size:14px;font-weight:600;{_paint('fill', 'ink')}}}",
        f"text.tick{{font-size:12px;font-variant-numeric:tabular-nums;{_paint('fill', 'gray')}}}",
        f".paper{{{_paint('fill', 'paper')}}}",
        f".grid{{{_paint('stroke', 'grid')}fill:none}}",
        f".axis{{{_paint('stroke', 'gray')}fill:none}}",
        f".frame{{{_paint('stroke', 'grid')}fill:none}}",
        ".line,.pellucid-chart .ring{fill:none;stroke-linejoin:round;stroke-linecap:round}",
        ".level{stroke-width:.8;stroke-opacity:.45}",
        ".dot{stroke-width:1.2}",
        ".ring{stroke-width:2}",
    ]
    for color in ("blue", "orange", "green", "purple", "red", "gray", "ink"):
        fill, stroke = _paint("fill", color), _paint("stroke", color)
        rules += [f"text.{color}{{{fill}}}", f".line.{color},.pellucid-chart .ring.{color}{{{stroke}}}"]
        rules += [f".area.{color}{{{fill}}}", f".level.{color}{{{fill}{stroke}}}"]
        rules += [f".dot.{color}{{{fill}{_paint('stroke', 'paper')}}}"]
    return [
        f".pellucid-chart {rule}" if not rule.startswith("{") else f".pellucid-chart{rule}" for rule in rules
    ]


STYLE = "".join(_rules()) + (f"@media (prefers-color-scheme:dark){{.pellucid-chart{{{_colors(DARK)}}}}}")
