"""What the model sees of a picture: a fixed height, width and number of channels."""

from dataclasses import dataclass

from pellucid.storage.errors import InputError

FITS = ("pad", "crop", "stretch")
COLORS = ("rgb", "gray")


@dataclass(frozen=True)
class Frame:
    """How a picture of any size and mode becomes the array that the model sees.

    Attributes
    ----------
    height, width : pixels
    fit : "pad" keeps the whole picture and its proportions and fills the rest with black; "crop" keeps the
        proportions and
        cuts off what sticks out, equally on both sides; "stretch" changes the proportions
    color : "rgb" (3 channels) or "gray" (1 channel, ITU-R 601-2 luma)
    """

    height: int = 32
    width: int = 32
    fit: str = "pad"
    color: str = "rgb"

    def __post_init__(self) -> None:
        for side in (self.height, self.width):
            if not 1 <= side <= 4096:
                raise InputError(f"The size of a picture must be 1 to 4,096 pixels, got {side}.")
        if self.fit not in FITS:
            raise InputError(f"fit must be one of {', '.join(FITS)}, got {self.fit!r}.")
        if self.color not in COLORS:
            raise InputError(f"color must be one of {', '.join(COLORS)}, got {self.color!r}.")

    @property
    def channels(self) -> int:
        return 3 if self.color == "rgb" else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C)"""
        return self.height, self.width, self.channels
