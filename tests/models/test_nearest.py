"""The nearest examples: the same as by comparing with each, whatever the block, the metric, the engine."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from pellucid.models import nearest
from pellucid.models.metrics import distances
from pellucid.models.nearest import Examples
from pellucid.models.sketches import Pooled, Projection, Rounded, sketch_for
from pellucid.storage.errors import InputError

METRICS = {"l2": "euclidean", "l1": "manhattan", "cosine": "cosine"}


def pictures(count, seed, side=12):
    """Smooth pictures (count, side, side − 1, 3) uint8, as photographs are."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    rough = rng.normal(0, 1, (count, side, side - 1, 3)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 12 * rough, 1, 255).astype(np.uint8)


def by_hand(examples, x, k, metric):
    """Distances in float64 to every example, sorted; of equal ones the first."""
    flat = examples.reshape(len(examples), -1)
    far = np.stack([distances(metric, flat, one) for one in x.reshape(len(x), -1)])
    numbers = np.argsort(far, axis=1, kind="stable")[:, :k]
    return numbers, np.take_along_axis(far, numbers, axis=1)


@pytest.fixture
def sketched(monkeypatch):
    """Sketches are made however few examples there are."""
    monkeypatch.setattr(nearest, "_WORTH", 0)


@pytest.mark.parametrize("metric", METRICS)
def test_the_same_as_scikit_learn(metric, sketched):
    examples, x = pictures(700, 1), pictures(60, 2)
    flat, others = (each.reshape(len(each), -1).astype(np.float64) for each in (examples, x))
    far, numbers = (
        NearestNeighbors(n_neighbors=7, metric=METRICS[metric], algorithm="brute")
        .fit(flat)
        .kneighbors(others)
    )
    found = Examples(examples, metric).nearest(x, 7)
    assert np.array_equal(found[0], numbers)
    np.testing.assert_allclose(found[1], far, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["pictures", "numbers", "few numbers"])
@pytest.mark.parametrize("k", [1, 5, 150])
def test_sketches_lose_no_neighbor(metric, kind, k, sketched):
    if kind == "pictures":
        examples, x = pictures(651, 1), pictures(13, 2)
    else:
        rng = np.random.Generator(np.random.Philox(key=3))
        width = 9 if kind == "few numbers" else 300
        examples, x = (rng.normal(3, 2, (count, width)).astype(np.float32) for count in (800, 13))
    found = Examples(examples, metric).nearest(x, k)
    wanted = by_hand(examples, x, k, metric)
    assert np.array_equal(found[0], wanted[0])
    assert np.array_equal(found[1], wanted[1])


@pytest.mark.parametrize("table", [1, 701, 3 * 701, 10**6])
@pytest.mark.parametrize("count", [1, 2, 7, 65])
def test_blocks_of_every_size(table, count, sketched, monkeypatch):
    monkeypatch.setattr(nearest, "_TABLE", table)
    examples, x = pictures(701, 4), pictures(count, 5)
    found, wanted = Examples(examples).nearest(x, 3), by_hand(examples, x, 3, "l2")
    assert np.array_equal(found[0], wanted[0])
    assert np.array_equal(found[1], wanted[1])


@pytest.mark.parametrize("metric", METRICS)
def test_both_engines_find_the_same(metric, sketched):
    examples, x = pictures(300, 6), pictures(9, 7)
    one, other = (Examples(examples, metric, engine).nearest(x, 4) for engine in ("numpy", "xla"))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])


@pytest.mark.parametrize("worth", [0, 10**15])
@pytest.mark.parametrize("metric", ["l2", "l1"])
def test_of_equal_distances_the_first(worth, metric, monkeypatch):
    monkeypatch.setattr(nearest, "_WORTH", worth)
    some = pictures(40, 8)
    examples = np.concatenate([some] * 9)  # every picture nine times
    numbers, far = Examples(examples, metric).nearest(some[:6], 12)
    assert np.array_equal(numbers[:, :9], np.arange(6)[:, None] + 40 * np.arange(9))
    assert (far[:, :9] == 0).all()
    assert np.array_equal(numbers, by_hand(examples, some[:6], 12, metric)[0])


def test_examples_that_are_all_the_same(sketched):
    numbers, far = Examples(np.full((500, 6, 6, 3), 7, np.uint8)).nearest(np.full((2, 108), 7.0), 4)
    assert np.array_equal(numbers, [[0, 1, 2, 3]] * 2)
    assert not far.any()


def test_gray_levels_do_not_wrap_around():
    examples = np.array([[250, 250], [10, 10]], np.uint8)
    for metric, far in (("l1", 8.0), ("l2", 32**0.5)):
        numbers, found = Examples(examples, metric).nearest(np.array([[6, 6]], np.uint8), 1)
        assert numbers[0, 0] == 1
        assert found[0, 0] == pytest.approx(far)


@pytest.mark.parametrize("worth", [0, 10**15])
def test_an_example_is_left_out_where_it_is_judged_itself(worth, monkeypatch):
    monkeypatch.setattr(nearest, "_WORTH", worth)
    examples = pictures(400, 9)
    own = np.array([3, 399, -1])
    x = np.concatenate([examples[[3, 399]], examples[[5]]])
    numbers, _ = Examples(examples).nearest(x, 2, own)
    wanted, _ = by_hand(examples, x, 3, "l2")
    assert np.array_equal(numbers[:2], wanted[:2, 1:])
    assert np.array_equal(numbers[2], wanted[2, :2])


@pytest.mark.parametrize(
    ("metric", "examples", "kind"),
    [
        ("l2", pictures(900, 1), Projection),
        ("cosine", pictures(900, 1), Projection),
        ("l1", pictures(90, 1, side=17), Pooled),
        ("l1", np.ones((9, 5), np.float32), Rounded),
        ("l2", np.eye(5, dtype=np.float32), Projection),
    ],
)
def test_a_sketch_is_never_further(metric, examples, kind):
    """Each bound is at most what the true distance may come to, for all pairs."""
    flat = examples.reshape(len(examples), -1)[:90]
    sketch = sketch_for(metric, examples)
    assert isinstance(sketch, kind)
    far = np.stack([distances(metric, flat, one) for one in flat])
    for sketches in sketch(flat):
        bounds = sketch.bounds(sketches, sketches)
        reach = np.stack(
            [sketch.reach(far[:, j], sketches, sketch.longest(sketches)) for j in range(len(flat))], 1
        )
        assert (bounds <= reach).all()


def scattered(count, key, features=600):
    """Rows (n, D) float32 that vary in all directions alike."""
    return np.random.Generator(np.random.Philox(key=key)).normal(size=(count, features)).astype(np.float32)


@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_where_directions_say_little_all_numbers_are_multiplied(metric, monkeypatch):
    monkeypatch.setattr(nearest, "_WORTH", 0)
    examples, x = scattered(2000, 1), scattered(20, 2)
    examples[700] = examples[3]
    x[0] = examples[3]
    found = Examples(examples, metric)
    assert found._sketch.counts == (600,)
    looked_at = []
    exact = nearest.distances
    monkeypatch.setattr(nearest, "distances", lambda m, a, b: looked_at.append(len(a)) or exact(m, a, b))
    numbers, far = found.nearest(x, 5)
    wanted, distant = by_hand(examples, x, 5, metric)
    np.testing.assert_array_equal(numbers, wanted)
    np.testing.assert_allclose(far, distant, rtol=1e-12, atol=1e-12)
    assert sum(looked_at) < 100 * len(x)
    few = pictures(900, 1)  # few directions hold nearly all of them
    assert sketch_for(metric, few).counts == (64,)
    assert sketch_for(metric, np.full((900, 300), 7, np.uint8)).counts == (64,)
    monkeypatch.setattr("pellucid.models.sketches._MOST", 2000 * 600 - 1)
    assert sketch_for(metric, examples).counts == (64,)


def test_a_sketch_of_pictures_says_much():
    """Else nothing would be ruled out: of smooth pictures most of the distance is in few numbers."""
    examples = pictures(900, 1, side=20)
    flat = examples.reshape(len(examples), -1)
    sketches = sketch_for("l1", examples)(flat)
    assert [each.shape[1] for each in sketches] == [27, 75, 300]
    far = distances("l1", flat[1:], flat[0])
    shares = [(np.abs(each[1:] - each[0]).sum(axis=1) / far).mean() for each in sketches]
    assert shares == sorted(shares)
    assert shares[-1] > 0.8


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda e, x: Examples(e, "l3"),
            "--metric must be one of l2, l1, cosine; got 'l3'. Did you mean l2?",
        ),
        (lambda e, x: Examples(e[:0]), "no examples"),
        (
            lambda e, x: Examples(e).nearest(x, 0),
            "--neighbors must be 1 to 5, the number of training examples, got 0",
        ),
        (lambda e, x: Examples(e).nearest(x, 6), "must be 1 to 5.*got 6"),
        (lambda e, x: Examples(e).nearest(x, 5, np.array([0])), "must be 1 to 4.*got 5"),
        (lambda e, x: Examples(e).nearest(x[:, :2], 1), "3 numbers each, and these rows 2"),
        (
            lambda e, x: Examples(np.where(e == 4, np.nan, e)),
            "1 training example of these hold NaN .*number 2",
        ),
        (lambda e, x: Examples(e).nearest(x * np.inf, 1), "1 picture of these hold NaN or infinite"),
        (
            lambda e, x: Examples(e * 0, "cosine"),
            "5 training examples of these hold nothing but zeros.*take --metric l2",
        ),
        (
            lambda e, x: Examples(e + 1, "cosine").nearest(x * 0, 1),
            "1 picture of these hold nothing but zeros",
        ),
    ],
)
def test_bad_input_is_told(make, sentence):
    examples = np.arange(15, dtype=np.float32).reshape(5, 3)
    with pytest.raises(InputError, match=sentence):
        make(examples, np.ones((1, 3), np.float32))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("size", [1e25, 1e-25])
def test_numbers_whose_squares_float32_does_not_hold(metric, size, sketched):
    rng = np.random.Generator(np.random.Philox(key=11))
    examples, x = (rng.normal(size=(count, 300)).astype(np.float32) for count in (700, 7))
    x[[2, 4]] *= np.float32(size)
    for some in (examples, np.concatenate([examples, x[2:3]])):
        found, wanted = Examples(some, metric).nearest(x, 3), by_hand(some, x, 3, metric)
        assert np.array_equal(found[0], wanted[0])
        assert np.array_equal(found[1], wanted[1])


@pytest.mark.parametrize("shape", [(0, 12, 11, 3), (0, 396)])
def test_of_no_pictures_there_are_no_neighbors(shape):
    numbers, far = Examples(pictures(20, 1)).nearest(np.zeros(shape, np.uint8), 3)
    assert numbers.shape == far.shape == (0, 3)


def test_a_device_makes_bounds_of_unrounded_products(sketched):
    import jax

    examples, precisions = Examples(pictures(300, 6), engine="xla"), []

    def bounds(sketches, view):
        precisions.append(jax.config.jax_default_matmul_precision)
        return examples._sketch.bounds(np.asarray(sketches), view)

    vars(examples)["_program"] = bounds
    examples.nearest(pictures(9, 7), 4)
    assert set(precisions) == {"highest"}
