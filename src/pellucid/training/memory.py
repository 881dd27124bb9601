"""When memory is full: said in one sentence, with the batch size that would fit."""

import contextlib
from collections.abc import Iterator

from pellucid.storage.errors import OutOfMemoryError


@contextlib.contextmanager
def within_memory(what: str, batch_size: int = 0) -> Iterator[None]:
    """Inside, a machine or a device that runs out of memory raises `OutOfMemoryError`.

    Parameters
    ----------
    what : is being done, such as "a step of 256 pictures"
    batch_size : that of the step; what a step needs grows with it, so that half of it needs about half
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # JAX's errors are known by their text: importing its class here would start it.
        if not isinstance(error, MemoryError) and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise OutOfMemoryError(f"Out of memory in {what}: {_advice(batch_size)}.") from error


def _advice(batch_size: int) -> str:
    smaller = "take a smaller --size or a smaller model"
    if batch_size <= 2:
        return smaller
    fits = 1 << ((batch_size - 1).bit_length() - 1)  # the largest power of two below
    share = f"{100 * fits / batch_size:.0f} %"
    return f"--batch-size {fits} needs about {share} of it and would fit next; or {smaller}"
