"""Every kind of layer, small, with the shape of one picture's numbers that it is given."""

from pellucid.layers.activations import ACTIVATIONS, Activation
from pellucid.layers.convolution import Conv2d
from pellucid.layers.dropout import Dropout
from pellucid.layers.inception import Inception
from pellucid.layers.layer import chain
from pellucid.layers.linear import Linear
from pellucid.layers.maxout import Maxout
from pellucid.layers.normalization import BatchNorm
from pellucid.layers.pooling import GlobalMeanPool, MaxPool, MeanPool
from pellucid.layers.residual import Residual, Shortcut
from pellucid.layers.shape import Flatten, Reshape, SpaceToDepth

_BODY = chain(convolution=Conv2d(3, 5, stride=2, padding=1, bias=False), normalization=BatchNorm(5))

LAYERS = {
    "linear": (Linear(6, 4, "he"), (6,)),
    "linear without bias": (Linear(6, 4, "glorot", bias=False), (6,)),
    "maxout": (Maxout(6, 4, 3), (6,)),
    **{name: (Activation(name), (2, 3)) for name in ACTIVATIONS},
    "steep leaky relu": (Activation("leaky-relu", slope=0.2), (5,)),
    "wide elu": (Activation("elu", alpha=2.0), (5,)),
    "dropout": (Dropout(0.5), (4, 4, 2)),
    "convolution": (Conv2d(3, 5), (6, 7, 3)),
    "convolution in steps": (Conv2d(3, 5, 3, 2, 1, "glorot", bias=False), (6, 8, 3)),
    "max pooling": (MaxPool(2), (6, 4, 3)),
    "max pooling that overlaps": (MaxPool(3, 2, 1), (7, 8, 3)),
    "mean pooling": (MeanPool(2), (6, 4, 3)),
    "global mean pooling": (GlobalMeanPool(), (6, 4, 3)),
    "batch normalization of features": (BatchNorm(6), (6,)),
    "batch normalization of pictures": (BatchNorm(3), (4, 5, 3)),
    "reshape": (Reshape((2, 3, 1)), (6,)),
    "flatten": (Flatten(), (2, 3, 4)),
    "space to depth": (SpaceToDepth(2), (4, 6, 3)),
    "space to depth of an odd picture": (SpaceToDepth(2), (5, 3, 2)),
    "shortcut": (Shortcut(3, 5, 2), (5, 6, 3)),
    "residual": (Residual(_BODY, Shortcut(3, 5, 2)), (6, 6, 3)),
    "inception": (
        Inception(
            (("one", Conv2d(3, 2, 1)), ("three", Conv2d(3, 4, padding=1)), ("pooled", MaxPool(3, 1, 1)))
        ),
        (4, 5, 3),
    ),
    "chain": (chain(hidden=Linear(6, 5, "he"), activation=Activation("tanh"), dropout=Dropout(0.25)), (6,)),
}
