"""What convolutional networks are made of: pictures out of rows of numbers, and filters with what follows them."""

from pellucid.layers.activations import Activation
from pellucid.layers.convolution import Conv2d
from pellucid.layers.initialization import Shape
from pellucid.layers.layer import Layer
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.shape import Reshape
from pellucid.storage.errors import InputError


def pixels(network: str, shape: Shape) -> Reshape:
    """Pictures (N, H, W, C) of the rows (N, D) that every model is given.

    Raises `InputError` where there are no pictures, but features.
    """
    if len(shape) != 3:
        raise InputError(
            f"{network} looks for patterns in pictures (H, W, C), and got rows of {shape[-1]} numbers, in "
            "which there is no left and right. Use mlp, maxout or a linear model."
        )
    return Reshape(tuple(shape))


def filtered(
    channels: int,
    filters: int,
    size: int = 3,
    stride: int = 1,
    *,
    number: int | str = "",
    activation: str = "relu",
    initialization: str = "he",
) -> dict[str, Layer]:
    """Filters that see as many pixels on each side, batch normalization, and an activation ("" for none), by name.

    `number` is put behind each name. The filters have no bias: the normalization would take it away again.
    """
    convolution = Conv2d(channels, filters, size, stride, size // 2, initialization, bias=False)
    parts: dict[str, Layer] = {"convolution": convolution, "normalization": BatchNorm(filters)}
    if activation:
        parts["activation"] = Activation(activation)
    return {f"{name}{number}": layer for name, layer in parts.items()}
