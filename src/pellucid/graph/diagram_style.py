"""The style sheet of a drawn graph: light and dark colors of at least AA contrast.

A page sets its own colors as `--graph-ink`, `--graph-value` and so on; without, those here are taken.
"""

from pellucid.graph.exhibit import CAPTION, CELL, NUMBER

# Each color is said twice: programs that do not know variables take the first.
LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1d21",
    "muted": "#595f68",
    "edge": "#7d848e",
    "line": "#7d848e",
    "fill": "#f4f5f7",
    "leaf": "#ffffff",
    "value": "#17692f",
    "gradient": "#b3261e",
    "focus": "#1c5a99",
}
DARK = {
    "paper": "#15171b",
    "ink": "#e9eaec",
    "muted": "#a6abb3",
    "edge": "#8b929c",
    "line": "#8b929c",
    "fill": "#262a31",
    "leaf": "#1b1e23",
    "value": "#7fd99a",
    "gradient": "#ff9d94",
    "focus": "#8fbdf0",
}
_FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif'


def _colors(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:var(--graph-{name},{color});" for name, color in tokens.items())


def _paint(properties: str, token: str) -> str:
    return "".join(f"{each}:{LIGHT[token]};{each}:var(--{token});" for each in properties.split())


STYLE = "".join(
    f".pellucid-graph {rule}" if not rule.startswith("@") else rule
    for rule in (
        f"{{{_colors(LIGHT)}font-family:{_FONT};max-width:100%;height:auto}}",
        f"text{{text-anchor:middle;{_paint('fill', 'ink')}}}",
        f".paper{{{_paint('fill', 'paper')}}}",
        f".edge path{{fill:none;{_paint('stroke', 'edge')}stroke-width:1.6}}",
        ".edge.still path{stroke-dasharray:4 3}",
        f".edge .head{{{_paint('fill', 'edge')}stroke:none}}",
        f".body{{{_paint('fill', 'fill')}{_paint('stroke', 'ink')}stroke-width:1.4}}",
        f".variable .body{{{_paint('fill', 'leaf')}}}",
        f".constant .body{{{_paint('fill', 'leaf')}{_paint('stroke', 'line')}stroke-dasharray:3 2.5}}",
        ".result .body{stroke-width:2.6}",
        ".label{font-weight:500}",
        f".label.note,.pellucid-graph .shape{{font-weight:400;{_paint('fill', 'muted')}}}",
        ".italic{font-style:italic}",
        ".index{font-size:.72em;font-style:normal}",
        f".shape{{font-size:{CAPTION:g}px}}",
        f".number{{font-size:{NUMBER:g}px;font-weight:600;font-variant-numeric:tabular-nums}}",
        f".cell{{font-size:{CELL:g}px;font-weight:500;text-anchor:end;font-variant-numeric:tabular-nums}}",
        f".caption{{font-size:{CAPTION:g}px}}",
        f"text.value{{{_paint('fill', 'value')}}}",
        f"text.gradient{{{_paint('fill', 'gradient')}}}",
        ".legend{font-size:12px;text-anchor:start}",
        ".cells{image-rendering:pixelated}",
        ".frame,.pellucid-graph .bracket{fill:none;stroke-width:1.2}",
        f".frame.value,.pellucid-graph .bracket.value{{{_paint('stroke', 'value')}}}",
        f".frame.gradient,.pellucid-graph .bracket.gradient{{{_paint('stroke', 'gradient')}}}",
        ".node:focus{outline:none}",
        f".node:focus .body{{{_paint('stroke', 'focus')}stroke-width:3}}",
        f"@media (prefers-color-scheme:dark){{.pellucid-graph{{{_colors(DARK)}}}}}",
    )
).replace(".pellucid-graph {", ".pellucid-graph{")
