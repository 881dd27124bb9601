"""The kinds of model that there are, by the names that `--model` knows."""

from pellucid.models.linear import KINDS as LINEAR
from pellucid.storage.errors import InputError, meant

KINDS = {**LINEAR}
"""What `--model` can name, with a few words for each."""


def check_kind(name: object) -> None:
    """Raise `InputError` unless this is the name of a kind of model; it suggests the nearest."""
    if isinstance(name, str) and name in KINDS:
        return
    guess = meant(str(name).lower(), KINDS)
    raise InputError(f"--model must be one of {', '.join(KINDS)}, got {name!r}.{guess}")
