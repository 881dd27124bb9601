"""How many pictures a step takes."""

import numpy as np

from pellucid.storage.errors import InputError


def by_count(pictures: int) -> int:
    """The power of two next below a fortieth of the pictures, 16 to 256: about 40 steps an epoch."""
    return int(2 ** np.clip(np.floor(np.log2(max(pictures, 1) / 40)), 4, 8))


def leaves_one(pictures: int, size: int) -> bool:
    """Whether an epoch has a minibatch of a single picture, which has no variance to normalize by."""
    return 1 in (size, pictures % size)


def check_none_alone(pictures: int, size: int, can_do_without: bool) -> None:
    """Raise `InputError` where batch normalization would get a single picture; it says which batch size to take.

    Parameters
    ----------
    can_do_without : whether the network can be made without normalization
    """
    if not leaves_one(pictures, size):
        return
    what = (
        f"--batch-size {size} leaves a minibatch of one picture among {pictures:,}"
        if pictures > 1
        else ("There is only one training picture")
    )
    advice = (
        ["add pictures"] if pictures == 1 else [f"take another, such as --batch-size {_next(pictures, size)}"]
    )
    advice += ["pass --no-batch-norm"] if can_do_without else []
    told = ", or ".join(advice)
    raise InputError(f"{what}, which has no variance to normalize by: {told}.")


def _next(pictures: int, size: int) -> int:
    """The least batch size above this one that leaves no picture alone."""
    size += 1
    while leaves_one(pictures, size):
        size += 1
    return size
