"""The objective over all pictures, visited in blocks, is the objective of all pictures at once."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.graph.activations import relu
from pellucid.graph.algebra import affine
from pellucid.losses.criterion import Criterion
from pellucid.optimizers.descent import GradientDescent
from pellucid.optimizers.minimizer import lbfgs
from pellucid.training import full_batch as module
from pellucid.training.engine import Supply
from pellucid.training.full_batch import full_batch
from pellucid.training.step import Task

PICTURES, FEATURES, HIDDEN, CLASSES = 150, 12, 7, 4
L2 = {"hidden.weight": 0.3, "output.weight": 0.1}


def network(params, x, **mode):
    """A small network: two layers."""
    hidden = relu(affine(x, params["hidden.weight"], params["hidden.bias"]))
    return affine(hidden, params["output.weight"], params["output.bias"])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 32)


def supply(dtype):
    stream = np.random.Generator(np.random.Philox(key=3))
    pictures = stream.integers(0, 256, (PICTURES, 2, 2, 3), dtype=np.uint8)
    labels = stream.integers(0, CLASSES, PICTURES).astype(np.int32)
    weights = stream.uniform(0.5, 2.0, PICTURES).astype(dtype)
    flat = pictures.reshape(PICTURES, -1).astype(np.float64)
    return Supply(pictures, labels, weights, flat.mean(0).astype(dtype), flat.std(0).astype(dtype))


def task(loss="softmax-cross-entropy"):
    return Task(network, Criterion(loss), GradientDescent(), L2)


def start():
    stream = np.random.Generator(np.random.Philox(key=8))
    shapes = {
        "hidden.weight": (HIDDEN, FEATURES),
        "hidden.bias": (HIDDEN,),
        "output.weight": (CLASSES, HIDDEN),
        "output.bias": (CLASSES,),
    }
    return {name: 0.5 * stream.standard_normal(shape) for name, shape in shapes.items()}


def at_once(task, data, rows):
    """The objective of these rows as one block, by central differences in the direction of each parameter's ones."""
    x, y, v = data.batch(rows)

    def value(params):
        return float(task.objective(params, x, y, v)[0])

    slopes, step = {}, 1e-6
    for name, array in start().items():
        up, down = ({**start(), name: array + sign * step} for sign in (1, -1))
        slopes[name] = (value(up) - value(down)) / (2 * step)
    return value(start()), slopes


@pytest.mark.parametrize("eager", [True, False], ids=["numpy", "xla"])
@pytest.mark.parametrize(
    ("loss", "count"),
    [("softmax-cross-entropy", 20), ("one-versus-rest-squared-hinge", 64), ("softmax-cross-entropy", 129)],
)
def test_blocks_add_up_to_all_pictures_at_once(eager, loss, count):
    """Fewer pictures than a block, whole blocks, and a last one of a single picture; every picture has its weight."""
    data, rows = supply(np.float64), np.arange(PICTURES)[::-1][:count]
    value, slopes = at_once(task(loss), data, rows)
    found, g, right = full_batch(task(loss), data, rows, eager=eager)(start())
    assert found == pytest.approx(value, rel=1e-12)
    x, y, _ = data.batch(rows)
    assert right == (network(start(), x).argmax(axis=1) == y).sum()
    assert list(g) == list(start())
    for name, array in g.items():
        assert array.dtype == np.float64
        assert array.sum() == pytest.approx(slopes[name], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("eager", [True, False], ids=["numpy", "xla"])
def test_float32_is_added_up_in_float64(eager):
    rows = np.arange(PICTURES)
    exact, slopes, _ = full_batch(task(), supply(np.float64), rows, eager=True)(start())
    found, g, _ = full_batch(task(), supply(np.float32), rows, eager=eager)(start())
    assert np.asarray(found).dtype == np.float64
    assert found == pytest.approx(exact, rel=1e-6)
    for name, array in g.items():
        assert array.dtype == np.float64
        assert np.linalg.norm(array - slopes[name]) <= 1e-5 * np.linalg.norm(slopes[name])


@pytest.mark.parametrize("eager", [True, False], ids=["numpy", "xla"])
def test_pictures_without_weight_do_not_count(eager):
    """Also where a whole block of them would have no mean."""
    data = supply(np.float64)
    weights = data.weights.copy()
    weights[:64] = 0
    found = full_batch(task(), replace(data, weights=weights), np.arange(PICTURES), eager=eager)(start())
    kept = full_batch(task(), data, np.arange(64, PICTURES), eager=eager)(start())
    assert found[0] == pytest.approx(kept[0], rel=1e-12)
    for name, array in found[1].items():
        np.testing.assert_allclose(array, kept[1][name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("eager", [True, False], ids=["numpy", "xla"])
def test_lbfgs_goes_down_it(eager):
    objective = full_batch(task(), supply(np.float64), np.arange(PICTURES), eager=eager)
    found = lbfgs(lambda params: objective(params)[:2], start(), beta=1e-6, steps=500)
    assert found.gradient_norm <= 1e-6
    assert found.value < 0.7 * found.values[0]
