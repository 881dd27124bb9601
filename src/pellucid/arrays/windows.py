"""Windows that slide over pictures: where they lie, what they see, and how to put back what was taken from under them.

Pictures are (N, H, W, C). A window is taken apart into its offsets: what all windows have at one offset is a strided
slice of the pictures, which both engines read at full speed, also where windows overlap.
"""

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from pellucid.arrays.compile import materialized
from pellucid.arrays.namespace import namespace

Border = tuple[tuple[int, int], tuple[int, int]]
"""How many rows and columns are added: ((above, below), (left, right))."""


@dataclass(frozen=True)
class Windows:
    """Where the windows lie.

    Attributes
    ----------
    picture : H, W
    size : height and width of a window
    stride : how far a window is from the next, down and across
    border : what is added around the picture
    count : how many windows there are, down and across
    """

    picture: tuple[int, int]
    size: tuple[int, int]
    stride: int
    border: Border
    count: tuple[int, int]

    @property
    def offsets(self) -> Iterator[tuple[int, int]]:
        """The places within a window, row by row."""
        return ((row, column) for row in range(self.size[0]) for column in range(self.size[1]))

    @property
    def span(self) -> tuple[int, int]:
        """From the first window's first pixel to the last window's first pixel, both counted, down and across."""
        down, across = self.count
        return (down - 1) * self.stride + 1, (across - 1) * self.stride + 1

    @property
    def side_by_side(self) -> bool:
        """Whether each pixel of the picture is seen by one window, and nothing else is seen."""
        return self.picture == tuple(
            number * side for number, side in zip(self.count, self.size, strict=True)
        ) and self.size == (self.stride, self.stride)

    def bordered(self, x: Any, value: float = 0) -> Any:
        """The pictures with their border, filled with `value`."""
        if self.border == ((0, 0), (0, 0)):
            return x
        return namespace(x).pad(x, [(0, 0), *self.border, (0, 0)], constant_values=value)

    def seen(self, x: Any, offset: tuple[int, int]) -> Any:
        """What the windows (N, P, Q, C) have at this offset, of pictures that have their border."""
        down, across = (
            slice(first, first + span, self.stride) for first, span in zip(offset, self.span, strict=True)
        )
        return x[:, down, across]

    def repeated(self, z: Any) -> Any:
        """What each window has (N, P, Q, C), at all pixels that it sees (N, H, W, C), of windows side by side."""
        pictures, down, across, channels = z.shape
        height, width = self.size
        wide = namespace(z).broadcast_to(
            z[:, :, None, :, None], (pictures, down, height, across, width, channels)
        )
        return wide.reshape(pictures, *self.picture, channels)

    def put_back(self, pieces: Iterable[Any]) -> Any:
        """Pictures (N, H, W, C) to which each piece (N, P, Q, C), one for each offset, was added where it was seen."""
        (above, below), (left, right) = self.border
        height, width = self.picture
        z = None
        for (row, column), piece in zip(self.offsets, pieces, strict=True):
            if isinstance(piece, np.ndarray):
                if z is None:
                    shape = (len(piece), above + height + below, left + width + right, piece.shape[-1])
                    z = np.zeros(shape, piece.dtype)
                place = self.seen(z, (row, column))
                place += piece
            else:
                spread = _spread_out(
                    piece, (row - above, column - left), self.picture, self.span, self.stride
                )
                z = spread if z is None else z + spread
        return z[:, above : above + height, left : left + width] if isinstance(z, np.ndarray) else z


def windows(shape: tuple[int, ...], size: tuple[int, int], stride: int, padding: int | Border = 0) -> Windows:
    """The windows of this size on pictures of this shape (N, H, W, C).

    P = ⌊(H + border − height) / stride⌋ + 1 lie below each other. The last may leave out rows of the border, but none
    of the picture.

    Parameters
    ----------
    padding : how many rows and columns are added on all sides, or ((above, below), (left, right))

    Raises
    ------
    ValueError : the windows do not fit the picture
    """
    if len(shape) != 4:
        raise ValueError(
            "pictures must have four axes: (N, H, W, C), pictures by rows by columns by channels"
        )
    stride = operator.index(stride)
    if min(*size, stride) < 1:
        raise ValueError("windows and strides must be at least 1")
    border = _border(padding)
    if any(one < 0 for pair in border for one in pair):
        raise ValueError("a border cannot be negative")
    if any(one >= side for pair, side in zip(border, size, strict=True) for one in pair):
        raise ValueError(
            f"a border must be narrower than the windows, which are {size[0]} × {size[1]}: "
            "beyond it they would see nothing"
        )
    count = []
    for name, length, side, (before, after) in zip(
        ("rows", "columns"), shape[1:3], size, border, strict=True
    ):
        whole = before + length + after
        if whole < side:
            raise ValueError(f"pictures must have at least {side - before - after} {name} here, got {length}")
        steps, rest = divmod(whole - side, stride)
        # Where a stride is longer than a window, the pixels between windows are left out on purpose.
        lost = rest - after - max(stride - side, 0)
        if lost > 0:
            raise ValueError(
                f"the last {lost} of {length} {name} would not be seen: a window starts every {stride} "
                f"and is {side} long; add {stride - rest} of padding at the end, or cut the pictures"
            )
        count.append(steps + 1)
    return Windows((shape[1], shape[2]), size, stride, border, (count[0], count[1]))


def largest(x: Any, seen_by: Windows) -> tuple[Any, Any]:
    """The largest number that each window sees (N, P, Q, C), and the pullback; equals share their gradient equally."""
    xp = namespace(x)
    lowest = np.iinfo(x.dtype).min if np.dtype(x.dtype).kind in "iu" else -np.inf
    filled = seen_by.bordered(x, lowest)
    z = reduce(xp.maximum, (seen_by.seen(filled, offset) for offset in seen_by.offsets))

    def to_x(g: Any) -> Any:
        wins = [(seen_by.seen(filled, offset) == z).astype(x.dtype) for offset in seen_by.offsets]
        share = g / reduce(operator.add, wins)
        if xp is not np:
            # Left alone, the compiler counts the winners anew for each offset.
            share = materialized(share)
        if seen_by.side_by_side:
            # One loop over the pictures, four times as fast as to put back offset by offset.
            return (x == seen_by.repeated(z)).astype(x.dtype) * seen_by.repeated(share)
        return seen_by.put_back(share * won for won in wins)

    return z, to_x


def averages(x: Any, seen_by: Windows) -> tuple[Any, Any]:
    """The mean of what each window sees of the picture itself (N, P, Q, C), and the pullback."""
    filled = seen_by.bordered(x)
    ones = seen_by.bordered(np.ones((1, *seen_by.picture, 1), x.dtype))
    number = sum(seen_by.seen(ones, offset) for offset in seen_by.offsets)  # (1, P, Q, 1)
    z = reduce(operator.add, (seen_by.seen(filled, offset) for offset in seen_by.offsets)) / number

    def to_x(g: Any) -> Any:
        share = g / number
        if seen_by.side_by_side:
            return seen_by.repeated(share)
        return seen_by.put_back(share for _ in seen_by.offsets)

    return z, to_x


def _border(padding: int | Border) -> Border:
    if not isinstance(padding, tuple | list):
        number = operator.index(padding)
        return (number, number), (number, number)
    if np.shape(padding) != (2, 2):
        raise ValueError("padding must be one whole number, or ((above, below), (left, right))")
    (above, below), (left, right) = padding
    return (operator.index(above), operator.index(below)), (operator.index(left), operator.index(right))


def _spread_out(
    piece: Any, first: tuple[int, int], picture: tuple[int, int], span: tuple[int, int], stride: int
) -> Any:
    """Zeros in the size of the picture, and the piece in it, from `first` on in steps; what lies outside is dropped."""
    from jax import lax

    sides = [
        (before, side - before - length, stride - 1)
        for before, side, length in zip(first, picture, span, strict=True)
    ]
    return lax.pad(piece, np.zeros((), piece.dtype), [(0, 0, 0), *sides, (0, 0, 0)])
