"""Sheets of pictures with words beside them: what the model will see, and which pictures are there twice."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from pellucid.data.dataset import Dataset
from pellucid.inspection.paper import FAINT, INK, MARGIN, NAME, RULE, SMALL, empty_sheet, write
from pellucid.storage.errors import InputError

GAP, BAR = 4, "#b9c4d0"
LABEL_WIDTH = 190
LARGEST_HEIGHT = 12_000  # pixels of a sheet; viewers and the PNG's readers still open it at ease


def contact_sheet(dataset: Dataset, *, per_class: int = 10, seed: int = 0) -> Image.Image:
    """Some prepared pictures of every class, as the model will see them, enlarged by a whole factor.

    Up to 12 classes stand one under the other; more share the width in several columns, with fewer pictures
    each.

    Parameters
    ----------
    per_class : pictures of each class, 1 or more, drawn at random by `seed` from all parts
    seed : the same seed shows the same pictures

    Raises
    ------
    InputError : the dataset has rows of numbers instead of pictures, or per_class < 1
    """
    _check_pictures(dataset)
    if per_class < 1:
        raise InputError(f"per_class must be 1 or more, got {per_class}.")
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    columns = next(n for n, most in ((1, 12), (2, 50), (3, 150), (4, np.inf)) if len(counts) <= most)
    height, width = dataset.images.shape[1:3]
    up, down = _scale(height, width, (72, 56, 56, 56)[columns - 1])
    cell_width, cell_height = _drawn(width, up, down), _drawn(height, up, down)
    shown = min(
        per_class, max(3, (1000, 560, 340, 272)[columns - 1] // (cell_width + GAP)), int(counts.max())
    )

    row_height = max(cell_height, 2 * NAME + 10) + 12
    block_width = LABEL_WIDTH + shown * (cell_width + GAP) + 24
    fitting = columns * ((LARGEST_HEIGHT - 160) // row_height)
    listed = min(len(counts), fitting)
    rows = -(-listed // columns)
    note = f"{len(dataset):,} pictures in {_counted(len(counts), 'class', 'classes')}  ·  {_frame(dataset)}"
    detail = (
        f"What the model sees: up to {shown} of each class, at random (seed {seed}), {_magnified(up, down)}."
    )
    if listed < len(counts):
        detail += f" The first {listed:,} of {len(counts):,} classes."
    sheet, draw, top = empty_sheet(
        columns * block_width - 24, rows * row_height, dataset.name, [note, detail]
    )
    keys = np.random.Philox(key=seed).random_raw(len(dataset))
    order = np.lexsort((keys, dataset.labels))
    starts = np.cumsum(counts) - counts
    for k in range(listed):
        x = MARGIN + (k // rows) * block_width
        y = top + (k % rows) * row_height
        _class_label(draw, x, y, dataset.classes[k], int(counts[k]), counts[k] / counts.max(), cell_height)
        for j, row in enumerate(order[starts[k] : starts[k] + min(shown, counts[k])]):
            left = x + LABEL_WIDTH + j * (cell_width + GAP)
            _paste(sheet, draw, dataset.images[row], left, y, up, down)
        if k % rows + 1 < rows and k + 1 < listed:
            line = y + row_height - 6
            draw.line([(x, line), (x + block_width - 24 - GAP, line)], fill=RULE)
    return sheet


def sheet_of_groups(
    dataset: Dataset,
    groups: Sequence[Sequence[int]],
    captions: Sequence[str],
    *,
    title: str,
    note: str = "",
) -> Image.Image:
    """Some rows of the data side by side in small groups, each group with its caption below: such as pairs
    of doubles.

    Parameters
    ----------
    groups : for each group its rows; of more than 6 rows the first 6 are drawn
    captions : one for each group; a line break begins a new line, and long lines are cut in the middle

    Raises
    ------
    InputError : the dataset has rows of numbers instead of pictures, there are no groups, or not one caption
        for each
    """
    _check_pictures(dataset)
    if not groups or len(groups) != len(captions):
        raise InputError(f"A sheet needs one caption for each group, got {len(captions)} for {len(groups)}.")
    height, width = dataset.images.shape[1:3]
    up, down = _scale(height, width, 80)
    cell_width, cell_height = _drawn(width, up, down), _drawn(height, up, down)
    most = min(max(len(group) for group in groups), 6)
    lines = max(caption.count("\n") + 1 for caption in captions)
    tile_width = max(most * (cell_width + 2), 170) + 22
    tile_height = cell_height + lines * (SMALL + 5) + 22
    columns = min(max(1, 1240 // tile_width), len(groups))
    rows = min(-(-len(groups) // columns), (LARGEST_HEIGHT - 160) // tile_height)
    notes = [note] if note else []
    if rows * columns < len(groups):
        notes.append(f"The first {rows * columns:,} of {len(groups):,}.")
    sheet, draw, top = empty_sheet(columns * tile_width - 22, rows * tile_height, title, notes)
    for i, (group, caption) in enumerate(zip(groups, captions, strict=True)):
        if i >= rows * columns:
            break
        x = MARGIN + (i % columns) * tile_width
        y = top + (i // columns) * tile_height
        for j, row in enumerate(list(group)[:6]):
            _paste(sheet, draw, dataset.images[row], x + j * (cell_width + 2), y, up, down)
        for j, line in enumerate(caption.split("\n")):
            place = (x, y + cell_height + 6 + j * (SMALL + 5))
            write(draw, place, line, SMALL, INK if j == 0 else FAINT, tile_width - 22)
    return sheet


def sheet_of_views(
    columns: Mapping[str, np.ndarray], *, title: str, note: str = "", size: int = 96
) -> Image.Image:
    """The same pictures under several treatments: a row for each picture, a column for each treatment.

    Parameters
    ----------
    columns : name of the treatment → the pictures (n, H, W, C) uint8, all of one shape
    size : of a drawn picture's longer side in pixels, about

    Raises
    ------
    InputError : there are no pictures, or not the same number and shape in each column
    """
    shapes = {pictures.shape for pictures in columns.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 4 or 0 in next(iter(shapes)):
        raise InputError(
            f"A sheet needs the same pictures (n, H, W, C) in each column, got {sorted(shapes)}."
        )
    count, height, width, _ = shapes.pop()
    up, down = _scale(height, width, size)
    cell_width, cell_height = _drawn(width, up, down) + 2 * GAP, _drawn(height, up, down) + 2 * GAP
    sheet, draw, top = empty_sheet(
        len(columns) * cell_width, SMALL + 8 + count * cell_height, title, [note] if note else []
    )
    for column, (name, pictures) in enumerate(columns.items()):
        x = MARGIN + column * cell_width
        write(draw, (x, top), name, SMALL, INK, cell_width - GAP)
        for row, picture in enumerate(pictures):
            _paste(sheet, draw, picture, x, top + SMALL + 8 + row * cell_height, up, down)
    return sheet


def _class_label(
    draw: ImageDraw.ImageDraw, x: int, y: int, name: str, count: int, share: float, height: int
) -> None:
    """A class's name, its number of pictures, and a bar as long as its share of the largest class."""
    room = LABEL_WIDTH - 22
    y += max(0, (height - 44) // 2)
    write(draw, (x, y), name, NAME, INK, room)
    write(draw, (x, y + NAME + 5), _counted(count, "picture", "pictures"), SMALL, FAINT)
    bar = y + NAME + SMALL + 12
    draw.rectangle([(x, bar), (x + max(1, round(share * room * 0.6)), bar + 2)], fill=BAR)


def _paste(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, picture: np.ndarray, x: int, y: int, up: int, down: int
) -> None:
    """Draw one picture (H, W, C) with a hair line around it, so that a white one has an edge too."""
    pixels = np.ascontiguousarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image = Image.fromarray(pixels).convert("RGB")
    if down > 1:
        image = image.reduce(down)
    else:
        image = image.resize((image.width * up, image.height * up), Image.Resampling.NEAREST)
    draw.rectangle([(x - 1, y - 1), (x + image.width, y + image.height)], outline=RULE)
    sheet.paste(image, (x, y))


def _scale(height: int, width: int, wanted: int) -> tuple[int, int]:
    """The whole factors that enlarge and reduce a picture to about `wanted` pixels."""
    side = max(height, width)
    if side > 4 * wanted:
        return 1, -(-side // (4 * wanted))
    return max(1, -(-wanted // side)), 1


def _drawn(side: int, up: int, down: int) -> int:
    return -(-side // down) if down > 1 else side * up


def _magnified(up: int, down: int) -> str:
    if down > 1:
        return f"reduced to 1/{down}"
    return "in their own size" if up == 1 else f"each pixel drawn {up} x {up}"


def _frame(dataset: Dataset) -> str:
    height, width, channels = dataset.images.shape[1:]
    color = "rgb" if channels == 3 else "gray"
    fit = f", fit {dataset.frame.fit}" if dataset.frame is not None else ""
    return f"{width} x {height}{fit}, {color}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _check_pictures(dataset: Dataset) -> None:
    if dataset.images.ndim != 4 or not len(dataset):
        raise InputError(
            f"{dataset.name}: a contact sheet needs pictures (N, H, W, C), got {dataset.images.shape}. "
            f"Rows of numbers have none."
        )
