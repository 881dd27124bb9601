import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.inspection.contact_sheet import contact_sheet, sheet_of_groups, sheet_of_views
from pellucid.storage.errors import InputError

PAPER = (251, 251, 249)


def colored(counts, side=32, channels=3, names=None):
    """Pictures of one color each: class k of K has the gray level 40 + k."""
    labels = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    images = np.broadcast_to((40 + labels)[:, None, None, None], (len(labels), side, side, channels))
    return Dataset(
        name="colors",
        classes=tuple(names or (f"class {k}" for k in range(len(counts)))),
        images=images.astype(np.uint8),
        labels=labels,
        origins=[f"{i}.png" for i in range(len(labels))],
        split=np.zeros(len(labels), np.int8),
        frame=Frame(side, side, color="rgb" if channels == 3 else "gray"),
    )


def pixels_of(sheet, level):
    """How many pixels of the sheet have exactly this gray level in all channels."""
    return int((np.asarray(sheet) == level).all(axis=2).sum())


def test_each_class_shows_its_pictures_enlarged_by_a_whole_factor():
    sheet = contact_sheet(colored([20, 5, 1]), per_class=10)
    assert [pixels_of(sheet, 40 + k) for k in range(3)] == [10 * 96**2, 5 * 96**2, 96**2]
    assert sheet.getpixel((2, 2)) == PAPER


def test_gray_pictures_and_tiny_ones():
    sheet = contact_sheet(colored([3, 2], side=8, channels=1), per_class=4)
    assert [pixels_of(sheet, 40 + k) for k in range(2)] == [3 * 72**2, 2 * 72**2]


def test_large_pictures_are_reduced():
    sheet = contact_sheet(colored([4, 4], side=1024), per_class=10)
    assert sheet.width < 1600
    assert pixels_of(sheet, 40) == 3 * 256**2


@pytest.mark.parametrize("classes", [2, 13, 51, 100, 1000])
def test_any_number_of_classes_fits_a_sheet(classes):
    sheet = contact_sheet(colored([3] * classes))
    assert sheet.width < 2000
    assert sheet.height <= 12_100
    if classes <= 100:
        assert all(pixels_of(sheet, 40 + k) for k in range(classes))


def test_the_seed_decides_which_pictures_are_shown():
    data = colored([30, 30])
    data.images[:] = np.random.default_rng(0).integers(0, 256, (60, 1, 1, 1))
    one, same, other = (np.asarray(contact_sheet(data, per_class=3, seed=s)) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one[110:], other[110:])


@pytest.mark.parametrize("name", ["w" * 300, "two\nlines\x00", "\udcff bytes", "äöü ß é", "汉字", "", "×"])
def test_any_name_can_be_drawn(name):
    sheet = contact_sheet(colored([2, 2], names=(name, "b")))
    label = np.asarray(sheet)[:, 28:196]
    assert pixels_of(sheet, 40) == 2 * 96**2
    room = np.asarray(sheet)[
        110:, 206:216
    ]  # between the name and the pictures nothing may be drawn but the rule
    assert (room == PAPER).all(axis=2).mean() > 0.95
    assert (label != PAPER).any() or name == ""


def test_white_pictures_have_an_edge():
    data = colored([1, 1])
    data.images[:] = 255
    sheet = np.asarray(contact_sheet(data))
    assert ((sheet == 255).all(axis=2).any(axis=1) & (sheet == (220, 220, 216)).all(axis=2).any(axis=1)).any()


def test_groups_stand_side_by_side_with_their_captions():
    data = colored([5, 5, 5])
    sheet = sheet_of_groups(
        data, [[0, 5], [1, 6, 11]], ["a\nb", "c" * 200], title="Doubles", note="two groups"
    )
    assert [pixels_of(sheet, 40 + k) for k in range(3)] == [2 * 96**2, 2 * 96**2, 96**2]


def test_thousands_of_groups_are_cut_and_said_so():
    data = colored([2, 2])
    assert sheet_of_groups(data, [[0, 2]] * 5000, ["x"] * 5000, title="Doubles").height <= 12_100


def test_what_cannot_be_drawn_is_refused():
    data = colored([2, 2])
    with pytest.raises(InputError, match="per_class must be 1 or more, got 0"):
        contact_sheet(data, per_class=0)
    with pytest.raises(InputError, match="one caption for each group, got 0 for 1"):
        sheet_of_groups(data, [[0]], [], title="")
    numbers = Dataset(
        "t", ("a",), np.zeros((3, 4), np.float32), np.zeros(3, np.int32), ["", "", ""], np.zeros(3, np.int8)
    )
    with pytest.raises(InputError, match="needs pictures"):
        contact_sheet(numbers)


def test_views_stand_side_by_side():
    plain = np.full((2, 4, 4, 3), 200, np.uint8)
    views = {"as it is": plain, "darker": plain // 2}
    sheet = np.asarray(sheet_of_views(views, title="views", size=40).convert("RGB"))
    assert (sheet == 200).all(axis=2).sum() == (sheet == 100).all(axis=2).sum() == 2 * 40 * 40
    columns = [np.flatnonzero((sheet == level).all(axis=2).any(axis=0)) for level in (200, 100)]
    assert columns[0].max() < columns[1].min()
    with pytest.raises(InputError, match=r"the same pictures .* in each column"):
        sheet_of_views({"one": plain, "two": plain[:1]}, title="views")
    with pytest.raises(InputError, match="the same pictures"):
        sheet_of_views({}, title="views")
