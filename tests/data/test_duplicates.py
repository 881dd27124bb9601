import io

import numpy as np
import pytest
from PIL import Image

from pellucid.data.difference_hash import content_boxes, difference_hashes
from pellucid.data.duplicates import content_hashes, double_groups, doubles, joined


def photographs(count, side=32, seed=0, channels=3):
    """Pictures with detail at several scales, (count, side, side, channels) uint8; none is like another."""
    random = np.random.default_rng(seed)
    total = np.zeros((count, side, side, channels))
    for cells, weight in ((4, 1.0), (8, 0.7), (16, 0.4)):
        coarse = random.integers(0, 256, (count, cells, cells, channels)).astype(np.uint8)
        for i in range(count):
            layer = Image.fromarray(coarse[i, :, :, 0] if channels == 1 else coarse[i])
            layer = np.asarray(layer.resize((side, side), Image.Resampling.BICUBIC), np.float64)
            total[i] += weight * layer.reshape(side, side, channels)
    return (total / 2.1).astype(np.uint8)


def recompressed(picture, quality=60):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def resized(picture):
    image = Image.fromarray(picture)
    return np.asarray(
        image.resize((24, 24), Image.Resampling.LANCZOS).resize(image.size, Image.Resampling.BICUBIC)
    )


COPIES = {
    "recompressed": recompressed,
    "resized": resized,
    "brighter": lambda picture: np.clip(picture * 1.15 + 10, 0, 255).astype(np.uint8),
    "darker": lambda picture: (picture * 0.7).astype(np.uint8),
    "gray": lambda picture: np.repeat(
        (picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[..., None], 3, axis=2
    ),
    "noisy": lambda picture: np.clip(
        picture + np.random.default_rng(1).normal(0, 4, picture.shape), 0, 255
    ).astype(np.uint8),
}


def padded(pictures):
    """Wide pictures with black bars above and below, as fit "pad" makes them."""
    framed = np.zeros_like(pictures)
    for i, picture in enumerate(pictures):
        framed[i, 4:28] = np.asarray(Image.fromarray(picture).resize((32, 24)))
    return framed


@pytest.mark.parametrize("copy", COPIES)
def test_copies_are_found_and_nothing_else(copy):
    originals = photographs(200)
    found = doubles(np.concatenate([originals, np.stack([COPIES[copy](p) for p in originals])]))
    expected = {(i, i + 200) for i in range(200)}
    pairs = set(map(tuple, found.pairs.tolist()))
    assert pairs <= expected
    assert len(pairs) >= 190
    assert not found.exact.any()
    assert set(found.kinds) == {"near"}


def test_exact_copies_are_found_and_chained():
    images = photographs(20)
    images[[7, 12]] = images[3]
    found = doubles(images)
    assert found.pairs.tolist() == [[3, 7], [7, 12]]
    assert found.exact.all()
    assert np.flatnonzero(found.groups == 3).tolist() == [3, 7, 12]


def test_a_near_copy_of_an_exact_double_joins_its_group():
    images = photographs(20)
    images[5], images[9] = images[2], recompressed(images[2])
    found = doubles(images)
    assert found.pairs.tolist() == [[2, 5], [2, 9]]
    assert found.exact.tolist() == [True, False]
    assert found.groups[[2, 5, 9]].tolist() == [2, 2, 2]


def test_the_bars_of_padding_make_no_doubles():
    wide = padded(photographs(300))
    assert not len(doubles(wide).pairs)
    copies = padded(np.stack([recompressed(p) for p in photographs(300)]))
    found = doubles(np.concatenate([wide, copies]))
    assert len(found.pairs) >= 280
    assert (found.pairs[:, 1] - found.pairs[:, 0] == 300).all()


def skies(count, noise, corners):
    random = np.random.default_rng(2)
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    pictures = []
    for _ in range(count):
        a, b, c, d = random.uniform([80, 20, -5, 0.5], [160, 80, 5, 1.5])
        sky = a + b * y + c * x - corners * d * (x * x + y * y) / 4
        sky = sky[..., None] + [0, 15, 40] + random.normal(0, noise, (32, 32, 3))
        pictures.append(recompressed(np.clip(sky, 0, 255).astype(np.uint8), 85))
    return np.stack(pictures)


@pytest.mark.parametrize("corners", [0, 30, 100])
@pytest.mark.parametrize("noise", [0, 1, 3])
def test_clear_skies_are_not_one_group(noise, corners):
    found = doubles(skies(200, noise, corners))
    assert np.bincount(found.groups).max() <= 2


def test_blank_pages_are_doubles_only_if_equal():
    pages = np.repeat(np.arange(200, 240, dtype=np.uint8), 32 * 32 * 3).reshape(40, 32, 32, 3)
    assert not len(doubles(pages).pairs)
    assert len(doubles(np.full((30, 32, 32, 3), 255, np.uint8)).pairs) == 29


@pytest.mark.parametrize("side", [8, 28, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_two_handwritten_sevens_are_no_doubles(side, channels):
    datasets = pytest.importorskip("sklearn.datasets")
    digits = (datasets.load_digits().images[:800] * 15.9).astype(np.uint8)
    large = np.stack(
        [np.asarray(Image.fromarray(d).resize((side, side), Image.Resampling.BICUBIC)) for d in digits]
    )
    found = doubles(np.repeat(large[..., None], channels, axis=3))
    assert not (~found.exact).any()


def test_copies_are_found_among_look_alikes():
    datasets = pytest.importorskip("sklearn.datasets")
    digits = (datasets.load_digits().images[:300] * 15.9).astype(np.uint8)
    large = np.stack(
        [np.asarray(Image.fromarray(d).resize((48, 48), Image.Resampling.BICUBIC)) for d in digits]
    )
    large //= 2
    large += 20
    copies = large + large // 3
    found = doubles(np.concatenate([large, copies])[..., None])
    wrong = found.pairs[:, 1] - found.pairs[:, 0] != 300
    assert len(found.pairs) >= 280
    assert wrong.mean() < 0.2


def test_rows_of_numbers_are_compared_exactly():
    rows = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    rows[20] = rows[10]
    rows[21] = rows[10] + 1e-6
    assert doubles(rows).pairs.tolist() == [[10, 20]]


@pytest.mark.parametrize(
    "shape", [(0, 32, 32, 3), (1, 32, 32, 3), (2, 1, 1, 1), (3, 15, 40, 3), (0, 4), (1, 4)]
)
def test_few_or_tiny_pictures_are_no_trouble(shape):
    found = doubles(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))
    assert found.pairs.shape == (0, 2)
    assert found.groups.tolist() == list(range(shape[0]))


@pytest.mark.parametrize("shape", [(64, 48), (224, 224), (16, 300)])
def test_other_shapes_work(shape):
    random = photographs(30, side=max(shape))[:, : shape[0], : shape[1]]
    copies = (random * 0.8).astype(np.uint8)
    found = doubles(np.concatenate([random, copies]))
    assert found.pairs.tolist() == [[i, i + 30] for i in range(30)]


def test_the_order_of_the_pictures_decides_nothing():
    images = np.concatenate([photographs(100), np.stack([resized(p) for p in photographs(100)])])
    order = np.random.default_rng(4).permutation(200)
    expected = {frozenset(pair) for pair in doubles(images).pairs.tolist()}
    assert {frozenset(order[pair].tolist()) for pair in doubles(images[order]).pairs} == expected


def test_thousands_of_frames_of_one_film_take_little_work():
    random = np.random.default_rng(0)
    film = np.clip(photographs(1).astype(np.int16) + random.integers(-3, 4, (3000, 32, 32, 3)), 0, 255)
    found = doubles(film.astype(np.uint8))
    assert not found.groups.any()
    assert len(found.pairs) < 3000 * 100


def test_input_is_not_changed_and_may_be_read_only():
    images = photographs(30)
    before = images.copy()
    images.flags.writeable = False
    doubles(images[::2])
    assert np.array_equal(images, before)


def test_hash_of_a_known_picture():
    # Every cell is brighter than its left neighbor in the upper half, darker in the lower half.
    ramp = np.tile(np.linspace(0, 255, 36).astype(np.uint8), (32, 1))
    ramp[16:] = ramp[16:, ::-1]
    picture = np.repeat(ramp[None, :, :, None], 3, axis=3)
    hashes, contrasts = difference_hashes(picture, content_boxes(picture))
    assert hashes.tolist() == [0xFFFFFFFF00000000]
    assert contrasts[0] == pytest.approx(np.linspace(10.7, 244.3, 9).std(), rel=0.01)


def test_progress_ends_at_the_number_of_pictures():
    seen = []
    doubles(photographs(50), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (50, 50)


def test_boxes_leave_out_even_bars_only():
    pictures = np.full((5, 32, 32, 3), 9, np.uint8)
    pictures[1, :5] = pictures[1, 26:] = 0  # 5 above, 6 below
    pictures[2, :, :7] = pictures[2, :, 25:] = 0  # 7 on each side
    pictures[3, :5] = 0  # a dark sky, no bar
    pictures[4] = 0
    assert content_boxes(pictures).tolist() == [
        [0, 32, 0, 32],
        [5, 26, 0, 32],
        [0, 32, 7, 25],
        [0, 32, 0, 32],
        [0, 32, 0, 32],
    ]


def test_joined_finds_the_components_of_random_graphs():
    csgraph = pytest.importorskip("scipy.sparse.csgraph")
    sparse = pytest.importorskip("scipy.sparse")
    random = np.random.default_rng(0)
    for _ in range(50):
        count = int(random.integers(1, 60))
        edges = random.integers(0, count, (int(random.integers(0, 80)), 2))
        graph = sparse.coo_matrix((np.ones(len(edges)), edges.T.reshape(2, -1)), (count, count))
        _, expected = csgraph.connected_components(graph, directed=False)
        got = joined(count, edges)
        assert all(got[i] == np.flatnonzero(expected == expected[i])[0] for i in range(count))


def test_groups_of_the_data_and_doubles_are_united():
    images = photographs(12)
    images[6] = images[1]
    groups = np.array([-1, 5, 5, -1, 7, 7, 8, 8, -1, -1, -1, -1])
    united = double_groups(images, groups)
    assert united.tolist() == [0, 1, 1, 3, 4, 4, 1, 1, 8, 9, 10, 11]


def test_content_hashes_see_every_byte():
    image = photographs(1)
    changed = np.repeat(image, 40, axis=0)
    for i in range(1, 40):
        changed[i].reshape(-1)[i * 70] ^= 1
    assert len(np.unique(content_hashes(changed))) == 40


@pytest.mark.real_data
def test_real_photographs_have_few_doubles_and_their_copies_are_found(real_data):
    files = sorted((real_data / "cifar10" / "test").glob("*/*.jpg"))[::10]
    originals = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
    assert len(doubles(originals).pairs) <= 3
    copies = np.stack([resized(picture) for picture in originals])
    pairs = doubles(np.concatenate([originals, copies])).pairs
    matched = (pairs[:, 1] - pairs[:, 0] == len(originals)).sum()
    assert matched >= 0.99 * len(originals)
    assert len(pairs) - matched <= 9
