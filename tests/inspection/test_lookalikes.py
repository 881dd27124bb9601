"""Copies that were moved, cropped or mirrored are found, other pictures are not."""

import numpy as np
import pytest
from PIL import Image

from pellucid.inspection.lookalikes import lookalikes
from pellucid.inspection.registration import alike


def photographs(count, side=40, seed=1):
    """Pictures with large and small shapes, no two alike."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    made = []
    for _ in range(count):
        layers = [
            np.asarray(
                Image.fromarray(rng.integers(0, 256, (cells, cells, 3)).astype(np.uint8)).resize(
                    (side, side), Image.Resampling.BICUBIC
                ),
                np.float64,
            )
            for cells in (5, 11)
        ]
        made.append((0.6 * layers[0] + 0.4 * layers[1]).astype(np.uint8))
    return np.stack(made)


def enlarged(picture, top, left, side):
    """A part of the picture, brought to its size again."""
    part = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(part.resize(picture.shape[:2], Image.Resampling.BICUBIC))


def test_copies_are_found_and_nothing_else():
    large = photographs(60)
    pictures = large[:, 4:36, 4:36]
    copies = [
        large[3, 6:38, 2:34],  # moved by 2 pixels
        enlarged(pictures[11], 2, 1, 28),
        pictures[25][:, ::-1],
        (enlarged(pictures[40], 1, 3, 28)[:, ::-1] // 2 + 60).astype(np.uint8),  # mirrored, cropped, paler
    ]
    found = lookalikes(np.concatenate([pictures, np.stack(copies)]))
    np.testing.assert_array_equal(found.pairs, [[3, 60], [11, 61], [25, 62], [40, 63]])
    np.testing.assert_array_equal(found.mirrored, [False, False, True, True])
    assert (found.alike > 0.9).all()


def test_every_step_is_told():
    told = []
    lookalikes(photographs(30, 32), lambda *each: told.append(each))
    assert told == sorted(told)
    assert told[0] == (30, 60)
    assert told[-1] == (60, 60)


def test_a_picture_of_its_own_mirror_image_is_said_once():
    half = photographs(30, 32)
    half[7, :, 16:] = half[7, :, 15::-1]
    found = lookalikes(np.concatenate([half, half[7:8]]))
    np.testing.assert_array_equal(found.pairs, [[7, 30]])


def test_large_and_padded_pictures_are_compared_by_their_content():
    pictures = photographs(30, 96)
    copy = np.zeros_like(pictures[:1])
    copy[0, 24:72] = np.asarray(Image.fromarray(pictures[4]).resize((96, 48), Image.Resampling.BICUBIC))
    found = lookalikes(np.concatenate([pictures, copy[:, :, ::-1]]))
    np.testing.assert_array_equal(found.pairs, [[4, 30]])
    assert found.mirrored[0]


def test_flat_pictures_and_such_that_thin_out_are_no_doubles():
    assert len(lookalikes(np.full((20, 32, 32, 3), 90, np.uint8)).pairs) == 0
    rng = np.random.Generator(np.random.Philox(key=2))
    base = photographs(1, 32)[0].astype(np.float64)
    mixed = [
        base + w * (photographs(1, 32, 10 + i)[0] - base) for i, w in enumerate(rng.uniform(0.1, 0.6, 150))
    ]
    similar = np.clip(np.stack(mixed), 0, 255).astype(np.uint8)  # a continuum of likeness, as among digits
    assert len(lookalikes(similar).pairs) < 30


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((5, 8, 8, 1), np.uint8),
        np.zeros((5, 64), np.float32),
        np.zeros((0, 32, 32, 3), np.uint8),
        np.zeros((1, 32, 32, 3), np.uint8),
    ],
)
def test_too_little_to_compare_has_none(images):
    assert lookalikes(images).pairs.shape == (0, 2)


def test_a_picture_is_like_itself_and_unlike_noise():
    gray = photographs(6, 32).mean(axis=3).astype(np.float32)
    np.testing.assert_allclose(alike(gray, gray), 1, atol=1e-4)
    np.testing.assert_allclose(
        alike(gray, 0.3 * gray + 100), 1, atol=1e-4
    )  # light and contrast do not matter
    assert (alike(gray, np.roll(gray, 3, axis=0)) < 0.8).all()
