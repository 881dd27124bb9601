"""Pieces of HTML as plain functions. Every text that comes from outside passes through `escape`."""

import html
import math
from collections.abc import Iterable, Sequence

from pellucid.storage.errors import printable

NOTHING = "–"


def escape(text: object) -> str:
    """Any text made safe to stand in HTML, also between quotes; bytes that are not UTF-8 shown as `\\xff`."""
    return html.escape(printable(text))


def percent(share: float | None, digits: int = 1) -> str:
    """0.395 as "39.5 %"; nothing known as a dash. The space does not break."""
    if share is None or not math.isfinite(share):
        return NOTHING
    return f"{100 * share:.{digits}f}\u202f%"


def number(value: float | None, digits: int = 3) -> str:
    """A number with a true minus sign; nothing known as a dash."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:,.{digits}f}".replace("-", "−")


def count(n: int, thing: str = "", things: str = "") -> str:
    """1,234 pictures; 1 picture."""
    word = thing if n == 1 else things or f"{thing}s"
    return f"{n:,}\u00a0{word}" if thing else f"{n:,}"


def duration(seconds: float | None) -> str:
    """Seconds in the unit a person would choose: 340 µs, 12 ms, 4.2 s, 3 min 05 s."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g}\u00a0µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g}\u00a0ms"
    if seconds < 60:
        return f"{seconds:.1f}\u00a0s"
    whole = round(seconds)
    return f"{whole // 60}\u00a0min {whole % 60:02d}\u00a0s"


def size(n: float | None) -> str:
    """Bytes in the unit a person would choose: 812 B, 123 kB, 1.4 MB (powers of 1,000)."""
    if n is None or not math.isfinite(n):
        return NOTHING
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= factor:
            return f"{n / factor:.3g}\u00a0{unit}"
    return f"{n:.0f}\u00a0B"


def section(anchor: str, title: str, *body: str) -> str:
    """A part of the page with its heading; `title` is text, `body` is HTML. Without a body: nothing."""
    content = "".join(body)
    if not content:
        return ""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">'
        f'<h2 id="{anchor}-title">{escape(title)}</h2>{content}</section>\n'
    )


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    kind: str = "",
    words: Sequence[int] = (),
) -> str:
    """A table of ready HTML cells; the first of each row names it, the columns `words` are not numbers."""
    numeric = lambda column: "" if column in words else ' class="n"'
    top = "".join(f'<th scope="col"{"" if i == 0 else numeric(i)}>{cell}</th>' for i, cell in enumerate(head))
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(f"<td{numeric(i) or ' class=words'}>{cell}</td>" for i, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table class="{kind}">'
        f"<caption><span>{caption}</span></caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def settings(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """A table of names and values in words; values are ready HTML."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="words">{value}</td></tr>' for name, value in rows
    )
    return (
        f'<table class="settings"><caption>{caption}</caption><tbody>{body}</tbody></table>' if body else ""
    )


def details(summary: str, body: str, attributes: str = "") -> str:
    """A part that opens when its line is clicked; works without a script."""
    return f"<details{attributes}><summary>{summary}</summary>{body}</details>"


def chart(svg: str, caption: str, twin: str = "") -> str:
    """A drawing with its caption and the same numbers as a table."""
    table_twin = details("Show as table", twin) if twin else ""
    return f'<figure class="chart">{svg}<figcaption>{caption}</figcaption>{table_twin}</figure>'


def page(
    title: str, style: str, header: str, links: Sequence[tuple[str, str]], main: str, footer: str
) -> str:
    """A whole HTML document that asks nothing of the network: the browser is told so, too."""
    items = "".join(f'<li><a href="#{anchor}">{escape(name)}</a></li>' for anchor, name in links)
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n<style>\n{style}\n</style>'
        "\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the content</a>\n<header>'
        f"{header}</header>\n"
        f'<nav aria-label="Sections"><ul>{items}</ul></nav>'
        f'\n<main id="main">\n{main}</main>\n'
        f"<footer>{footer}</footer>\n</body>\n</html>\n"
    )
