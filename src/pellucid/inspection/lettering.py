"""Letters for drawn sheets: a font that is always there, and what to do about names that it cannot write."""

import unicodedata
from functools import lru_cache

from PIL import ImageFont

from pellucid.storage.errors import printable

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Common fonts of Linux, macOS and Windows with more letters than Pillow's own, which Pillow finds by name.
SYSTEM_FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf", "PingFang.ttc", "arial.ttf", "segoeui.ttf", "msyh.ttc", "YuGothM.ttc",
)  # fmt: skip


def written(text: str, size: int) -> tuple[str, Font]:
    """The text as it can be drawn, and the font to draw it with.

    Pillow's own font (Aileron, with English letters only) serves wherever it can, so that a sheet looks the
    same on every machine. Other names get a font of the system that has their letters; without one, accents
    are dropped and what then remains is written as its number (`\\u6c49`), so that two names still differ.
    """
    text = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in printable(text)).replace("×", "x")
    own = built_in(size)
    if all(_has(own, c) for c in set(text)):
        return text, own
    for name in SYSTEM_FONTS:
        font = _system(name, size)
        if font is not None and all(_has(font, c) for c in set(text)):
            return text, font
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(c if _has(own, c) else c.encode("ascii", "backslashreplace").decode() for c in plain), own


@lru_cache(maxsize=8)
def built_in(size: int) -> Font:
    """The font that comes with Pillow: no file to look for."""
    return ImageFont.load_default(size)


@lru_cache(maxsize=64)
def _system(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _has(font: Font, letter: str) -> bool:
    """Whether the font has the letter: else it draws the same box as for a number that no letter has."""
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask("\U0010fffe"))
