"""Compiled programs against NumPy in float64, where compilers were found to be wrong."""

import subprocess
import sys

import numpy as np
import pytest

from pellucid.arrays import canary
from pellucid.arrays import compile as compiler
from pellucid.arrays.compile import compiled, precision
from pellucid.graph import gradients
from pellucid.graph.algebra import affine
from pellucid.graph.reductions import weighted_mean
from pellucid.graph.tensor import Tensor
from pellucid.losses import multiclass_hinge, softmax_cross_entropy
from pellucid.preprocessing.standardize import standardize
from pellucid.storage.records import read_json

AROUND = [2**power + offset for power in (14, 15, 16) for offset in (-1, 0, 1)]


def test_full_canary_in_this_compiler():
    assert tuple(AROUND) == canary.FULL
    found = canary.wrong_rows(canary.FULL)
    assert set(found) == {(rows, dtype) for rows in AROUND for dtype in ("float32", "float64")}
    assert not any(found.values())


@pytest.mark.parametrize(("dtype", "rows"), [(np.float64, 16_385), (np.float32, 32_769)])
def test_issue_39103_one_row_of_many_is_wrong(dtype, rows):
    """The reproducer of the issue: the last of the rows came out as another number in jaxlib 0.10.2."""
    import jax
    import jax.numpy as jnp

    def last(compiler):
        with precision(dtype):
            numbers = jnp.arange(rows, dtype=dtype)
            x = jnp.stack((numbers, jnp.zeros_like(numbers), jnp.zeros_like(numbers)), axis=1)
            matrix = jnp.eye(3, dtype=dtype)
            found = compiler(lambda x: jax.vmap(lambda row: jnp.sum((matrix @ row) ** 2))(x))(x)
            assert found.dtype == dtype
            return float(found[-1])

    assert last(compiled) == float(rows - 1) ** 2
    # The canary sings: what the door forbids is really wrong.
    if compiler.version() != "0.10.2" or jax.default_backend() != "cpu":
        pytest.skip(
            f"right with our options; jaxlib 0.10.2 is known to be wrong without, this is {compiler.version()}"
        )
    assert last(jax.jit) != float(rows - 1) ** 2


def test_the_short_canary_tells_this_compiler_without_our_options():
    """What runs on a user's machine finds the fault that it is there for."""
    import jax

    if compiler.version() != "0.10.2" or jax.default_backend() != "cpu":
        pytest.skip(f"jaxlib 0.10.2 on a CPU is known to be wrong; this is {compiler.version()}")
    assert any(canary.wrong_rows(canary.SHORT, compiler=jax.jit).values())
    assert not any(canary.wrong_rows(canary.SHORT).values())


@pytest.mark.parametrize(("features", "classes"), [(1, 3), (3, 1), (2, 2), (4, 4), (3, 10), (24, 16)])
def test_products_of_other_sizes(features, classes):
    assert not any(canary.wrong_rows(canary.SHORT, features, classes).values())


CRASH = """
import numpy as np
from pellucid.arrays.compile import compiled
stream = np.random.Generator(np.random.Philox(key=1))
a, b = (stream.standard_normal((3, 1, 2, 2, 8, 8, 8)).astype(np.float32) for _ in range(2))
found = np.asarray(compiled(lambda a, b: (a * b).sum(axis=3))(a, b))
np.testing.assert_allclose(found, (a.astype(float) * b).sum(axis=3), rtol=1e-5, atol=1e-5)
print("right")
"""


def test_issue_40412_a_reduction_of_rank_7_crashes_the_process():
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "right"), done.stderr[-2000:]


@pytest.mark.parametrize("rank", range(1, 8))
def test_products_summed_over_an_axis_of_every_rank(rank):
    stream = np.random.Generator(np.random.Philox(key=rank))
    for trial in range(3):
        shape = tuple(stream.integers(1, 9, rank).tolist())
        a, b = (stream.standard_normal(shape).astype(np.float32) for _ in range(2))
        axis = int(stream.integers(rank))
        found = np.asarray(compiled(lambda a, b, axis=axis: (a * b).sum(axis=axis))(a, b))
        expected = (a.astype(float) * b).sum(axis=axis)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=f"{shape} {trial}")


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge])
@pytest.mark.parametrize("rows", AROUND)
def test_a_step_of_a_linear_classifier(loss, rows):
    """The program that is trained: scores, losses and gradients of many rows, in float32 against NumPy in float64."""
    stream = np.random.Generator(np.random.Philox(key=rows))
    pictures = stream.integers(0, 256, (rows, 12)).astype(np.uint8)
    mean, scale = np.full(12, 120.0, np.float32), np.full(12, 60.0, np.float32)
    w, b = stream.standard_normal((5, 12)).astype(np.float32), stream.standard_normal(5).astype(np.float32)
    y, v = stream.integers(0, 5, rows).astype(np.int32), stream.uniform(0.5, 2, rows).astype(np.float32)

    def looked_at(w, b, pictures, mean, scale, v):
        x = standardize(pictures, mean, scale)
        weight, bias = Tensor(w, name="w"), Tensor(b, name="b")
        losses = loss(affine(x, weight, bias), y)
        flow = gradients(weighted_mean(losses, v), of=(weight, bias))
        return losses.value, flow[weight], flow[bias]

    found = compiled(looked_at)(w, b, pictures, mean, scale, v)
    exact = looked_at(
        w.astype(float), b.astype(float), pictures, mean.astype(float), scale.astype(float), v.astype(float)
    )
    for ours, expected in zip(found, exact, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(np.asarray(ours), expected, rtol=2e-5, atol=2e-5)


def test_the_verdict_is_remembered(monkeypatch, own_cache):
    asked = []
    monkeypatch.setattr(canary, "wrong_rows", lambda rows: asked.append(rows) or {7: 0})
    assert canary.trustworthy()
    assert canary.trustworthy()
    assert asked == [canary.SHORT]
    kept = read_json(own_cache / "canary.json")
    assert list(kept.values()) == [True]
    assert compiler.version() in next(iter(kept))


def test_a_compiler_that_is_wrong_is_not_trusted(monkeypatch):
    monkeypatch.setattr(canary, "wrong_rows", lambda rows: {16_385: 0, 32_769: 1})
    assert not canary.trustworthy()
    assert not canary.trustworthy()


@pytest.mark.parametrize("content", ["", "[]", "not json", "null"])
def test_a_damaged_memory_is_made_anew(monkeypatch, own_cache, content):
    (own_cache / "canary.json").write_text(content)
    monkeypatch.setattr(canary, "wrong_rows", lambda rows: {})
    assert canary.trustworthy()
    assert list(read_json(own_cache / "canary.json").values()) == [True]


def test_another_version_is_asked_again(monkeypatch):
    verdicts = iter([{1: 0}, {1: 1}])
    monkeypatch.setattr(canary, "wrong_rows", lambda rows: next(verdicts))
    assert canary.trustworthy()
    monkeypatch.setattr(canary, "fingerprint", lambda: {"jaxlib": "99.0"})
    assert not canary.trustworthy()


def test_a_cache_that_cannot_be_made_is_no_obstacle(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(canary, "wrong_rows", lambda rows: {1: 0})
    assert canary.trustworthy()


def test_the_canary_counts_wrong_rows():
    def off_by_a_little(function):
        return lambda m, r: ((r @ m.T) ** 2).sum(1) * np.where(np.arange(len(r)) < 3, 1.01, 1.0)

    found = canary.wrong_rows((50, 20), compiler=off_by_a_little)
    assert found == {(rows, dtype): 3 for rows in (50, 20) for dtype in ("float32", "float64")}
