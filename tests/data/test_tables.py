"""A .csv of numbers: headers, labels, and every row that is not what it should be."""

import numpy as np
import pytest

from pellucid.data.tables import load_csv
from pellucid.storage.errors import FileError


def write(tmp_path, text, name="table.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


def test_rows_of_numbers_with_a_header(tmp_path):
    data = load_csv(write(tmp_path, "a,Label,b\n1,cat,2.5\n-3e2,dog,0\n4,cat,5\n"))
    np.testing.assert_array_equal(data.images, np.array([[1, 2.5], [-300, 0], [4, 5]], np.float32))
    assert data.images.dtype == np.float32
    assert data.classes == ("cat", "dog")
    assert list(data.labels) == [0, 1, 0]
    assert data.labels.dtype == np.int32
    assert set(data.split) == {-1}
    assert data.frame is None
    assert data.origins == ["table.csv line 2", "table.csv line 3", "table.csv line 4"]
    assert data.notes == ()
    assert len(data.fingerprint) == 64


@pytest.mark.parametrize("header", ["label", "class", "target", "y", "Class", " Y "])
def test_the_label_column_is_known_by_its_name(tmp_path, header):
    data = load_csv(write(tmp_path, f"{header},a,b\n0,1,2\n1,3,4\n"))
    assert list(data.labels) == [0, 1]
    assert data.images.shape == (2, 2)


def test_class_goes_before_y(tmp_path):
    data = load_csv(write(tmp_path, "x,y,class\n0.5,1.5,u\n2,3,v\n"))
    assert data.classes == ("u", "v")
    np.testing.assert_array_equal(data.images[0], [0.5, 1.5])


def test_without_a_header_the_last_column_is_the_label(tmp_path):
    data = load_csv(write(tmp_path, "1,2,setosa\n3,4,virginica\n"))
    assert data.images.shape == (2, 2)
    assert data.notes == ("the label was taken from the last column (column 3)",)


def test_a_header_without_a_known_name(tmp_path):
    data = load_csv(write(tmp_path, "width,species\n1,a\n2,b\n"))
    assert data.notes == ("the label was taken from the last column ('species')",)


def test_whole_numbers_are_sorted_as_numbers_and_noted(tmp_path):
    data = load_csv(write(tmp_path, "x,label\n1,10\n2,9\n3,10.0\n"))
    assert data.classes == ("9", "10")
    assert list(data.labels) == [1, 0, 1]
    assert data.notes == ("labels that are not 0..1 became classes in ascending order: 9, 10",)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_a_byte_order_mark_quotes_and_line_ends(tmp_path, delimiter):
    text = f'\ufeffa{delimiter}label\r\n"1"{delimiter}"x{delimiter}y"\r\n\r\n2{delimiter}z\r\n'
    data = load_csv(write(tmp_path, text))
    assert data.classes == (f"x{delimiter}y", "z")
    assert data.origins[-1] == "table.csv line 4"


def test_all_bad_rows_are_listed_with_their_lines(tmp_path):
    text = "a,b,label\n1,2,x\n1,2\n1,,y\nnan,inf,y\n1,2,\n1,2,NaN\n1,oops,x\n1,2,3,x\n1,1_000,x\n1,1e39,x\n"
    with pytest.raises(FileError) as caught:
        load_csv(write(tmp_path, text))
    assert str(caught.value).splitlines() == [
        f"{tmp_path}/table.csv: 9 rows are not 3 cells of finite numbers with a label:",
        "  line 3: 2 cells, 3 wanted",
        "  line 4: 'b' is '', not a finite number",
        "  line 5: 'a' is 'nan', not a finite number, and 1 more",
        "  line 6: no label ('label' is '')",
        "  line 7: no label ('label' is 'NaN')",
        "  line 8: 'b' is 'oops', not a finite number",
        "  line 9: 4 cells, 3 wanted",
        "  line 10: 'b' is '1_000', not a finite number",
        "  line 11: 'b' is '1e39', not a finite number",
        "Correct these lines or take them out.",
    ]


def test_a_table_of_files_without_the_line_that_says_so(tmp_path):
    with pytest.raises(FileError, match="If they name picture files, the first line must be file,label"):
        load_csv(write(tmp_path, "a/1.JPG,cat\na/2.JPG,dog\n"))


def test_only_the_first_twenty_are_listed(tmp_path):
    with pytest.raises(FileError) as caught:
        load_csv(write(tmp_path, "a,b,label\n" + "1,2\n" * 50))
    assert str(caught.value).count("line ") == 20
    assert "\n  and 30 more\n" in str(caught.value)


def test_the_column_is_counted_with_the_label_in_front(tmp_path):
    with pytest.raises(FileError, match="line 2: 'b' is '', not"):
        load_csv(write(tmp_path, "label,a,b\nx,1,\n"))
    with pytest.raises(FileError, match="line 2: column 2 is 'w', not"):
        load_csv(write(tmp_path, "1,2,x\n1,w,y\n"))


def test_a_label_that_is_a_novel(tmp_path):
    with pytest.raises(FileError, match="line 2: a label of 100,000 characters, at most 200 wanted"):
        load_csv(write(tmp_path, f"1,x\n2,{'y' * 100_000}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds no rows"),
        ("\n\n", "it holds no rows"),
        ("a,label\n", "it holds a header but no rows"),
        ("1\n2\n", "its first line has one cell, '1'"),
        ("1,0\n2,0\n", "label column 2: every label is 0; a classifier needs at least two classes"),
        ("1,0.5\n2,1\n", r"1 of 2 labels are not whole: row 0 \(0\.5\)"),
        ("1,x\n2,\xff\n".encode("latin-1"), "not a text in UTF-8"),
        ('1,x\n2,"y\n', "not a CSV table, at line 2: unexpected end of data"),
        ("1,x\n2," + "9" * 200_000, "not a CSV table, at line 2: field larger"),
    ],
)
def test_what_is_no_table_of_numbers(tmp_path, text, said):
    with pytest.raises(FileError, match=rf"table\.csv: .*{said}|table\.csv: {said}"):
        load_csv(write(tmp_path, text))


def test_long_tables_of_few_and_of_many_different_numbers(tmp_path):
    many = np.random.Generator(np.random.Philox(key=2)).normal(size=(300, 7)).astype(np.float32)
    for numbers in (many, np.rint(many)):
        rows = [",".join(map(str, row.tolist())) + f",{place % 3}" for place, row in enumerate(numbers)]
        np.testing.assert_array_equal(load_csv(write(tmp_path, "\n".join(rows))).images, numbers)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(FileError, match="cannot be read: No such file"):
        load_csv(tmp_path / "none.csv")
    with pytest.raises(FileError, match="a folder, where a file was wanted"):
        load_csv(tmp_path)


def test_progress_ends_with_all_bytes(tmp_path):
    path = write(tmp_path, "a,label\n" + "".join(f"{row},{row % 2}\n" for row in range(3000)))
    seen = []
    load_csv(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
