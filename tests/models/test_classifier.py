"""A classifier says the same of a picture however it is handed over, and its probabilities add up."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pellucid.data.frame import Frame
from pellucid.inspection.contributions import receipt
from pellucid.models.classifier import Classifier
from pellucid.models.kinds import check_kind
from pellucid.models.linear import linear
from pellucid.models.verdicts import Verdict
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import InputError, UnreadableError

RNG = np.random.Generator(np.random.Philox(key=3))
PICTURES = RNG.integers(0, 256, (9, 4, 5, 3)).astype(np.uint8)


def made(features, frame, temperature=1.0):
    params = {
        "weight": RNG.standard_normal((3, features)).astype("f4"),
        "bias": RNG.standard_normal(3).astype("f4"),
    }
    mean, scale = RNG.uniform(0, 255, features).astype("f4"), RNG.uniform(1, 50, features).astype("f4")
    model = linear(features, 3)
    return Classifier(
        "softmax", ("a", "b", "c"), Preprocessing(frame, mean, scale), model, params, temperature
    )


@pytest.fixture
def photos():
    """Sees rgb pictures 5 wide and 4 high."""
    return made(60, Frame(4, 5, "stretch", "rgb"))


@pytest.fixture
def rows():
    """Sees rows of 7 numbers."""
    return made(7, None)


def test_scores_are_weighted_sums_of_standardized_pixels(photos):
    p = photos.preprocessing
    x = (PICTURES.reshape(9, 60).astype("f8") - p.mean) / p.scale
    expected = x @ photos.params["weight"].T.astype("f8") + photos.params["bias"]
    scores = photos.scores(PICTURES)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)


def test_many_pictures_are_scored_in_blocks_to_the_same_numbers(rows, monkeypatch):
    inputs = RNG.standard_normal((10, 7)).astype("f4")
    whole = rows.scores(inputs)
    monkeypatch.setattr("pellucid.models.scoring._BLOCK", 3)
    np.testing.assert_allclose(rows.scores(inputs), whole, rtol=1e-5, atol=1e-5)
    assert rows.scores(inputs[:0]).shape == (0, 3)


def test_with_test_time_flips_a_picture_and_its_mirror_image_score_the_same(photos):
    both = replace(photos, test_time_flips=True)
    expected = (photos.scores(PICTURES) + photos.scores(PICTURES[:, :, ::-1])) / 2
    np.testing.assert_allclose(both.scores(PICTURES), expected, rtol=1e-6)
    np.testing.assert_array_equal(both.scores(PICTURES[:, :, ::-1]), both.scores(PICTURES))
    weight, bias = both.templates
    x = photos.preprocessing.standardized(PICTURES).astype("f8")
    np.testing.assert_allclose(x @ weight.T + bias, expected, rtol=1e-4, atol=1e-4)
    assert receipt(both, PICTURES[0], 1).exact


def test_a_picture_is_judged_the_same_however_it_comes(photos, tmp_path):
    Image.fromarray(PICTURES[0]).save(tmp_path / "0.png")
    Image.fromarray(PICTURES[1]).save(tmp_path / "1.png")
    expected = photos.scores(PICTURES[:2])
    ways = [
        photos.predict(PICTURES[0]),
        photos.predict(Image.fromarray(PICTURES[0])),
        photos.predict(tmp_path / "0.png"),
        photos.predict(str(tmp_path / "0.png")),
        photos.predict(PICTURES)[0],
        photos.predict([PICTURES[0]])[0],
        photos.predict([tmp_path / "0.png", str(tmp_path / "1.png")])[0],
        photos.predict((Image.fromarray(PICTURES[0]), tmp_path / "1.png"))[0],
    ]
    for verdict in ways:
        np.testing.assert_allclose(verdict.scores, expected[0], rtol=1e-5, atol=1e-4)
        np.testing.assert_array_equal(verdict.input, PICTURES[0])
    assert photos.predict(tmp_path / "1.png").origin == str(tmp_path / "1.png")


def test_a_gray_picture_of_another_size_is_brought_to_the_frame(photos):
    verdict = photos.predict(RNG.integers(0, 256, (40, 30)).astype(np.uint8))
    assert verdict.input.shape == (4, 5, 3)


def test_all_files_that_are_no_pictures_are_named(photos, tmp_path):
    Image.fromarray(PICTURES[0]).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_text("words")
    with pytest.raises(UnreadableError, match="2 pictures cannot be read") as caught:
        photos.predict([tmp_path / "good.png", tmp_path / "bad.png", tmp_path / "gone.png"])
    assert [path for path, _ in caught.value.unreadable] == [
        str(tmp_path / "bad.png"),
        str(tmp_path / "gone.png"),
    ]


def test_rows_of_numbers(rows):
    inputs = RNG.standard_normal((4, 7)).astype("f4")
    many = rows.predict(inputs)
    assert [verdict.label for verdict in many] == [rows.predict(row).label for row in inputs]
    with pytest.raises(InputError, match=r"inputs of shape \(N, 7\), got \(4, 6\)"):
        rows.predict(inputs[:, :6])
    with pytest.raises(InputError, match="cannot look at pictures"):
        rows.predict("a.png")


def test_probabilities_add_up_also_where_scores_are_huge(rows):
    scores = np.array([[1e4, 0, -1e4], [0, 0, 0], [88, 89, 90]], "f4")
    found = rows.probabilities(scores)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(found[0], [1, 0, 0])
    np.testing.assert_allclose(found[1], 1 / 3, rtol=1e-6)


def test_a_temperature_moves_probabilities_and_not_the_verdict():
    scores = np.array([[2.0, 1.0, 0.0]], "f4")
    cold, warm = made(7, None, 0.5), made(7, None, 4.0)
    assert cold.probabilities(scores)[0, 0] > 0.8 > 0.5 > warm.probabilities(scores)[0, 0] > 1 / 3
    e = np.exp(np.array([2.0, 1, 0]) / 4)
    np.testing.assert_allclose(warm.probabilities(scores)[0], e / e.sum(), rtol=1e-6)


def test_a_verdict():
    verdict = Verdict(
        ("a", "b", "c"), np.array([1, 3, 3], "f4"), np.array([0.1, 0.45, 0.45], "f4"), "x/y.png"
    )
    assert (verdict.index, verdict.label) == (1, "b"), "the first of equals"
    assert verdict.probability == pytest.approx(0.45)
    assert [name for name, _, _ in verdict.top(2)] == ["b", "c"]
    assert verdict.top(99)[-1] == ("a", pytest.approx(0.1), 1.0)
    assert repr(verdict) == "<x/y.png: b, 45.0%>"
    assert repr(Verdict(("a",), np.ones(1), np.ones(1))) == "<a, 100.0%>"


def test_a_kind_or_a_number_of_classes_that_cannot_be():
    with pytest.raises(
        InputError, match=r"one of nearest-mean, knn, softmax, svm, .* got 'softmx'\. Did you mean softmax\?"
    ):
        check_kind("softmx")
    with pytest.raises(InputError, match="at least 2 classes to tell apart, got 1"):
        linear(3, 1)
    with pytest.raises(InputError, match="A single score tells 2 classes apart, got 3"):
        linear(3, 3, single=True)
