"""Tables as text that people edit: commas, semicolons or tabs between the cells, every wrong line told at once."""

import codecs
import csv
import io
import itertools
import os
from collections.abc import Iterator

from pellucid.data.picture_file import unopened
from pellucid.storage.errors import FileError, InputError, printable

LISTED = 20
"""Wrong lines that are told at most."""

_SIXTEEN = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def records(source: str | os.PathLike[str]) -> Iterator[tuple[int, list[str]]]:
    """Each record of the table and the number of the line on which it begins.

    Raises
    ------
    InputError : there is no such file
    FileError : it cannot be read, or is no such table
    """
    where = printable(source)
    try:
        with open(source, "rb") as file:
            text = decoded(file.read())
    except FileNotFoundError as error:
        raise InputError(f"{where}: there is no such file. Check the spelling.") from error
    except (OSError, ValueError) as error:
        raise FileError(
            f"{where}: the table cannot be read: {unopened(os.fspath(source), error)}."
        ) from error
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter(text.split("\n", 1)[0]), strict=True
    )
    for _ in itertools.count():
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FileError(f"{where}: line {begins} is no line of a .csv table ({error}).") from error
        if cells is None:
            return
        yield begins, cells


def filled(
    lines: Iterator[tuple[int, list[str]]], width: int, wrong: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty and have as many cells as are wanted; of the others `wrong` is told."""
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) == width:
            yield line, cells
        else:
            wrong.append(f"line {line}: {width} cells were wanted, {len(cells)} came")


def decoded(content: bytes) -> str:
    """The table as text."""
    # Excel begins its tables with a mark, also those in UTF-16 that it calls "Unicode Text".
    if content.startswith(_SIXTEEN):
        return content.decode("utf-16", "replace")
    # Bytes that are not UTF-8 may be part of a file's name.
    return content.decode("utf-8-sig", "surrogateescape")


def delimiter(header: str) -> str:
    """What stands between the cells of this first line."""
    return max(",;\t", key=header.count)


def refuse_lines(source: str | os.PathLike[str], wrong: list[str], text: bool = True) -> None:
    """Raise `FileError` where lines of the table are wrong: it names them all, up to 20.

    Parameters
    ----------
    text : whether the table was UTF-8 throughout; else that is told, for it may be the reason
    """
    if not wrong:
        return
    more = f"\n  and {len(wrong) - LISTED:,} more" if len(wrong) > LISTED else ""
    listed = "\n".join(f"  {sentence}" for sentence in wrong[:LISTED])
    lines = "line is" if len(wrong) == 1 else "lines are"
    encoding = "" if text else '\nThe table is not in UTF-8: save it so, in Excel as "CSV UTF-8".'
    raise FileError(
        f"{printable(source)}: {len(wrong):,} {lines} wrong; correct the table:\n{listed}{more}{encoding}"
    )


def is_text(*cells: str) -> bool:
    """Whether all of these cells, as `decoded` read them, were UTF-8."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True
