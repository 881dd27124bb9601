"""In which order classes are numbered."""

import unicodedata
from collections.abc import Iterable

from pellucid.storage.errors import printable


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """The different names in the order of their class numbers.

    Names that are all whole numbers are ordered as numbers (10 after 9); others character by character, so
    that the order is the same on every computer, whatever its language.
    """
    distinct = set(names)
    if all(name.isascii() and name.isdigit() for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))


def class_name(text: str) -> str:
    """A class's name from a folder's name or a table's cell: text that any file can hold.

    Letters with accents are composed (NFC): a Mac stores "é" as two characters in folder names, others
    as one.
    """
    return unicodedata.normalize("NFC", printable(text.strip()))
