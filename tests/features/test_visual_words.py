"""Visual words are those of Coates, Ng and Lee, on both engines, and every bad setting is told."""

import numpy as np
import pytest

from pellucid.arrays import compile as compiler
from pellucid.features.visual_words import VisualWords
from pellucid.preprocessing.features import features_described
from pellucid.storage.errors import InputError


def noise(shape, key=4):
    """Pictures of clouds and noise, all gray levels (N, H, W, C) uint8."""
    rng = np.random.Generator(np.random.Philox(key=key))
    small = rng.random((shape[0], 3, 3, shape[3]))
    clouds = small.repeat(-(-shape[1] // 3), axis=1).repeat(-(-shape[2] // 3), axis=2)
    return (200 * clouds[:, : shape[1], : shape[2]] + 55 * rng.random(shape)).astype(np.uint8)


def learned_by(part, pictures, seed=0):
    part = part.settled(pictures.shape[1:], len(pictures))
    return part, part.learn(pictures, np.arange(len(pictures)), seed)


def literal(part, picture, codebook, mean, whitening):
    """The features of one picture, word for word as the paper has them, in float64."""
    height, width, _ = picture.shape
    rows = range(0, height - part.patch + 1, part.stride)
    columns = range(0, width - part.patch + 1, part.stride)
    counts = np.empty((len(rows), len(columns), len(codebook)))
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            x = picture[top : top + part.patch, left : left + part.patch].astype(np.float64).ravel()
            x = (x - x.mean()) / np.sqrt(x.var(ddof=1) + part.contrast)
            x = (x - mean) @ whitening.astype(np.float64)
            z = np.sqrt(((x - codebook.astype(np.float64)) ** 2).sum(axis=1))
            counts[i, j] = (
                np.maximum(0, z.mean() - z)
                if part.assignment == "triangle"
                else np.arange(len(z)) == z.argmin()
            )
    found = []
    for r in range(part.grid[0]):
        for c in range(part.grid[1]):
            top, bottom = (round(k * len(rows) / part.grid[0]) for k in (r, r + 1))
            left, right = (round(k * len(columns) / part.grid[1]) for k in (c, c + 1))
            field = counts[top:bottom, left:right].reshape(-1, len(codebook))
            found.append(field.mean(axis=0) if part.pooling == "mean" else field.sum(axis=0))
    return np.concatenate(found) ** part.power


@pytest.mark.parametrize(
    ("part", "shape"),
    [
        (VisualWords(words=20, patch=4), (12, 11, 14, 3)),
        (VisualWords(words=20, patch=4, assignment="hard", power=0.5), (12, 12, 12, 3)),
        (VisualWords(words=9, patch=3, stride=2, grid=(3, 1), pooling="mean"), (12, 13, 9, 1)),
        (VisualWords(words=15, patch=2, grid=1, clustering="spherical", power=0.7), (12, 9, 9, 1)),
        (VisualWords(words=12, patch=3, contrast=50, floor=1, patches=300, components=27), (12, 30, 26, 3)),
    ],
)
def test_the_features_of_the_paper_on_both_engines(part, shape, monkeypatch):
    # A few rows of patches at a time, as in pictures that are larger.
    monkeypatch.setattr("pellucid.features.visual_words._PATCHES", 40)
    pictures = noise(shape)
    pictures[3] = 7  # without any contrast
    part, learned = learned_by(part, pictures)
    assert {name: array.shape for name, array in learned.items()} == part.arrays(shape[1:])
    assert all(array.dtype == np.float32 for array in learned.values())
    book = [learned[name] for name in ("codebook", "mean", "whitening")]
    wanted = np.stack([literal(part, picture, *book) for picture in pictures])
    found = part(pictures, **learned)
    assert found.dtype == np.float32
    assert found.shape == (len(pictures), len(part.boxes(*shape[1:])))
    largest = wanted.max()
    np.testing.assert_allclose(found / largest, wanted / largest, atol=1e-5)
    compiled = np.asarray(compiler.compiled(lambda x, own: part(x, **own))(pictures, learned))
    np.testing.assert_allclose(compiled / largest, found / largest, atol=1e-5)


def test_what_the_patches_count_adds_up_to_the_features():
    pictures = noise((10, 12, 12, 3))
    part, learned = learned_by(VisualWords(words=8, patch=4, power=1), pictures)
    counts = part.activations(pictures, *(learned[name] for name in ("codebook", "mean", "whitening")))
    assert counts.shape == (10, 9, 9, 8)
    # 9 rows of patches are 4 and 5: half of 9 is rounded to the even number.
    np.testing.assert_allclose(
        part(pictures, **learned)[:, :8], counts[:, :4, :4].sum(axis=(1, 2)), rtol=1e-4, atol=1e-4
    )


def test_the_same_seed_learns_the_same_words_and_another_other_ones():
    pictures = noise((30, 12, 12, 3))
    part, first = learned_by(VisualWords(words=16, patches=900), pictures)
    again, other = (part.learn(pictures, np.arange(30), seed) for seed in (0, 1))
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    assert not np.allclose(first["codebook"], other["codebook"])


def test_only_the_rows_it_is_given_are_looked_at():
    pictures = noise((40, 12, 12, 3))
    rows = np.arange(0, 40, 2)
    part = VisualWords(words=16).settled((12, 12, 3), len(rows))
    learned = part.learn(pictures, rows, 0)
    pictures[1::2] = 0
    for name, array in part.learn(pictures, rows, 0).items():
        np.testing.assert_array_equal(array, learned[name])


def test_frequencies_are_the_shares_of_the_patches_to_which_a_word_is_the_nearest():
    pictures = noise((20, 9, 9, 1))
    part, learned = learned_by(VisualWords(words=10, patch=3, grid=1, assignment="hard", power=1), pictures)
    counted = part(pictures, **learned).sum(axis=0)
    np.testing.assert_allclose(learned["frequencies"], counted / counted.sum(), atol=1e-6)


def test_a_box_holds_the_patches_of_its_field():
    part = VisualWords(words=2, patch=4, stride=2, grid=(1, 2))
    boxes = part.boxes(10, 12, 3)  # 4 × 5 patches; 2 columns, and 3
    assert boxes.tolist() == [[0, 10, 0, 6]] * 2 + [[0, 10, 4, 12]] * 2
    assert part.names(10, 12, 3) == ["words 0,0 0", "words 0,0 1", "words 0,1 0", "words 0,1 1"]


@pytest.mark.parametrize(
    ("shape", "pictures", "wanted"),
    [
        ((32, 32, 3), 50_000, {"words": 1600, "patch": 6, "stride": 1, "patches": 400_000, "components": 54}),
        ((8, 8, 1), 1_258, {"words": 314, "patch": 4, "stride": 1, "patches": 31_450, "components": 16}),
        ((96, 96, 3), 60, {"words": 1600, "patch": 6, "stride": 3, "patches": 400_000}),
        ((10, 10, 3), 3, {"words": 16, "patch": 5, "stride": 1, "patches": 108}),
        ((2, 3, 1), 3, {"words": 6, "patch": 2, "stride": 1, "patches": 6}),
    ],
)
def test_what_is_left_open_is_settled_by_the_pictures(shape, pictures, wanted):
    part = VisualWords(grid=1).settled(shape, pictures)
    assert {name: getattr(part, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("words:words=0", "words must be a whole number, 1 or more, got 0"),
        ("words:patch=1", "patch must be 2 or more, got 1: one pixel has no pattern"),
        ("words:stride=1.5", "stride must be a whole number, 1 or more, got 1.5"),
        ("words:grid=0", "grid must be one or two whole numbers, 1 or more, got 0"),
        ("words:components=0", "components must be a whole number, 1 or more, got 0"),
        ("words:power=0", "power must be a number above 0, got 0.0"),
        ("words:power=1|2", r"power must be a number above 0, got \(1.0, 2.0\)"),
        ("words:floor=-1", "floor must be a number above 0, got -1.0"),
        ("words:assignment=triangel", "triangle, hard; got 'triangel'. Did you mean triangle?"),
        (
            "words:clustering=kmeans",
            "k-means, k-means-plus-plus, spherical; got 'kmeans'. Did you mean k-means",
        ),
        ("words:pooling=max", "pooling of words must be one of sum, mean; got 'max'"),
        ("words:word=5", "Did you mean words?"),
    ],
)
def test_a_setting_out_of_its_range_is_told(text, sentence):
    with pytest.raises(InputError, match=sentence):
        features_described(text)


@pytest.mark.parametrize(
    ("part", "shape", "pictures", "sentence"),
    [
        (
            VisualWords(patch=9),
            (8, 12, 3),
            50,
            "9 × 9 pixels does not fit into pictures of 8 × 12: take a smaller",
        ),
        (
            VisualWords(patch=4, components=49),
            (8, 12, 3),
            50,
            "components must be at most 48, the numbers of a patch of 4 × 4 pixels, got 49",
        ),
        (VisualWords(), (1, 1, 3), 50, "2 × 2 pixels does not fit into pictures of 1 × 1"),
        (VisualWords(patch=8), (8, 8, 1), 50, "have 1 × 1 patches, too few for a grid of 2 × 2"),
        (
            VisualWords(words=600),
            (8, 8, 1),
            20,
            "600 words cannot be learned from 500 patches .20 training pictures",
        ),
        (VisualWords(words=600, patches=400), (8, 8, 1), 90, "600 words cannot be learned from 400 patches"),
    ],
)
def test_pictures_that_do_not_fit_are_told(part, shape, pictures, sentence):
    with pytest.raises(InputError, match=sentence):
        part.settled(shape, pictures)


@pytest.mark.parametrize("clustering", ["k-means", "k-means-plus-plus", "spherical"])
@pytest.mark.parametrize("spots", [0, 1])
def test_less_different_patches_than_words_are_told(clustering, spots):
    pictures = np.full((30, 8, 8, 3), 90, np.uint8)
    pictures[0, 4, :spots] = 200  # which patches see at 4 places
    part = VisualWords(words=40, patch=4, clustering=clustering).settled((8, 8, 3), 30)
    with pytest.raises(InputError, match=r"different patch.*40 words are wanted: take less words"):
        part.learn(pictures, np.arange(30), 0)
