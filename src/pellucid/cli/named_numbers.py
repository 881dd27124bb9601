"""Options that take one number, or several with names: 0.01, or cat=2,dog=0.5."""

from pellucid.storage.errors import InputError


def number_or_named(option: str, text: str | None) -> float | dict[str, float] | None:
    """What was typed: a number, or name → number; None where nothing was.

    Raises `InputError` for anything else.
    """
    if text is None:
        return None
    if "=" not in text:
        return _number(option, text)
    found = {}
    for part in text.split(","):
        # A class may have an equals sign in its name, a number has none.
        name, _, number = part.rpartition("=")
        name = name.strip()
        if name in found:
            raise InputError(f"{option} names {name} twice: once is enough.")
        found[name] = _number(f"{option} of {name}", number)
    return found


def number_or_word(option: str, text: str | None, *words: str) -> float | str | None:
    """What was typed: a number, or one of these words; None where nothing was."""
    if text is None or text in words:
        return text
    return _number(option, text, *words)


def whole_numbers(option: str, text: str | None) -> tuple[int, ...] | None:
    """What was typed: whole numbers above 0 with commas between; None where nothing was."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(
            f"{option} must be whole numbers, 1 or more, with commas between, as 512,256; got {text!r}."
        )
    return tuple(map(int, parts))


def class_weights(text: str | None) -> str | dict[str, float] | None:
    """`--class-weight` as a recipe takes it."""
    if text is None or "=" not in text:
        return text
    found = number_or_named("--class-weight", text)
    assert isinstance(found, dict)
    return found


def _number(option: str, text: str, *words: str) -> float:
    try:
        return float(text)
    except ValueError:
        wanted = ", or ".join(["a number", *words] if words else ["a number", "NAME=NUMBER,NAME=NUMBER"])
        raise InputError(f"{option} must be {wanted}, got {text!r}.") from None
