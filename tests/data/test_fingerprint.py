"""The fingerprint changes with everything that decides a training result, and with nothing else."""

import numpy as np
import pytest

from pellucid.data import fingerprint as module
from pellucid.data.fingerprint import fingerprint
from pellucid.data.frame import Frame

IMAGES = np.arange(4 * 3 * 3).reshape(4, 3, 3, 1).astype(np.uint8)
LABELS = np.array([0, 1, 0, 1], np.int32)
FRAME = Frame(3, 3, color="gray")
MARK = fingerprint(IMAGES, LABELS, ("a", "b"), FRAME)


@pytest.mark.parametrize(
    ("images", "labels", "classes", "frame"),
    [
        (IMAGES + 1, LABELS, ("a", "b"), FRAME),
        (IMAGES[::-1], LABELS, ("a", "b"), FRAME),
        (IMAGES.reshape(4, 9), LABELS, ("a", "b"), FRAME),
        (IMAGES.astype(np.float32), LABELS, ("a", "b"), FRAME),
        (IMAGES, 1 - LABELS, ("a", "b"), FRAME),
        (IMAGES, LABELS, ("a", "c"), FRAME),
        (IMAGES, LABELS, ("b", "a"), FRAME),
        (IMAGES, LABELS, ("a", "b"), Frame(3, 3, fit="crop", color="gray")),
        (IMAGES, LABELS, ("a", "b"), None),
    ],
)
def test_what_decides_a_result_changes_it(images, labels, classes, frame):
    assert fingerprint(images, labels, classes, frame) != MARK


def test_memory_layout_byte_order_and_blocks_do_not(monkeypatch):
    assert fingerprint(np.asfortranarray(IMAGES), LABELS.astype(">i8"), ["a", "b"], FRAME) == MARK
    rows = np.linspace(0, 1, 12).reshape(4, 3).astype(np.float32)
    assert fingerprint(rows, LABELS, "ab", None) == fingerprint(rows.astype(">f4"), LABELS, "ab", None)
    monkeypatch.setattr(module, "_BLOCK", 10)
    assert fingerprint(IMAGES, LABELS, ("a", "b"), FRAME) == MARK


def test_a_class_name_in_bytes_that_are_no_text():
    assert len(fingerprint(IMAGES, LABELS, ("a", "\udcff"), FRAME)) == 64
