"""`pellucid evaluate`: a finished classifier on other pictures."""

import json

import pytest
from photographs import class_folders, picture


def test_all_pictures_where_there_is_no_split(pellucid, run, photos):
    status, out, err = pellucid("evaluate", "run", "photos")
    assert (status, err) == (0, "")
    assert out.startswith("all: 100.0 % of 36 pictures right (95 % interval 90.4 % to 100.0 %)")
    assert "  red: 100.0 % of 12 found\n" in out
    assert "these are the pictures that it was trained on" in out


def test_the_test_part_where_there_is_one(pellucid, run, here):
    class_folders(here / "parts" / "train", {"red": 3, "green": 3})
    class_folders(here / "parts" / "test", {"red": 2, "green": 2})
    status, out, _ = pellucid("evaluate", "run", "parts", "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["part"], found["pictures"]) == ("test", 4)


def test_classes_are_matched_by_name_not_by_number(pellucid, run, here):
    class_folders(here / "some", {"red": 4})
    picture(1, 50).save(here / "some" / "red" / "green one.png")
    status, out, _ = pellucid("evaluate", "run", "some")
    assert status == 0
    assert "trained on" not in out
    assert out.startswith("all: 80.0 % of 5 pictures right")
    assert "red: 80.0 % of 5 found, most often called green (1)" in out


def test_json_lists_what_was_left_out(pellucid, run, photos):
    (photos / "red" / "zero.png").write_bytes(b"")
    status, out, err = pellucid("evaluate", "run", "photos", "--skip-unreadable", "--json")
    assert status == 0
    assert out.count("\n") == 1
    found = json.loads(out)
    assert found["pictures"] == 36
    assert found["accuracy"] == 1
    assert found["unreadable"] == [["photos/red/zero.png", "the file is empty (0 bytes)"]]
    assert sum(map(sum, found["confusion"])) == 36
    assert "left out photos/red/zero.png: the file is empty" in err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("nowhere", "nowhere: no such file or folder"),
        ("more", "classes that the classifier never saw: violet. It knows blue, green, red"),
        ("digits", "digits: pictures of|classes that the classifier never saw"),
        ("rows.csv", "rows.csv: "),
        ("bad", "1 picture cannot be read"),
    ],
)
def test_refused(pellucid, run, here, data, said):
    class_folders(here / "more", {"red": 2, "violet": 2})
    class_folders(here / "bad", {"red": 2, "green": 2})
    (here / "bad" / "red" / "zero.png").write_bytes(b"")
    (here / "rows.csv").write_text("a,b,label\n" + "1,2,red\n3,4,green\n" * 3)
    status, out, err = pellucid("evaluate", "run", data)
    assert (status, out) == (1, "")
    assert any(part in err for part in said.split("|"))
    assert "should not happen" not in err


def test_rows_of_another_width(pellucid, here):
    (here / "two.csv").write_text("a,b,label\n" + "1,2,x\n3,4,y\n" * 8)
    (here / "three.csv").write_text("a,b,c,label\n" + "1,2,5,x\n3,4,6,y\n" * 8)
    assert pellucid("train", "two.csv", "--engine", "numpy", "--epochs", 2, "--output", "rows")[0] == 0
    assert pellucid("evaluate", "rows", "two.csv")[0] == 0
    status, _, err = pellucid("evaluate", "rows", "three.csv")
    assert status == 1
    assert "three.csv: rows of 3 numbers, and the classifier sees rows of 2 numbers" in err
