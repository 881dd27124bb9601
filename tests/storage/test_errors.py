"""One sentence, and every error is ours."""

import pytest

from pellucid.storage.errors import (
    Error,
    FileError,
    InputError,
    MissingDependencyError,
    StorageError,
    TrainingError,
    UnreadableError,
    check_settings,
    known_name,
    listing,
    printable,
)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (InputError, ValueError),
        (FileError, ValueError),
        (StorageError, OSError),
        (TrainingError, ArithmeticError),
        (MissingDependencyError, ImportError),
    ],
)
def test_each_is_an_error_of_ours_and_of_pythons(kind, builtin):
    assert issubclass(kind, Error)
    assert issubclass(kind, builtin)
    assert str(kind("a sentence.")) == "a sentence."


def test_unreadable_pictures_are_all_listed():
    found = (("a.jpg", "cut short"), ("b\n\udcff.jpg", "empty"))
    error = UnreadableError(found, "Mend them.")
    assert error.unreadable == found
    assert (
        str(error) == "2 pictures cannot be read:\n  a.jpg: cut short\n  b\\n\\udcff.jpg: empty\nMend them."
    )
    assert str(UnreadableError(found[:1], "")).startswith("1 picture cannot be read:")


def test_a_path_can_be_printed_anywhere():
    for name in ("plain", "two\nlines", "bytes\udcff", "ünï"):
        shown = printable(name)
        shown.encode("utf-8")
        assert "\n" not in shown


def test_a_name_that_nobody_has():
    names = ("relu", "leaky-relu")
    assert known_name("activation", "Leaky_ReLU", names) == "leaky-relu"
    with pytest.raises(InputError, match=r"must be one of relu, leaky-relu; got 'rely'. Did you mean relu\?"):
        known_name("activation", "rely", names)
    with pytest.raises(InputError, match=r"got 'quadratic'\.$"):
        known_name("activation", "quadratic", names)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("softmx", "softmax-cross-entropy"),
        ("entropy", "softmax-cross-entropy"),
        ("hing", "hinge-loss"),
        ("svm", ""),
    ],
)
def test_a_part_of_a_long_name_is_understood(typed, meant):
    with pytest.raises(InputError) as told:
        known_name("--loss", typed, ("hinge-loss", "softmax-cross-entropy", "multiclass-hinge"))
    assert str(told.value).startswith("--loss must be one of hinge-loss, ")
    assert str(told.value).endswith(f" Did you mean {meant}?" if meant else "got 'svm'.")


def test_settings_that_nobody_has():
    check_settings("adam", ["epsilon"], ["epsilon", "first_decay"])
    with pytest.raises(
        InputError, match=r"'epsilom' is not a setting of adam. Did you mean epsilon\? There are eps"
    ):
        check_settings("adam", ["epsilom"], ["epsilon", "first_decay"])
    with pytest.raises(InputError, match=r"'momentum' is not a setting of sgd. It has none.$"):
        check_settings("sgd", ["momentum"], [])


def test_a_thousand_names_are_not_all_listed():
    assert listing(["a", "b"]) == "a, b"
    assert listing(range(1000), 3) == "0, 1, 2 and 997 more"
