"""One counter-based stream of random bits: the same on both engines, on every machine, in any order.

A key is two uint32 numbers. The k-th pair of words of a stream is Threefry-2x32 with 20 rounds applied to the counter k
(Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"), in plain operations of the
namespace, so that no generator has a state: a key is passed and split, and any batch can be drawn again.
"""

from typing import Any

import numpy as np

from pellucid.arrays.namespace import namespace

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def key(seed: int) -> np.ndarray:
    """The key (2,) uint32 of a seed, an integer of at most 64 bits."""
    seed = int(seed) & 0xFFFF_FFFF_FFFF_FFFF
    return np.array([seed >> 32, seed & 0xFFFF_FFFF], np.uint32)


def split(key: Any, count: int = 2) -> Any:
    """`count` new keys (count, 2) whose streams have nothing to do with each other or with the old one."""
    xp = namespace(key)
    counter = xp.arange(count, dtype=np.uint32)
    # The second counter word is 1: `bits` uses 0, so no key is ever also a number of the old stream.
    first, second = _threefry(key, counter, xp.full((count,), 1, np.uint32))
    return xp.stack([first, second], axis=1)


def fold_in(key: Any, number: Any) -> Any:
    """A new key (2,) for this number, such as an epoch or a step (an integer below 2³², also traced)."""
    xp = namespace(key, number)
    # JAX takes a whole number of Python for an int32, which ends at 2³¹.
    number = np.uint32(number) if isinstance(number, int) else xp.asarray(number).astype(np.uint32)
    counter = xp.reshape(number, (1,))
    first, second = _threefry(key, counter, xp.full((1,), 2, np.uint32))
    return xp.concatenate([first, second])


def bits(key: Any, count: int) -> Any:
    """`count` random words (count,) uint32 of the key's stream: the first of each pair, and then the second of each.

    Another count therefore orders the words otherwise: take from one key once.
    """
    xp = namespace(key)
    counter = xp.arange((count + 1) // 2, dtype=np.uint32)
    words = xp.concatenate(_threefry(key, counter, xp.zeros(counter.shape, np.uint32)))
    return words[:count]


def uniform(key: Any, shape: tuple[int, ...]) -> Any:
    """Numbers drawn evenly from [0, 1), float32 in steps of 2⁻²⁴."""
    count = int(np.prod(shape, dtype=np.int64))
    return ((bits(key, count) >> 8).astype(np.float32) * np.float32(2.0**-24)).reshape(shape)


def kept(key: Any, shape: tuple[int, ...], rate: float) -> Any:
    """Which units stay when each is dropped with probability `rate` (in steps of 2⁻¹⁶): a bool for each.

    A word of the stream serves two units, 16 bits each: words are most of the cost.
    """
    xp = namespace(key)
    count = int(np.prod(shape, dtype=np.int64))
    words = bits(key, (count + 1) // 2)
    halves = xp.concatenate([words & np.uint32(0xFFFF), words >> np.uint32(16)])[:count]
    return (halves >= np.uint32(round(float(rate) * 2**16))).reshape(shape)


def normal(key: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers from the standard normal distribution, float32, on NumPy (Box and Muller 1958).

    Logarithm and cosine differ in their last bit between libraries, so starts are drawn here for both engines.
    """
    count = int(np.prod(shape, dtype=np.int64))
    words = bits(key, 2 * count).astype(np.float64)
    radius = np.sqrt(-2.0 * np.log((words[:count] + 0.5) / 2.0**32))
    angle = (2.0 * np.pi / 2.0**32) * words[count:]
    return (radius * np.cos(angle)).astype(np.float32).reshape(shape)


def permutation(key: np.ndarray, count: int) -> np.ndarray:
    """The numbers 0..count−1 (count,) int32 in random order, on NumPy.

    Each number is put behind 32 random bits and the whole is sorted: no two are equal, so that every sorting algorithm
    gives the same order.
    """
    tagged = (bits(key, count).astype(np.uint64) << np.uint64(32)) | np.arange(count, dtype=np.uint64)
    tagged.sort()
    return tagged.astype(np.uint32).astype(np.int32)


def _threefry(key: Any, first: Any, second: Any) -> tuple[Any, Any]:
    """Threefry-2x32-20 of the counters (n,), (n,) uint32 under one key (2,)."""
    schedule = (key[0:1], key[1:2], key[0:1] ^ key[1:2] ^ np.uint32(0x1BD11BDA))
    first, second = first + schedule[0], second + schedule[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            first = first + second
            second = ((second << rotation) | (second >> (32 - rotation))) ^ first
        first = first + schedule[(group + 1) % 3]
        second = second + schedule[(group + 2) % 3] + np.uint32(group + 1)
    return first, second
