"""Augmented minibatches: the same bits on both engines, and exactly what was asked for."""

from functools import partial

import numpy as np
import pytest

from pellucid.arrays import compile as compiler
from pellucid.arrays import random
from pellucid.preprocessing.augmentation import TRANSFORMATIONS, Augmentation, augmentation_described
from pellucid.preprocessing.transformations import Cutout, Flip, Jitter, Mixup, Shift
from pellucid.storage.errors import InputError

COUNT, HEIGHT, WIDTH = 200, 12, 10
EVERYTHING = ",".join(TRANSFORMATIONS)


def minibatch(channels=3, count=COUNT):
    stream = np.random.Generator(np.random.Philox(key=2))
    pictures = stream.integers(0, 256, (count, HEIGHT, WIDTH, channels), dtype=np.uint8)
    labels = stream.integers(0, 5, count).astype(np.int32)
    weights = stream.uniform(0.5, 2, count).astype(np.float32)
    return pictures, labels, weights, pictures.mean(axis=0, dtype=np.float64).reshape(-1).astype(np.float32)


def augmented(text, key=3, **shape):
    return augmentation_described(text)(random.key(key), *minibatch(**shape))


@pytest.mark.parametrize(
    ("text", "channels"),
    [*((name, 3) for name in TRANSFORMATIONS), (EVERYTHING, 1), ("shift:pixels=9,cutout:side=9", 3)],
)
def test_both_engines_come_to_the_same_bits(text, channels):
    augmentation = augmentation_described(text)
    given = (random.key(7), *minibatch(channels))
    found = augmentation(*given)
    pairs = list(zip(found, compiler.to_host(compiler.compiled(augmentation)(*given)), strict=True))
    for one, other in pairs:
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    pictures, labels, weights = found
    assert pictures.shape == given[1].shape
    assert pictures.dtype == (np.float32 if "mixup" in text else np.uint8)
    assert pictures.min() >= 0
    assert pictures.max() <= 255
    assert labels.shape == weights.shape == ((2, COUNT) if "mixup" in text else (COUNT,))
    assert not np.array_equal(pictures, given[1])


def test_a_key_says_everything():
    for one, other in zip(augmented(EVERYTHING), augmented(EVERYTHING), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(augmented(EVERYTHING)[0], augmented(EVERYTHING, key=4)[0])


def test_each_transformation_draws_for_itself():
    """What is cut out is at the same place whether pictures are flipped or not, and whatever the order in the text."""
    plain = minibatch()[0]
    alone, after = augmented("cutout:side=4")[0] != plain, augmented("cutout:side=4,flip")[0]
    flipped = augmented("flip")[0]
    assert not ((after != flipped) & ~alone.any(axis=3, keepdims=True)).any()
    np.testing.assert_array_equal(after, augmented("flip,cutout:side=4")[0])


def test_half_of_the_pictures_are_mirrored_and_a_mirror_of_a_mirror_is_the_picture():
    pictures, flipped = minibatch()[0], augmented("flip")[0]
    turned = np.array([not np.array_equal(a, b) for a, b in zip(pictures, flipped, strict=True)])
    assert 75 <= turned.sum() <= 125
    np.testing.assert_array_equal(flipped[turned], pictures[turned][:, :, ::-1])
    mean = minibatch()[3]
    twice = Augmentation((Flip(),))(random.key(3), flipped, *minibatch()[1:3], mean)[0]
    np.testing.assert_array_equal(twice, pictures)


def test_every_shift_occurs_and_the_border_mirrors_the_picture():
    pictures, moved = minibatch()[0], augmented("shift:pixels=2")[0]
    room = np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    seen = set()
    for number, picture in enumerate(moved):
        found = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if np.array_equal(picture, room[number, down : down + HEIGHT, right : right + WIDTH])
        ]
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) == 25


def test_cutout_hides_a_square_with_the_mean_and_nothing_else():
    pictures, _, _, mean = minibatch()
    hidden = augmented("cutout:side=4")[0]
    fill = np.rint(mean).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)
    areas = []
    for picture, old in zip(hidden, pictures, strict=True):
        rows, columns = np.nonzero((picture != old).any(axis=2))
        top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        np.testing.assert_array_equal(picture[top:bottom, left:right], fill[top:bottom, left:right])
        areas.append((bottom - top) * (right - left))
    assert max(areas) == 16  # the whole square lies inside
    assert min(areas) == 4  # its center is a corner pixel: rows −2 to 1


def test_cutout_covers_as_much_as_its_centers_say():
    """The mean hidden area over all centers is the product of the mean lengths along both sides."""
    inside = lambda side, length: sum(
        min(c + side - side // 2, length) - max(c - side // 2, 0) for c in range(length)
    )
    pictures = np.zeros((20_000, HEIGHT, WIDTH, 1), np.uint8)
    white = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    area = (Cutout(5).changed(random.key(0), pictures, white) > 0).sum() / len(pictures)
    assert area == pytest.approx(inside(5, HEIGHT) / HEIGHT * inside(5, WIDTH) / WIDTH, rel=0.01)


def test_jitter_without_strength_changes_nothing():
    pictures = augmented("jitter:brightness=0,contrast=0,saturation=0")[0]
    np.testing.assert_array_equal(pictures, minibatch()[0])


def test_brightness_is_one_factor_a_picture():
    gray = np.full((500, 2, 2, 3), 100, np.uint8)
    found = Jitter(0.4, 0, 0).changed(random.key(1), gray, None)
    assert (found == found[:, :1, :1, :1]).all()
    levels = found[:, 0, 0, 0]
    assert levels.min() == 60
    assert levels.max() == 140
    assert levels.mean() == pytest.approx(100, abs=2)


def test_contrast_keeps_the_mean_and_saturation_keeps_the_gray():
    from PIL import Image

    pictures = np.random.Generator(np.random.Philox(key=5)).integers(60, 190, (50, 6, 6, 3), dtype=np.uint8)
    gray = lambda each: np.stack([np.asarray(Image.fromarray(p).convert("L"), np.float64) for p in each])
    contrasted = Jitter(0, 0.3, 0).changed(random.key(1), pictures, None)
    np.testing.assert_allclose(gray(contrasted).mean((1, 2)), gray(pictures).mean((1, 2)), atol=1)
    spread = gray(contrasted).std((1, 2)) / gray(pictures).std((1, 2))
    assert 0.68 < spread.min() < 0.8
    assert 1.2 < spread.max() < 1.32
    saturated = Jitter(0, 0, 0.3).changed(random.key(1), pictures, None)
    np.testing.assert_allclose(gray(saturated), gray(pictures), atol=1)
    assert not np.array_equal(saturated, pictures)
    one_channel = pictures[..., :1]
    np.testing.assert_array_equal(Jitter(0, 0, 1).changed(random.key(1), one_channel, None), one_channel)


def test_a_mixture_is_the_sum_of_its_shares():
    pictures, labels, weights, _ = minibatch()
    mixture, both, counts = augmented("mixup:alpha=1")
    share = (counts[0] / weights).reshape(-1, 1, 1, 1)
    assert (share >= 0.5).all()
    before = np.roll(np.arange(COUNT), 1)
    np.testing.assert_array_equal(both, [labels, labels[before]])
    np.testing.assert_allclose(counts[1], (1 - share.reshape(-1)) * weights[before], atol=1e-6)
    np.testing.assert_allclose(mixture, share * pictures + (1 - share) * pictures[before], atol=1e-3)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_drawn_from_the_beta_distribution(alpha):
    pictures = np.zeros((20_000, 1, 1, 1), np.uint8)
    ones = np.ones(len(pictures), np.float32)
    share = Mixup(alpha).mixed(random.key(2), pictures, ones, ones)[2][0].astype(np.float64)
    # The larger of λ and 1 − λ has the variance about ½ that λ has.
    assert ((share - 0.5) ** 2).mean() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)


def test_one_picture_mixes_with_itself():
    pictures, labels, weights, mean = minibatch(count=1)
    mixture, both, counts = augmentation_described("mixup")(random.key(0), pictures, labels, weights, mean)
    np.testing.assert_array_equal(mixture, pictures)
    assert both.tolist() == [[labels[0]]] * 2
    assert counts.sum() == pytest.approx(weights[0])


def test_default_lengths_follow_the_picture():
    one, other = (augmented(text)[0] for text in ("shift,cutout", "shift:pixels=1,cutout:side=2"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("flip", "flip"),
        (" mixup , flip", "flip,mixup"),
        ("jitter:contrast=0.5,saturation=1,cutout:side=8", "jitter:contrast=0.5,saturation=1.0,cutout:side=8"),
        ("cutout:side=8,flip", "flip,cutout:side=8"),
        (("shift:pixels=4", "FLIP"), "flip,shift:pixels=4"),
        ("mixup:alpha=0.2", "mixup"),
    ],
)  # fmt: skip
def test_a_text_is_read_and_written(text, written):
    augmentation = augmentation_described(text)
    assert str(augmentation) == written
    assert augmentation_described(written) == augmentation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flop", "The augmentation must be one of flip, shift, jitter, cutout, mixup; got 'flop'. Did you mean flip?"),
        ("flip,", "The augmentation must be one of .*; got ''"),
        ("flip,flip", "--augment names flip twice: once is enough."),
        ("flip:pixels=3", "'pixels' is not a setting of the augmentation flip. It has none."),
        ("shift:pixel=3", "'pixel' is not a setting of the augmentation shift. Did you mean pixels?"),
        ("shift:pixels=2.5", "pixels must be a whole number of pixels, 1 or more, got 2.5."),
        ("shift:pixels=0", "pixels must be a whole number of pixels, 1 or more, got 0.0."),
        ("cutout:side=nan", "side must be a whole number of pixels, 1 or more, got nan."),
        ("cutout:side=big", "The augmentation is written NAME:SETTING=NUMBER,SETTING=NUMBER; 'side=big'"),
        ("jitter:contrast=1.5", "contrast must be 0 to 1, got 1.5."),
        ("mixup:alpha=0", "alpha must be above 0, at most 1000, got 0.0."),
        ("mixup:alpha=0.1|0.2", r"alpha must be above 0, at most 1000, got \(0.1, 0.2\)."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(text, message):
    with pytest.raises(InputError, match=message):
        augmentation_described(text)


def test_what_does_not_fit_the_data_is_said_in_a_sentence():
    with pytest.raises(
        InputError, match="--augment flip is for pictures, and the data are rows of 64 numbers"
    ):
        augmentation_described("flip").check((64,))
    for text in ("shift:pixels=8", "cutout:side=8"):
        with pytest.raises(
            InputError, match=f"--augment {text} does not fit pictures of 10 by 8 pixels: .* up to 7"
        ):
            augmentation_described(text).check((8, 10, 3))
    augmentation_described(EVERYTHING).check((1 + 1, 2, 1))
    assert Augmentation((Shift(3), Flip())).check((8, 8, 3)) is None


def test_a_step_is_compiled_once_for_all_keys():
    program = compiler.compiled(partial(augmentation_described("flip,shift,cutout")))
    for key in range(3):
        program(random.key(key), *minibatch())
    assert program._cache_size() == 1
