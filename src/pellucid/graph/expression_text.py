"""The text of an expression: is every character of it harmless, where does each node of the parse stand in it, and how
is a place in it shown to the user?"""

import ast
import keyword
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pellucid.storage.errors import InputError

DEPTH = 100
"""How deep brackets, and signs before a number, may stand in each other."""

_SHOWN = 60  # characters of a long expression that an error shows, around the caret

_SPELLED = {
    "−": "-",
    "–": "-",
    "×": "*",
    "·": "*",
    "⋅": "*",
    "÷": "/",
    "²": "**2",
    "³": "**3",
    "≤": "<=",
    "≥": ">=",
}

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[^\W0-9]\w*)"
    r"|(?P<sign>\*\*|[<>=]=?|[-+*/@.,])|(?P<open>[(\[])|(?P<close>[)\]])"
)

_ADVICE = {
    "^": "powers are written **, as in x ** 2",
    "|": "write abs(x) for |x|",
    "‖": "write norm(x) for ‖x‖, norm2(x) for ‖x‖²",
    "√": "write sqrt(x)",
    "Σ": "write sum(x)",
    "∑": "write sum(x)",
    "%": "known signs are + - * / ** @",
    "!": "known comparisons are < <= > >=",
    ";": "one expression at a time",
    "{": "use ( and ) for grouping, [ and ] for vectors",
    "}": "use ( and ) for grouping, [ and ] for vectors",
}


@dataclass(frozen=True)
class Source:
    """A text that holds nothing but names, numbers, signs and brackets.

    Attributes
    ----------
    text : as the user wrote it
    clean : the same in Python's spelling
    places : for each character of `clean`, and for its end, where it stands in `text`
    """

    text: str
    clean: str
    places: tuple[int, ...]

    def parsed(self) -> ast.expr:
        """The parse. Raises `InputError` where the text is no expression."""
        try:
            return ast.parse(self.clean, mode="eval").body
        except SyntaxError as error:
            raise self._unparsed((error.offset or 1) - 1) from None
        except (RecursionError, MemoryError, ValueError):
            raise self.error(0, "The expression is nested too deeply: take it apart") from None

    def error(self, place: Any, words: str) -> InputError:
        """A sentence, and the expression with a caret under a node of the parse or under a place in `clean`."""
        if isinstance(place, int):
            start = place
        else:
            start = self._column(getattr(place, "lineno", 1), getattr(place, "col_offset", 0))
        return _pointed(self.text, self.places[min(start, len(self.clean))], words)

    def number(self, node: ast.Constant) -> float:
        """What a literal number means: whole numbers too are held as float64."""
        assert isinstance(node.value, int | float)
        return float(node.value)

    def tells(self, error: InputError) -> bool:
        """Whether an error shows a place in an expression already."""
        return str(error).endswith("^")

    def sign_after(self, node: Any) -> int:
        """The place in `clean` of the sign that follows a node."""
        place = self._column(node.end_lineno, node.end_col_offset)
        while place < len(self.clean) - 1 and self.clean[place] in " )]" and not self._calls(place):
            place += 1
        return place

    def piece(self, node: Any) -> str:
        """The user's own text of a node."""
        start = self.places[self._column(node.lineno, node.col_offset)]
        return self.text[start : self.places[self._column(node.end_lineno, node.end_col_offset)]].strip()

    def _calls(self, place: int) -> bool:
        return self.clean[place] in "(["

    def _column(self, line: int, column: int) -> int:
        """Python counts bytes of UTF-8; here characters are counted."""
        return len(self.clean.encode()[:column].decode())

    def _unparsed(self, place: int) -> InputError:
        rest = self.clean[place:].strip()
        before = self.clean[:place].rstrip()
        if not self.clean:
            return InputError("The expression is empty: write one, such as (x + y) * z.")
        if not rest or self.clean.rstrip()[-1:] in "+-*/@<>=.,":
            return self.error(
                len(self.clean.rstrip()), "The expression ends too early: a number or a name is missing"
            )
        if rest.startswith("=") or before.endswith("="):
            return self.error(place, "Values are given after the expression, as in x=3")
        return self.error(place, "A number or a name is missing here, or something is too much")


def scanned(text: str, *, characters: int, nodes: int) -> Source:
    """The text, looked at character by character before any parser sees it.

    Parameters
    ----------
    characters : the longest text
    nodes : how many names, numbers and signs it may have

    Raises
    ------
    InputError : it is longer, deeper or larger than allowed, a bracket is not closed, or a character has no meaning
    """
    if not isinstance(text, str):
        raise InputError(f"An expression is a text, got {type(text).__name__}.")
    if len(text) > characters:
        raise InputError(
            f"The text is {len(text):,} characters long, and {characters:,} are allowed: take it apart."
        )
    clean, places = _spelled(text)
    source = Source(text, clean, tuple(places))
    opened: list[int] = []
    found, last, prefixes = 0, "", 0
    place = 0
    while place < len(clean):
        token = _TOKEN.match(clean, place)
        if token is None:
            raise _strange(source, place)
        kind, piece = str(token.lastgroup), token.group()
        if kind == "number":
            _check_number(source, place, piece)
        elif kind == "name":
            _check_name(source, place, piece)
        elif kind == "open":
            opened.append(place)
        elif kind == "close":
            _check_close(source, place, opened)
        if kind in ("number", "name") and last in ("value", "close"):
            raise source.error(place, "A sign is missing here: multiply by *, as in 2 * x")
        if kind in ("number", "name", "sign"):
            found += 1
            if found > nodes:
                raise source.error(place, f"More than {nodes:,} names, numbers and signs: take it apart")
        if kind != "space":
            # Each sign before a value is a level of its own in the parse, as each bracket is.
            prefixes = prefixes + 1 if kind == "sign" and last == "sign" else 0
            if len(opened) + prefixes > DEPTH:
                raise source.error(place, f"More than {DEPTH} levels deep: take it apart")
            last = "value" if kind in ("number", "name") else kind
        place = token.end()
    if opened:
        raise source.error(opened[-1], "This bracket is never closed")
    return source


def _spelled(text: str) -> tuple[str, list[int]]:
    """The text in Python's spelling, without space at its ends, and where each of its characters came from."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    clean, places = [], []
    for place in range(start, end):
        spelled = " " if text[place].isspace() else _SPELLED.get(text[place], text[place])
        clean.append(spelled)
        places += [place] * len(spelled)
    return "".join(clean), [*places, max(start, end)]


def _check_number(source: Source, place: int, piece: str) -> None:
    if len(piece) > 400 or not math.isfinite(float(piece)):
        raise source.error(place, "This number is too large for float64, which ends at 1.8e308")
    if re.match("0[0-9]", piece) and re.fullmatch("[0-9]+", piece):
        raise source.error(place, "A whole number must not begin with 0")


def _check_name(source: Source, place: int, piece: str) -> None:
    if keyword.iskeyword(piece):
        raise source.error(place, f"{piece} has no meaning in an expression")
    # Python would take some letters for others: what the user reads is what counts.
    if not piece.isidentifier() or unicodedata.normalize("NFKC", piece) != piece:
        raise source.error(place, "This name has a letter that is not taken: use plain letters, such as x1")


def _check_close(source: Source, place: int, opened: list[int]) -> None:
    if not opened:
        raise source.error(place, "This bracket was never opened")
    opening = opened.pop()
    if source.clean[opening] + source.clean[place] not in ("()", "[]"):
        raise source.error(place, f"This bracket does not fit the {source.clean[opening]} that was opened")


def _strange(source: Source, place: int) -> InputError:
    character = source.clean[place]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    advice = _ADVICE.get(character, "an expression is made of numbers, names, signs and functions")
    return source.error(place, f"{shown} has no meaning here: {advice}")


def _pointed(text: str, place: int, words: str) -> InputError:
    """The sentence, and below it the text (of a long one the part around the place) with a caret under the place."""
    start = max(0, place - _SHOWN // 2)
    end = min(len(text), start + _SHOWN)
    before, after = "…" * (start > 0), "…" * (end < len(text))
    shown = "".join(_visible(character) for character in text[start:end])
    caret = " " * (len(before) + place - start) + "^"
    return InputError(f"{words}{'' if words[-1] in '?.' else '.'}\n  {before}{shown}{after}\n  {caret}")


def _visible(character: str) -> str:
    return character if character.isprintable() else " " if character.isspace() else "\ufffd"
