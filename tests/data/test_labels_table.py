"""Tables of file name and label: what is read, and every way of getting one wrong."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.data.labels_table import is_labels_csv, load_labels_csv
from pellucid.storage.errors import FileError, InputError, UnreadableError

FRAME = Frame(8, 8)


@pytest.fixture
def folder(tmp_path) -> Path:
    """a.png to f.png, of shade 1 to 6, and sub/g.png of shade 7."""
    (tmp_path / "sub").mkdir()
    for shade, name in enumerate(
        ["a.png", "b.png", "c.png", "d.png", "e.png", "f.png", "sub/g.png"], start=1
    ):
        Image.new("RGB", (8, 8), (shade, shade, shade)).save(tmp_path / name)
    return tmp_path


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(path: Path, **options) -> Dataset:
    return load_labels_csv(path, frame=FRAME, **options)


def shades(dataset: Dataset) -> list[int]:
    return [int(picture[0, 0, 0]) for picture in dataset.images]


def test_files_and_labels(folder):
    dataset = load(table(folder, "file,label\nb.png,cat\na.png,ant\n\nsub/g.png,cat\n"))
    assert dataset.name == "labels"
    assert dataset.classes == ("ant", "cat")
    assert shades(dataset) == [2, 1, 7]
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.split.tolist() == [-1] * 3
    assert dataset.groups is None
    assert dataset.origins[2] == str(folder / "sub" / "g.png")


def test_groups_and_splits(folder):
    path = table(
        folder,
        "split,extra,class,Group,FileName\ntrain,1,x,p1,a.png\nTraining,2,y,,b.png\nval,3,x,p2,c.png\n"
        "validation,,y,p2,d.png\ntest,,x,,e.png\ntesting,,y,p1,f.png\n",
    )
    dataset = load(path)
    assert dataset.split.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.groups is not None
    assert dataset.groups.dtype == np.int64
    same = dataset.groups[:, None] == dataset.groups
    wanted = np.eye(6, dtype=bool)
    wanted[0, 5] = wanted[5, 0] = wanted[2, 3] = wanted[3, 2] = True
    assert np.array_equal(same, wanted)


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbffile,label\r\na.png,1\r\nb.png,2\r\n",
        b"file;label\na.png;1\nb.png;2",
        b"path\tclass\na.png\t1\nb.png\t2\n",
        b'"image" , "LABEL"\n"a.png",1\n b.png , 2\n'.replace(b" , ", b","),
        b"label,file\r1,a.png\r2,b.png\r".replace(b"\r", b"\n"),
        b"file,label\nsub\\..\\a.png,1\nb.png,2\n",
    ],
)
def test_dialects(folder, text):
    path = table(folder, text)
    assert is_labels_csv(path)
    dataset = load(path)
    assert dataset.classes == ("1", "2")
    assert shades(dataset) == [1, 2]


def test_absolute_paths_quotes_and_odd_names(folder):
    os.rename(folder / "a.png", os.fsencode(folder) + b"/a,\xe9 \n.png")
    text = b'file,label\n"a,\xe9 \n.png","the ""big"" one"\n' + os.fsencode(folder / "b.png") + b",2\n"
    dataset = load(table(folder, text))
    assert shades(dataset) == [1, 2]
    assert dataset.classes == ("2", 'the "big" one')


def test_a_relative_table(folder, monkeypatch):
    table(folder, "file,label\na.png,1\nsub/g.png,2\n")
    here = load(folder / "labels.csv")
    monkeypatch.chdir(folder)
    again = load(Path("labels.csv"))
    assert again.fingerprint == here.fingerprint
    assert again.origins[0] == "a.png"


def test_labels_that_are_numbers_are_ordered_as_numbers(folder):
    dataset = load(table(folder, "file,label\na.png,10\nb.png,9\n"))
    assert dataset.classes == ("9", "10")
    assert dataset.labels.tolist() == [1, 0]


def test_what_is_a_table_of_labels(folder):
    assert is_labels_csv(table(folder, "file,label\n"))
    assert is_labels_csv(table(folder, "Path,x,Class"))
    for text in ("", "label,1x1,1x2\n5,0,0\n", "file\n", "1,2,3\n", '"file', b"\xff\xfe\0", "a" * 200_000):
        assert not is_labels_csv(table(folder, text))
    assert not is_labels_csv(folder)
    assert not is_labels_csv(folder / "missing.csv")
    assert not is_labels_csv("nul\0")


# Bad tables


def refused(path: Path, match: str, error: type = FileError) -> str:
    with pytest.raises(error, match=match) as caught:
        load(path)
    return str(caught.value)


def test_every_wrong_line_is_told_with_its_number(folder):
    path = table(
        folder,
        "file,label,split\na.png,1,train\nb.png,2\nc.png,,train\nd.png,nan,test\n,3,train\ne.png,4,dev\n"
        "a.png,2,train\nf.png,5,\n1,2,3,4\n",
    )
    message = refused(path, "labels.csv: 8 lines are wrong; correct the table")
    for line in (
        "line 3: 3 cells were wanted, 2 came",
        "line 4: the label of c.png is missing",
        "line 5: the label of d.png is missing",
        "line 6: the file name is missing",
        "line 7: split must be train, validation or test, got 'dev'",
        "line 8: a.png is already named in line 2",
        "line 9: the split is missing",
        "line 10: 3 cells were wanted, 4 came",
    ):
        assert f"\n  {line}" in message


def test_a_wrong_line_after_a_quoted_line_break_has_its_own_number(folder):
    refused(table(folder, 'file,label\n"a\nb.png",1\nb.png\n'), "1 line is wrong.*\n  line 4: 2 cells")


def test_thousands_of_wrong_lines_are_counted(folder):
    message = refused(table(folder, "file,label\n" + "x\n" * 3000), "3,000 lines are wrong")
    assert "and 2,980 more" in message
    assert len(message) < 3000


def test_tables_that_are_none(folder, tmp_path):
    refused(folder / "missing.csv", "missing.csv: there is no such file", InputError)
    refused(folder, "cannot be read: a folder")
    refused(table(folder, ""), "the first line must name the columns.*it names nothing")
    refused(table(folder, "file,score\n"), "one of label, class is missing; it names file, score")
    refused(table(folder, "file,label\n\n"), "the table names no files")
    refused(table(folder, 'file,label\n"a.png,1\n'), "line 2 is no line of a .csv table")
    refused(table(folder, "file,label\na.png," + "x" * 200_000), "line 2 is no line")


def test_one_class_and_unseen_classes(folder):
    refused(table(folder, "file,label\na.png,1\nb.png,1\n"), "only one class, '1'", InputError)
    path = table(folder, "file,label,split\na.png,1,train\nb.png,2,train\nc.png,3,test\n")
    refused(path, "the class '3' is in test but not in train", InputError)


def test_missing_and_damaged_pictures_are_all_listed_at_once(folder):
    (folder / "c.png").write_bytes(b"")
    path = table(folder, "file,label\na.png,1\nb.png,2\nc.png,1\nnope.png,2\nsub,1\nnul\0.png,2\n")
    message = refused(path, "4 pictures cannot be read", UnreadableError)
    for text in ("c.png: the file is empty", "nope.png: the file does not exist", "sub: a folder", "nul"):
        assert text in message
    dataset = load(path, skip_unreadable=True)
    assert shades(dataset) == [1, 2]
    assert len(dataset.unreadable) == 4


def test_all_pictures_missing(folder):
    path = table(folder, "file,label\nx.png,1\ny.png,2\n")
    refused(path, "2 pictures cannot be read", UnreadableError)
    with pytest.raises(InputError, match="none of the pictures can be read"):
        load(path, skip_unreadable=True)


def test_a_label_in_another_encoding_is_refused(folder):
    """Else the class would be called K\\udce4se in every report."""
    path = table(folder, "file;label\na.png;K\xe4se\nb.png;dog\n".encode("cp1252"))
    with pytest.raises(FileError, match=r'line 2: the label .* is not in UTF-8\n.*in Excel as "CSV UTF-8"'):
        load(path)
    assert load(table(folder, "file;label\na.png;K\xe4se\nb.png;dog\n".encode("utf-16"))).classes == (
        "K\xe4se",
        "dog",
    )
