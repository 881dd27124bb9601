"""The list of what to look at again: in which order, and as a table that is read back."""

import numpy as np

from pellucid.data.corrections import read_corrections
from pellucid.data.dataset import Dataset
from pellucid.inspection.review import as_table, doubts
from pellucid.inspection.suspects import suspects


def photos():
    labels = np.array([0, 0, 1, 1, 0, 1], np.int32)
    split = np.array([2, 0, 0, 0, 0, 0], np.int8)
    names = [f"photos/{'ab'[k]}/{i}.png" for i, k in enumerate(labels)]
    images = np.zeros((6, 2, 2, 1), np.uint8)
    return Dataset("photos", ("a", "b"), images, labels, names, split, source="photos")


def test_the_gravest_come_first_and_the_table_is_read_back(tmp_path):
    data = photos()
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.95, 0.05], [0.9, 0.1], [0.2, 0.8]])
    pairs = np.array([[0, 1], [1, 4], [2, 4]])  # across parts; within one; with different labels
    found = doubts(data, pairs, suspects(p, data.labels), np.arange(6))
    assert [(each.row, each.reason, each.like) for each in found] == [
        (2, "double", 4),
        (4, "double", 2),
        (1, "double", 0),  # what trains goes, what tests stays
        (3, "label", None),
        (4, "double", 1),
    ]
    text = as_table(data, found)
    lines = text.splitlines()
    assert lines[0] == "picture,label,suggested,reason,action,part,probability,like"
    assert lines[1] == "photos/b/2.png,b,a,double,,train,,photos/a/4.png"
    assert lines[4] == "photos/b/3.png,b,a,label,,train,0.9500,"
    path = tmp_path / "suspects.csv"
    path.write_text(text)
    assert read_corrections(data, path).relabelled == {}
    lines[4] = lines[4].replace("label,,", "label,relabel,")
    lines[3] = lines[3].replace("double,,", "double,remove,")
    path.write_text("\n".join(lines))
    read = read_corrections(data, path)
    assert read.relabelled == {3: 0}
    assert read.removed == (1,)
