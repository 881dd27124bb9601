import pytest

from pellucid.inspection import lettering
from pellucid.inspection.lettering import built_in, written


def test_plain_names_get_the_font_that_is_always_there():
    assert written("a cat, 3 x", 15) == ("a cat, 3 x", built_in(15))
    assert written("a\tb\x00", 12)[0] == "a b "
    assert written("32 × 32", 12) == ("32 x 32", built_in(12))


@pytest.mark.parametrize(
    ("name", "expected"), [("Käse", "Kase"), ("汉字", "\\u6c49\\u5b57"), ("日 é", "\\u65e5 e")]
)
def test_without_a_system_font_names_still_differ(name, expected, monkeypatch):
    monkeypatch.setattr(lettering, "SYSTEM_FONTS", ("no such font.ttf",))
    assert written(name, 15) == (expected, built_in(15))


def test_a_system_font_writes_what_the_own_font_cannot(monkeypatch):
    # The own font at another size stands for a system font that has every letter.
    other = built_in(33)
    monkeypatch.setattr(lettering, "_system", lambda name, size: other)
    monkeypatch.setattr(lettering, "_has", lambda font, letter: font is other or letter.isascii())
    assert written("Käse", 15) == ("Käse", other)
    assert written("cheese", 15) == ("cheese", built_in(15))
