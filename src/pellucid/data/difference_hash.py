"""64 bits that stay nearly the same when a picture is resized, recompressed or brightened.

Everything here is computed in whole numbers that floating point holds exactly, so that the bits do not
depend on the machine, the number of threads, or the order in which a library adds.
"""

from collections.abc import Callable

import numpy as np

LEAST_SIDE = 16  # pixels of content; below this two different pictures look alike too easily
_BLOCK_BYTES = 1 << 24


def difference_hashes(
    images: np.ndarray,
    boxes: np.ndarray,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """For each picture 64 bits: is a cell of its 8 × 9 thumbnail brighter than its left neighbor?

    Parameters
    ----------
    images (N, H, W, C) uint8
    boxes (N, 4) : top, bottom, left, right of the content (`content_boxes`)

    Returns
    -------
    hashes (N,) uint64
    contrasts (N,) float64 : the standard deviation of the thumbnail in gray levels, 0..127.5; where it is
        small the bits are noise

    Source: N. Krawetz 2013, "Kind of Like That" (dHash), with areas averaged instead of pixels picked.
    """
    hashes = np.zeros(len(images), np.uint64)
    contrasts = np.zeros(len(images))
    done = 0
    for rows, box in _by_box(images, boxes):
        cells = thumbnails(images, rows, box, 8, 9)
        bits = cells[:, :, 1:] > cells[:, :, :-1]
        hashes[rows] = np.packbits(bits.reshape(len(rows), 64), axis=1).view(">u8")[:, 0]
        contrasts[rows] = cells.reshape(len(rows), -1).std(axis=1)
        done += len(rows)
        if progress is not None:
            progress(done, len(images))
    return hashes, contrasts


def gradients_of_thumbnails(images: np.ndarray, rows: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """What these rows (n,) of the pictures show, without brightness, slant and vignette: (n, 480) float64, in gray
    levels.

    The differences between neighboring cells of the 16 × 16 thumbnail, downwards and rightwards, after the
    best surface of second degree was taken off it: two clear skies that darken upwards and towards the
    corners are otherwise alike.

    Parameters
    ----------
    boxes (n, 4) : of the content of each of the rows, `content_boxes`
    """
    described = np.empty((len(rows), 480))
    y, x = np.mgrid[-1:1:16j, -1:1:16j].reshape(2, 256)
    surface = np.linalg.qr(np.stack([np.ones(256), x, y, x * x, x * y, y * y], axis=1))[0]  # (256, 6)
    for places, box in _by_box(images, boxes):
        cells = thumbnails(images, rows[places], box, 16, 16).reshape(len(places), 256)
        cells = (cells - (cells @ surface) @ surface.T).reshape(len(places), 16, 16)
        described[places, :240] = np.diff(cells, axis=1).reshape(len(places), 240)
        described[places, 240:] = np.diff(cells, axis=2).reshape(len(places), 240)
    return described


def content_boxes(images: np.ndarray) -> np.ndarray:
    """Where the picture is, without the black bars that padding put on two opposite sides: (N, 4) int64.

    Bars count if they are equally wide on both sides, but for one pixel. Without this step the edges of the
    bars would make any two wide pictures look alike.

    Returns
    -------
    (N, 4) : top, bottom, left, right; the content is `image[top:bottom, left:right]`
    """
    count, height, width = images.shape[:3]
    block = max(1, min(4096, _BLOCK_BYTES // int(np.prod(images.shape[1:]))))
    boxes = np.tile(np.array([0, height, 0, width], np.int64), (count, 1))
    for first, along, across, side in (
        (0, images[:, 0], (2, 3), height),
        (2, images[:, :, 0], (1, 3), width),
    ):
        barred = np.flatnonzero(~along.reshape(count, -1).any(axis=1))
        for start in range(0, len(barred), block):
            rows = barred[start : start + block]
            filled = np.asarray(images[rows].any(axis=across))
            before, after = filled.argmax(axis=1), filled[:, ::-1].argmax(axis=1)
            even = filled.any(axis=1) & (np.abs(before - after) <= 1)
            boxes[rows[even], first] = before[even]
            boxes[rows[even], first + 1] = side - after[even]
    return boxes


def thumbnails(images: np.ndarray, rows: np.ndarray, box: np.ndarray, height: int, width: int) -> np.ndarray:
    """The gray content of some pictures, averaged over height × width cells: (n, height, width) float64,
    0..255.

    Gray is (2 R + 5 G + B) / 8, near ITU-R 601 and in small whole numbers.
    """
    top, bottom, left, right = box.tolist()
    chosen = images[rows[0] : rows[-1] + 1] if rows[-1] - rows[0] + 1 == len(rows) else images[rows]
    content = chosen[:, top:bottom, left:right]
    count, high, wide, channels = content.shape
    gray = np.array([2, 5, 1] if channels == 3 else [8], np.int64)
    across = (_areas(wide, width)[:, None, :] * gray[None, :, None]).reshape(wide * channels, width)
    # At most 8 · 255 · 4,096 < 2²⁴: every sum is a whole number that float32 holds, in whatever order it is
    # added.
    lines = content.reshape(count * high, wide * channels).astype(np.float32) @ across.astype(np.float32)
    cells = _areas(high, height).T.astype(np.float64) @ lines.reshape(count, high, width).astype(np.float64)
    return cells / (8 * high * wide)


def thumbnails_of(images: np.ndarray, rows: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """The gray content of these rows (n,) of the pictures as squares: (n, side, side) float32, 0..255.

    Parameters
    ----------
    boxes (n, 4) : of the content of each of the rows, `content_boxes`
    """
    found = np.empty((len(rows), side, side), np.float32)
    for places, box in _by_box(images, boxes):
        found[places] = thumbnails(images, rows[places], box, side, side)
    return found


def _areas(pixels: int, cells: int) -> np.ndarray:
    """(pixels, cells) int64: how much of each pixel lies in each cell, in units of 1/cells of a pixel."""
    cell, pixel = np.arange(cells + 1) * pixels, np.arange(pixels + 1) * cells
    overlap = np.minimum(cell[None, 1:], pixel[1:, None]) - np.maximum(cell[None, :-1], pixel[:-1, None])
    return np.maximum(overlap, 0)


def _by_box(images: np.ndarray, boxes: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows, box) in blocks that need little memory, each of pictures with the same box."""
    block = max(1, _BLOCK_BYTES // (4 * int(np.prod(images.shape[1:]))))
    kinds, kind = np.unique(boxes, axis=0, return_inverse=True)
    order = np.argsort(kind.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(kind.reshape(-1), minlength=len(kinds)))
    return [
        (order[start : min(start + block, end)], kinds[i])
        for i, end in enumerate(ends.tolist())
        for start in range(int(ends[i - 1]) if i else 0, end, block)
    ]
