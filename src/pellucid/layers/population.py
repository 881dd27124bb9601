"""The mean and the variance of all pictures, which batch normalization judges by.

While training each minibatch is normalized by its own mean and variance. A single picture has none, and a verdict must
not depend on its neighbors: so at the end both are measured over many pictures (Ioffe and Szegedy 2015, "Batch
normalization", algorithm 2).
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from pellucid.arrays.compile import compiled
from pellucid.arrays.namespace import namespace
from pellucid.graph.backward import ancestors
from pellucid.graph.tensor import Tensor
from pellucid.layers.layer import Arrays, Layer
from pellucid.layers.normalization import MINIBATCH
from pellucid.storage.errors import InputError


def calibrate(model: Layer, params: Arrays, batches: Iterable[Any]) -> dict[str, np.ndarray]:
    """The statistics of a model, by name, float32, measured on minibatches x (N, D) in one pass.

    One pass measures all layers, since each minibatch goes through them normalized by its own numbers, as it did in
    training. To be exact a layer would have to wait until those before it are known, one pass for each; with
    minibatches as large as in training the verdicts do not change (Wu and Johnson 2021, "Rethinking batch in
    BatchNorm", section 3.1). Take at least 8,192 pictures, drawn once, in minibatches of the training's size.
    Dropout is off, as when judging: with it the variances would be too large (Li et al. 2019, "Understanding the
    disharmony between dropout and batch normalization by variance shift").

    Where the parameters are JAX's, each minibatch runs as a compiled program, one for all of the same shape.

    Raises
    ------
    InputError : no minibatch, or one of a single picture
    """
    measure: Callable[..., Arrays] = partial(moments, model)
    if namespace(*params.values()) is not np:
        measure = compiled(measure)
    measured, counts = [], []
    if any(not array.trained for array in model.arrays().values()):
        for x in batches:
            measured.append({name: np.asarray(array) for name, array in measure(params, x).items()})
            counts.append(len(x))
        if not counts:
            raise InputError("calibrate() needs pictures: it got no minibatch.")
    names = measured[0] if measured else {}
    return population({name: np.stack([each[name] for each in measured]) for name in names}, counts)


def moments(model: Layer, params: Arrays, x: Any) -> dict[str, Any]:
    """The mean (C) and the variance (C) that each normalization finds in one minibatch x (N, D), by the names of the
    statistics. Runs also inside a compiled program, where a scan of it measures all minibatches at once.

    They are read off the graph, at the nodes that normalize: nothing else in a model needs to know of them.
    """
    leaves = {name: Tensor(array, name=name) for name, array in params.items()}
    own = {name: MINIBATCH for name, array in model.arrays().items() if not array.trained}
    found = {}
    for node in ancestors(model(leaves, x, statistics=own)):
        if node.op == "batch_normalize":
            numbers, layer = node.inputs[0], node.inputs[1].name.removesuffix("scale")
            values = numbers.value if isinstance(numbers, Tensor) else numbers
            axes = tuple(range(values.ndim - 1))
            found[f"{layer}mean"] = values.mean(axes)
            found[f"{layer}variance"] = values.var(axes)
    return found


def population(measured: Arrays, counts: Any) -> dict[str, np.ndarray]:
    """The statistics of all minibatches together, from those of each: name → (B, C), and their pictures, counts (B).

    The variance of all numbers is the mean of the variances and the variance of the means. Ioffe and Szegedy stretch
    the mean of the variances by m / (m − 1) instead, which is the same for m independent numbers; those of a picture
    are not.
    """
    found: dict[str, np.ndarray] = {}
    for name in measured:
        if not name.endswith("mean"):
            continue
        spread = f"{name.removesuffix('mean')}variance"
        means, variances = np.asarray(measured[name], np.float64), np.asarray(measured[spread], np.float64)
        mean = np.average(means, axis=0, weights=counts)
        variance = np.average(variances + (means - mean) ** 2, axis=0, weights=counts)
        found |= {name: mean.astype(np.float32), spread: variance.astype(np.float32)}
    return found
