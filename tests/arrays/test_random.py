"""One stream of bits: the published one, the same on both engines, and random enough."""

import numpy as np
import pytest
from scipy import stats

from pellucid.arrays import random
from pellucid.arrays.compile import compiled


def words(*hexadecimal):
    return np.array([int(word, 16) for word in hexadecimal], np.uint32)


# From kat_vectors of Random123: Threefry-2x32 with 20 rounds; counter, key, result.
KNOWN = {
    "zeros": (words("00000000", "00000000"), words("00000000", "00000000"), words("6b200159", "99ba4efe")),
    "ones": (words("ffffffff", "ffffffff"), words("ffffffff", "ffffffff"), words("1cb996fc", "bb002be7")),
    "pi": (words("243f6a88", "85a308d3"), words("13198a2e", "03707344"), words("c4923a9c", "483df7a0")),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_answers(name):
    counter, key, expected = KNOWN[name]
    first, second = random._threefry(key, counter[:1], counter[1:])
    np.testing.assert_array_equal(np.concatenate([first, second]), expected)
    traced = compiled(random._threefry)(key, counter[:1], counter[1:])
    np.testing.assert_array_equal(np.concatenate([np.asarray(each) for each in traced]), expected)


def test_bits_are_the_cipher_of_a_counter():
    np.testing.assert_array_equal(random.bits(random.key(0), 2), KNOWN["zeros"][2])
    many = random.bits(random.key(7), 1000)
    assert many.dtype == np.uint32
    one = random._threefry(random.key(7), np.array([321], np.uint32), np.array([0], np.uint32))
    assert (many[321], many[500 + 321]) == (one[0][0], one[1][0])


def test_bits_agree_with_the_cipher_of_jax():
    from jax.extend.random import threefry_2x32

    key, count = random.key(2**40 + 5), np.arange(64, dtype=np.uint32)
    ours = random._threefry(key, count[:32], count[32:])
    np.testing.assert_array_equal(np.concatenate(ours), np.asarray(threefry_2x32(key, count)))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**63, -1])
def test_numpy_and_the_compiled_program_draw_the_same(seed):
    key = random.key(seed)

    def drawn(key):
        return (
            random.bits(key, 1001),
            random.uniform(key, (7, 11)),
            random.split(key, 5),
            random.fold_in(key, 3),
            random.bits(random.fold_in(random.split(key)[1], 12), 3),
        )

    for ours, traced in zip(drawn(key), compiled(drawn)(key), strict=True):
        assert ours.dtype == traced.dtype
        np.testing.assert_array_equal(ours, np.asarray(traced))


@pytest.mark.parametrize("number", [0, 7, 2**31, 2**32 - 1])
def test_a_number_that_is_folded_in_may_be_pythons_numpys_or_traced(number):
    key = random.key(9)
    expected = random.fold_in(key, number)
    np.testing.assert_array_equal(random.fold_in(key, np.uint32(number)), expected)
    np.testing.assert_array_equal(np.asarray(compiled(random.fold_in)(key, np.uint32(number))), expected)
    np.testing.assert_array_equal(
        np.asarray(compiled(lambda key: random.fold_in(key, number))(key)), expected
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_any_number_of_words(count):
    assert random.bits(random.key(1), count).shape == (count,)
    assert random.uniform(random.key(1), (count, 2)).shape == (count, 2)
    assert random.normal(random.key(1), (count,)).shape == (count,)
    assert random.uniform(random.key(1), ()).shape == ()


def test_streams_have_nothing_in_common():
    key = random.key(4)
    keys = [key, *random.split(key, 8), *(random.fold_in(key, number) for number in range(8)), random.key(5)]
    keys += [*random.split(keys[1], 3), random.fold_in(keys[1], 0)]
    assert len({tuple(each.tolist()) for each in keys}) == len(keys)
    drawn = np.stack([random.bits(each, 4000) for each in keys])
    assert len(np.unique(drawn)) > 0.998 * drawn.size  # by chance 9 words of 84,000 meet
    signs = np.where(np.unpackbits(drawn.view(np.uint8), axis=1), 1.0, -1.0)
    correlation = signs @ signs.T / signs.shape[1]
    np.testing.assert_array_less(np.abs(correlation - np.eye(len(keys))), 5.0 / np.sqrt(signs.shape[1]))


def test_a_key_made_of_another_is_no_word_of_its_stream():
    key = random.key(11)
    stream = set(random.bits(key, 20_000).tolist())
    made = np.concatenate([random.split(key, 50).ravel(), *(random.fold_in(key, n) for n in range(50))])
    assert not stream & set(made.tolist())


def test_the_key_of_a_seed_holds_all_its_64_bits():
    assert random.key(0x0123456789ABCDEF).tolist() == [0x01234567, 0x89ABCDEF]
    assert random.key(np.int64(3)).tolist() == [0, 3]
    assert random.key(1).tolist() != random.key(2**32).tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000, 65_537])
def test_a_permutation_has_every_number_once(count):
    order = random.permutation(random.key(count), count)
    assert order.dtype == np.int32
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_all_orders_are_equally_likely():
    keys = random.split(random.key(2024), 6_000)
    orders = np.stack([random.permutation(key, 4) for key in keys])
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 0.001


def test_uniform_numbers_are_uniform():
    drawn = random.uniform(random.key(123), (400_000,))
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    counts = np.bincount((drawn * 1000).astype(int), minlength=1000)
    assert stats.chisquare(counts).pvalue > 0.001
    # Neighbors are independent: pairs fill the square.
    pairs = np.histogram2d(drawn[::2], drawn[1::2], bins=20)[0].ravel()
    assert stats.chisquare(pairs).pvalue > 0.001


def test_every_bit_is_set_half_the_time():
    share = np.unpackbits(random.bits(random.key(8), 100_000).view(np.uint8).reshape(-1, 4), axis=1).mean(0)
    np.testing.assert_allclose(share, 0.5, atol=4 * 0.5 / np.sqrt(100_000))


def test_normal_numbers_are_normal():
    drawn = random.normal(random.key(321), (1000, 400))
    assert drawn.dtype == np.float32
    assert drawn.shape == (1000, 400)
    assert np.isfinite(drawn).all()
    n = drawn.size
    assert abs(drawn.mean(dtype=np.float64)) < 4 / np.sqrt(n)
    assert abs(drawn.var(dtype=np.float64) - 1) < 4 * np.sqrt(2 / n)
    assert abs(stats.skew(drawn, axis=None)) < 4 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(drawn, axis=None)) < 4 * np.sqrt(24 / n)
    assert stats.kstest(drawn.ravel()[:20_000], "norm").pvalue > 0.001


def test_nothing_is_drawn_from_a_global_stream():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    random.normal(random.key(0), (10,))
    random.permutation(random.key(0), 10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
