"""Many small pictures in few files: sheets of which each place on the page shows one tile.

A JPEG's own tables are as large as a 32 × 32 picture; 256 pictures on one sheet share them, which halves the
page.
"""

import numpy as np

from pellucid.inspection.pictures import color_picture, data_uri, shrunk
from pellucid.report.markup import escape

COLUMNS = 16
TILES = 256  # on one sheet
EXACT = 150_000  # pixels up to which a page keeps its tiles to the last bit
LIMIT = 1_900_000  # letters that the sheets of one name may take; pictures of pure noise need a lower quality
QUALITIES = (85, 70, 50, 25)  # of JPEG, 0 to 100, the best first
SHOWN = 64  # pixels of the page, about, for the longer side of a tile


class Sheets:
    """Collects tiles of one size while the page is written; `style` then holds the pictures.

    Parameters
    ----------
    name : a letter that tells the sheets of one page apart
    height, width : of the pictures that will be given
    shown : size on the page in CSS pixels, about
    """

    def __init__(self, name: str, height: int, width: int, shown: int = SHOWN) -> None:
        self.name = name
        self._shown = shown
        probe = shrunk(np.zeros((1, height, width, 1), np.uint8), shown)
        self.height, self.width = probe.shape[1:3]
        # Whole multiples only, so that every pixel of the picture is a square of the same size.
        self.factor = max(1, round(shown / max(self.height, self.width)))
        self._cell = (-(-self.height // 8) * 8, -(-self.width // 8) * 8)  # JPEG works in blocks of 8 × 8
        self._tiles: list[np.ndarray] = []
        self._places: dict[int, int] = {}

    def tiles(self, pictures: np.ndarray, titles: list[str], keys: list[int] | None = None) -> list[str]:
        """HTML of a tile for each picture (n, H, W, C) uint8; what has a known key is not stored again."""
        small = shrunk(np.asarray(pictures), self._shown) if len(pictures) else pictures
        made = []
        for index, title in enumerate(titles):
            key = None if keys is None else keys[index]
            place = None if key is None else self._places.get(key)
            if place is None:
                place = len(self._tiles)
                self._tiles.append(color_picture(small[index]))
                if key is not None:
                    self._places[key] = place
            sheet, cell = divmod(place, TILES)
            row, column = divmod(cell, COLUMNS)
            left, top = column * self._cell[1] * self.factor, row * self._cell[0] * self.factor
            made.append(
                f'<span class="t {self.name} {self.name}{sheet}" role="img" title="{escape(title)}" '
                f'style="background-position:-{left}px -{top}px"></span>'
            )
        return made

    def style(self) -> str:
        """The CSS that holds all the pictures given so far."""
        if not self._tiles:
            return ""
        canvases = [
            self._canvas(self._tiles[start : start + TILES]) for start in range(0, len(self._tiles), TILES)
        ]
        rules = [
            f".{self.name}{{width:{self.width * self.factor}px;height:{self.height * self.factor}px;"
            f"background-size:{COLUMNS * self._cell[1] * self.factor}px auto}}"
        ]
        rules += [
            f'.{self.name}{sheet}{{background-image:url("{uri}")}}'
            for sheet, uri in enumerate(self._encoded(canvases))
        ]
        return "\n".join(rules)

    def _encoded(self, canvases: list[np.ndarray]) -> list[str]:
        """Data URIs of the sheets: exact where they are small, else as good as fits into the page."""
        if len(self._tiles) * self.height * self.width <= EXACT:
            return [data_uri(canvas) for canvas in canvases]
        uris: list[str] = []
        for quality in QUALITIES:
            uris = [data_uri(canvas, exact=False, quality=quality) for canvas in canvases]
            if sum(map(len, uris)) <= LIMIT:
                break
        return uris

    def _canvas(self, tiles: list[np.ndarray]) -> np.ndarray:
        """One sheet (H, W, 3) uint8 with its tiles in rows."""
        high, wide = self._cell
        canvas = np.zeros((-(-len(tiles) // COLUMNS) * high, COLUMNS * wide, 3), np.uint8)
        room = ((0, high - self.height), (0, wide - self.width), (0, 0))
        for index, tile in enumerate(tiles):
            row, column = divmod(index, COLUMNS)
            # Repeated edges do not bleed into the picture when it is compressed.
            canvas[row * high : (row + 1) * high, column * wide : (column + 1) * wide] = np.pad(
                tile, room, "edge"
            )
        return canvas
