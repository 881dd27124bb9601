"""What the picture files are, from their headers alone: width, height, format and color mode."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from PIL import Image

from pellucid.data.picture import FORMATS


@dataclass(frozen=True)
class Headers:
    """The sizes, formats and modes of picture files.

    Attributes
    ----------
    sizes : (width, height) in pixels as stored (before a turn by EXIF), with the number of files
    formats : "JPEG", "PNG" …, with the number of files
    modes : "RGB", "L" (gray), "P" (palette) …, with the number of files
    smallest, largest : (width, height, path) of the files with the fewest and the most pixels
    """

    sizes: Counter[tuple[int, int]]
    formats: Counter[str]
    modes: Counter[str]
    smallest: tuple[int, int, str]
    largest: tuple[int, int, str]


def headers(paths: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Headers | None:
    """Read the headers of picture files; no pixel is decoded. Files that cannot be read any more are passed
    over.

    Parameters
    ----------
    paths : the files, such as a dataset's origins
    progress : called with (files done, all)

    Returns
    -------
    None where no path is a picture file (the pictures came from an array)
    """
    sizes: Counter[tuple[int, int]] = Counter()
    formats: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    smallest = largest = (0, 0, "")
    shown = monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata; the pixels were read without complaint
        for done, path in enumerate(paths, start=1):
            try:
                with Image.open(path, formats=FORMATS) as image:
                    size, name, mode = image.size, str(image.format), image.mode
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                if done == 64 and not sizes:
                    return None  # "test_batch.bin[17]": these are no files
                continue
            sizes[size] += 1
            formats[name] += 1
            modes[mode] += 1
            pixels = size[0] * size[1]
            if not smallest[2] or pixels < smallest[0] * smallest[1]:
                smallest = (*size, path)
            if not largest[2] or pixels > largest[0] * largest[1]:
                largest = (*size, path)
            if progress is not None and monotonic() - shown > 0.1:
                shown = monotonic()
                progress(done, len(paths))
    return Headers(sizes, formats, modes, smallest, largest) if sizes else None
