"""Labels and soft targets are looked at where they come in; the sentence names the rows."""

import numpy as np
import pytest

from pellucid.losses import checked_bits, checked_labels, checked_signs, checked_targets
from pellucid.storage.errors import InputError


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64, np.float32, np.float64, list])
def test_whole_numbers_of_any_dtype_become_int32(kind):
    labels = [2, 0, 1] if kind is list else np.array([2, 0, 1], kind)
    found = checked_labels(labels, 3, count=3)
    assert found.dtype == np.int32
    assert found.tolist() == [2, 0, 1]


def test_bools_are_two_classes():
    assert checked_labels(np.array([True, False]), 2).tolist() == [1, 0]


def test_no_labels_at_all_are_labels():
    for none in ([], np.zeros(0, int)):
        assert checked_labels(none, 3).shape == checked_signs(none).shape == (0,)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 3, 1], r"1 of 3 labels are outside 0\.\.2, the 3 classes: 3 \(row 1\)"),
        ([0, -1, 9], r"2 of 3 labels are outside 0\.\.2, the 3 classes: -1 \(row 1\), 9 \(row 2\)"),
        ([2**40, 0], r"1 of 2 labels are outside .*1099511627776 \(row 0\)"),
        (np.array([2**64 - 1, 0], np.uint64), r"1 of 2 labels are outside"),
        ([0.0, 0.5], r"1 of 2 labels are not whole numbers: 0\.5 \(row 1\)"),
        ([0.0, np.nan], r"1 of 2 labels are NaN or infinite: nan \(row 1\)"),
        ([np.inf, 1], r"1 of 2 labels are NaN or infinite: inf \(row 0\)"),
        ([1e300, 1], r"1 of 2 labels are too large to be labels"),
        (["cat", "dog"], r"labels must be whole numbers, got an array of <U3"),
        ([None, 1], r"labels must be whole numbers, got an array of object"),
        (np.array([1j, 0]), r"labels must be whole numbers, got an array of complex"),
        (
            np.eye(3),
            r"labels must have the shape \(N,\), got \(3, 3\)\. From one-hot rows take labels\.argmax\(1\)",
        ),
        (np.zeros((3, 1)), r"got \(3, 1\)\. Take labels\[:, 0\]"),
        ([[1, 2], [3]], r"labels must be whole numbers of shape \(N,\), got a ragged list"),
        (1, r"labels must have the shape \(N,\), got \(\)"),
        ([9] * 9, r"9 of 9 labels .*\(row 4\), …\."),
    ],
)
def test_labels_that_are_none(labels, sentence):
    with pytest.raises(InputError, match=sentence):
        checked_labels(labels, 3)


def test_labels_and_targets_of_another_count():
    with pytest.raises(InputError, match=r"labels must have the shape \(4,\), got \(3,\)"):
        checked_labels([0, 1, 2], 3, count=4)
    with pytest.raises(InputError, match=r"soft targets must have the shape \(4, 3\), got \(3, 3\)"):
        checked_targets(np.eye(3), 3, count=4)


@pytest.mark.parametrize(
    "labels",
    [[1, 0, 0, 1], [1, -1, -1, 1], [True, False, False, True], [1.0, -1.0, -1.0, 1.0], [1.0, 0.0, 0.0, 1.0]],
)
@pytest.mark.parametrize("kind", [list, np.array])
def test_both_ways_of_writing_two_classes_are_one(labels, kind):
    signs, bits = checked_signs(kind(labels), count=4), checked_bits(kind(labels), count=4)
    assert signs.dtype == bits.dtype == np.int32
    assert (signs.tolist(), bits.tolist()) == ([1, -1, -1, 1], [1, 0, 0, 1])


@pytest.mark.parametrize(("labels", "sign"), [([1, 1], 1), ([0, 0], -1), ([-1, -1], -1)])
def test_one_class_alone(labels, sign):
    assert checked_signs(labels).tolist() == [sign, sign]


@pytest.mark.parametrize("check", [checked_signs, checked_bits])
def test_what_is_no_pair_of_classes(check):
    with pytest.raises(InputError, match=r"got −1 \(row 2\) and 0 \(row 1\) together.*multiclass"):
        check([1, 0, -1])
    with pytest.raises(
        InputError, match=r"1 of 2 labels of two classes are neither −1 or 1 nor 0 or 1: 2 \(row 1\)"
    ):
        check([1, 2])
    with pytest.raises(InputError, match=r"labels of two classes are NaN or infinite"):
        check([1.0, np.nan])
    with pytest.raises(InputError, match=r"Take labels\[:, 0\]"):
        check([[1], [0]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_soft_targets_keep_their_dtype(dtype):
    rng = np.random.Generator(np.random.Philox(key=11))
    targets = rng.dirichlet(np.ones(10), 50).astype(dtype)
    assert checked_targets(targets, 10) is targets
    assert checked_targets(np.eye(3, dtype=int), 3).dtype == np.float32


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        (
            [[0.5, 0.6], [0.5, 0.5]],
            r"1 of 2 rows \(0\) of the soft targets do not add up to 1: row 0 adds up to 1\.1\.",
        ),
        ([[1.5, -0.5], [0.5, 0.5]], r"1 of 2 rows \(0\) of the soft targets hold negative"),
        ([[0.5, 0.5], [np.nan, 0.5]], r"1 of 2 rows \(1\) of the soft targets hold NaN"),
        ([[np.inf, 0.5], [0.5, 0.5]], r"1 of 2 rows \(0\) of the soft targets hold NaN or infinite"),
        (np.zeros((9, 2)), r"9 of 9 rows \(0, 1, 2, 3, 4, …\).*adds up to 0"),
        ([[1.0], [1.0]], r"soft targets must have the shape \(N, 2\), got \(2, 1\)"),
        ([1.0, 0.0], r"soft targets must have the shape \(N, 2\), got \(2,\)"),
        ([["a", "b"]], r"soft targets must be numbers, got an array of <U1"),
        ([[1.0, 0.0], [1.0]], r"soft targets must be numbers of shape \(N, 2\), got a ragged list"),
    ],
)
def test_soft_targets_that_are_none(targets, sentence):
    with pytest.raises(InputError, match=sentence):
        checked_targets(targets, 2)
