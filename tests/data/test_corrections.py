"""Corrections: what the table says happens, and everything wrong in it is said at once."""

from dataclasses import replace

import numpy as np
import pytest

from pellucid.data import corrections
from pellucid.data.corrections import corrected, read_corrections
from pellucid.data.dataset import TAKEN_OUT, Dataset
from pellucid.data.splits import folds
from pellucid.inspection.review import Doubt, as_table
from pellucid.storage.errors import FileError, InputError, meant

HEAD = "picture,label,suggested,reason,action\n"


@pytest.fixture
def photos() -> Dataset:
    images = np.arange(10 * 4 * 4 * 3, dtype=np.uint8).reshape(10, 4, 4, 3)
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2], np.int32)
    names = [f"photos/{['cat', 'dog', 'fox'][k]}/{i}.png" for i, k in enumerate(labels)]
    split = np.array([0, 0, 1, 2, 0, 0, 1, 2, 0, 0], np.int8)
    return Dataset(
        "photos", ("cat", "dog", "fox"), images, labels, names, split, source="photos", fingerprint="f"
    )


def table(tmp_path, *lines: str, head: str = HEAD):
    path = tmp_path / "corrections.csv"
    path.write_text(head + "".join(line + "\n" for line in lines))
    return path


def test_pictures_are_relabelled_and_left_out_and_the_rest_stays_in_its_part(photos, tmp_path):
    lines = [
        "photos/cat/0.png,cat,dog,label,relabel",
        "dog/7.png,dog,,double,remove",
        "fox/8.png,fox,cat,label,",
    ]
    found = corrected(photos, table(tmp_path, *lines))
    np.testing.assert_array_equal(found.labels, [1, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    np.testing.assert_array_equal(found.split, [0, 0, 1, 2, 0, 0, 1, TAKEN_OUT, 0, 0])
    assert len(found.test) == 1
    assert 7 not in found.test.rows
    assert found.corrections["relabelled"] == 1
    assert found.corrections["removed"] == 1
    assert found.fingerprint != photos.fingerprint
    assert "1 relabelled, 1 left out" in found.notes[-1]
    np.testing.assert_array_equal(photos.labels[:4], 0)  # what was given is as it was


def test_the_digest_is_of_what_is_done_and_not_of_how_the_table_looks(photos, tmp_path):
    first = read_corrections(
        photos, table(tmp_path, "cat/0.png,cat,dog,label,relabel", "dog/7.png,dog,,,remove")
    )
    same = table(
        tmp_path, "remove;;photos/dog/7.png", "Relabel;dog;cat/0.png", head="action;suggested;picture\n"
    )
    assert read_corrections(photos, same).digest == first.digest
    other = table(tmp_path, "cat/0.png,cat,fox,label,relabel", "dog/7.png,dog,,,remove")
    assert read_corrections(photos, other).digest != first.digest


def test_a_table_without_actions_changes_nothing_and_says_so(photos, tmp_path):
    found = corrected(photos, table(tmp_path, "cat/0.png,cat,dog,label,"))
    assert found.fingerprint == photos.fingerprint
    assert "nothing is corrected" in found.notes[-1]


def test_the_same_decision_twice_is_one_decision(photos, tmp_path):
    found = read_corrections(photos, table(tmp_path, *["cat/0.png,cat,,double,remove"] * 2))
    assert found.removed == (0,)


def test_every_wrong_line_is_named_at_once(photos, tmp_path):
    lines = [
        "cat/00.png,cat,dog,label,relabel",
        "cat/0.png,cat,dgo,label,relabel",
        "cat/1.png,cat,dog,label,relabl",
        "cat/2.png,dog,fox,label,relabel",
        "dog/4.png,dog,,label,relabel",
        "dog/5.png,dog,,label,remove",
        "dog/5.png,dog,cat,label,relabel",
        "dog/6.png,dog",
    ]
    with pytest.raises(FileError, match="7 lines are wrong") as raised:
        corrected(photos, table(tmp_path, *lines))
    said = str(raised.value)
    for wanted in (
        r"line 2: cat/00.png is no picture of these data. Did you mean cat/0.png",
        r"line 3: dgo is no class of these data. Did you mean dog?",
        r"line 4: the action must be relabel, remove or nothing, got 'relabl'. Did you mean relabel?",
        r"line 5: cat/2.png is labelled cat, and the table says dog",
        r"line 6: to what dog/4.png is to be relabelled",
        r"line 8: dog/5.png is decided otherwise in line 7",
        r"line 9: 5 cells were wanted, 2 came",
    ):
        assert wanted in said


def test_a_short_name_of_several_pictures_is_asked_for_in_full(photos, tmp_path):
    twice = replace(photos, origins=[*photos.origins[:9], "photos/fox/old/cat/0.png"])
    with pytest.raises(
        FileError, match=r"line 2: cat/0\.png is the name of several pictures: write its whole path"
    ):
        corrected(twice, table(tmp_path, "cat/0.png,,,double,remove"))
    assert corrected(twice, table(tmp_path, "photos/cat/0.png,,,double,remove")).split[0] == TAKEN_OUT


@pytest.mark.parametrize(
    "name", ["photos/cat/0.png", "cat/0.png", "./photos/cat/0.png", "../photos/cat/0.png", "0.png"]
)
def test_it_does_not_matter_from_where_the_data_were_named(photos, tmp_path, name):
    elsewhere = replace(
        photos, origins=[f"/disk/{origin}" for origin in photos.origins], source="/disk/photos"
    )
    assert read_corrections(elsewhere, table(tmp_path, f"{name},,,double,remove")).removed == (0,)


def test_a_class_without_training_pictures_is_refused(photos, tmp_path):
    lines = ["fox/8.png,fox,cat,label,relabel", "fox/9.png,fox,,double,remove"]
    with pytest.raises(InputError, match="nothing is left to train on of fox"):
        corrected(photos, table(tmp_path, *lines))


@pytest.mark.parametrize(
    ("head", "match"),
    [
        ("file,label\n", "must name the columns picture and action"),
        ("", "must name the columns picture and action"),
        ("picture,action,Action\n", "names action more than once: which of them counts"),
        ('picture,action\n"cat', "line 2 is no line of a .csv table"),
    ],
)
def test_what_is_no_such_table_is_refused(photos, tmp_path, head, match):
    with pytest.raises(FileError, match=match):
        corrected(photos, table(tmp_path, head=head))
    with pytest.raises(InputError, match="there is no such file"):
        corrected(photos, tmp_path / "none.csv")


def test_what_was_left_out_is_in_no_fold(photos, tmp_path):
    unsplit = photos.with_split(np.full(10, -1))
    found = corrected(unsplit, table(tmp_path, "cat/0.png,cat,,double,remove"))
    for each in folds(found, 2, validation=0.0, groups=np.arange(10)):
        assert 0 not in [*each.train.rows, *each.test.rows]


@pytest.fixture
def accented(photos) -> Dataset:
    names = [origin.replace("cat", "Käse") for origin in photos.origins]
    return replace(photos, origins=names, classes=("Käse", "dog", "fox"))


EDITED = "action;picture;label;suggested\r\nrelabel;photos/Käse/0.png;Käse;dog\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_a_spreadsheet_writes_is_read(accented, tmp_path, encoding):
    path = tmp_path / "edited.csv"
    path.write_bytes(EDITED.encode(encoding))
    assert read_corrections(accented, path).relabelled == {0: 1}
    path.write_bytes(EDITED.replace(";", "\t").replace("\r\n", "\r").encode(encoding))
    assert read_corrections(accented, path).relabelled == {0: 1}


def test_a_number_may_have_lost_its_zeros_in_a_spreadsheet(photos, tmp_path):
    signs = replace(photos, classes=("00000", "00014", "00140"))
    lines = ["photos/cat/0.png,0,14,label,relabel", "photos/fox/8.png,140,00014,label,relabel"]
    assert read_corrections(signs, table(tmp_path, *lines)).relabelled == {0: 1, 8: 1}
    several = replace(signs, classes=("0", "14", "014"))
    assert read_corrections(several, table(tmp_path, "photos/cat/0.png,0,014,,relabel")).relabelled == {0: 2}
    with pytest.raises(FileError, match="0014 is no class of these data"):
        read_corrections(several, table(tmp_path, "photos/cat/0.png,0,0014,,relabel"))


def test_another_encoding_is_told(accented, tmp_path):
    path = tmp_path / "edited.csv"
    path.write_bytes(EDITED.encode("cp1252"))
    with pytest.raises(FileError, match="1 line is wrong") as raised:
        read_corrections(accented, path)
    assert str(raised.value).endswith('not in UTF-8: save it so, in Excel as "CSV UTF-8".')
    path.write_bytes(EDITED.replace("Käse/0", "Käse/none").encode())
    with pytest.raises(FileError) as raised:
        read_corrections(accented, path)
    assert "UTF-8" not in str(raised.value)


def test_a_table_with_accents_begins_with_the_mark_that_excel_looks_for(accented, photos):
    found = [Doubt(0, "label", 1, 0.9, 0.1)]
    assert as_table(accented, found).startswith("\ufeffpicture,")
    assert as_table(photos, found).startswith("picture,")


def test_what_was_meant_is_looked_for_only_where_it_is_told(photos, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        corrections, "meant", lambda typed, names: (asked.append(len(names)), meant(typed, names))[1]
    )
    with pytest.raises(FileError, match=r"(?s)70 lines are wrong.*Did you mean .*and 50 more"):
        read_corrections(photos, table(tmp_path, *(f"cat/x{i}.png,,,,remove" for i in range(70))))
    assert asked == [4] * 20 + [0] * 50  # the pictures of the same folder
