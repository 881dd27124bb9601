import hashlib

import numpy as np
import pytest

from pellucid.data.dataset import Dataset
from pellucid.data.splits import folds, split
from pellucid.data.stratify import apportion, targets
from pellucid.storage.errors import InputError


def pictures(labels, *, groups=None, parts=None, seed=0):
    """A dataset of noise: no two pictures are alike."""
    labels = np.asarray(labels, np.int32)
    n = len(labels)
    return Dataset(
        name="noise",
        classes=tuple(f"c{k}" for k in range(labels.max() + 1)),
        images=np.random.Philox(key=seed).random_raw(n * 24).view(np.uint8).reshape(n, 8, 8, 3).copy(),
        labels=labels,
        origins=[f"{i}.png" for i in range(n)],
        split=np.full(n, -1, np.int8) if parts is None else np.asarray(parts, np.int8),
        groups=groups,
    )


def table(dataset):
    """(3, K): rows of each class in each part."""
    counted = np.zeros((3, len(dataset.classes)), int)
    np.add.at(counted, (dataset.split, dataset.labels), 1)
    return counted.tolist()


def permuted(dataset, order):
    return Dataset(
        name=dataset.name,
        classes=dataset.classes,
        images=dataset.images[order],
        labels=dataset.labels[order],
        origins=[dataset.origins[i] for i in order],
        split=dataset.split[order],
        groups=None if dataset.groups is None else dataset.groups[order],
    )


def test_every_class_gets_its_share():
    made = split(pictures(np.repeat([0, 1, 2], [1000, 100, 10])))
    assert table(made) == [[700, 70, 7], [100, 10, 1], [200, 20, 2]]
    assert made.notes == ("split 70/10/20 into train/validation/test by class, seed 0: 777 + 111 + 222",)


def test_small_classes_train_first_then_test_then_validate():
    made = split(pictures(np.repeat([0, 1, 2, 3], [40, 1, 2, 3])))
    assert [row[1:] for row in table(made)] == [[1, 1, 1], [0, 0, 1], [0, 1, 1]]
    assert "too few pictures, so it cannot be tested: c1" in made.notes
    assert "too few pictures, so it cannot be watched while training: c1, c2" in made.notes


def test_many_small_classes_keep_the_total():
    assert [sum(row) for row in table(split(pictures(np.repeat(range(100), 14))))] == [980, 140, 280]
    assert apportion(np.full(100, 14), 0.1).sum() == 140


def test_the_assignment_is_the_same_on_every_machine():
    made = split(pictures(np.repeat([0, 1, 2], 40)), seed=7)
    assert hashlib.sha256(made.split.tobytes()).hexdigest()[:16] == "d5381d9ac06ba0d4"


def test_seed_decides():
    data = pictures(np.repeat([0, 1], 50))
    assert np.array_equal(split(data, seed=1).split, split(data, seed=1).split)
    assert not np.array_equal(split(data, seed=1).split, split(data, seed=2).split)


@pytest.mark.parametrize("grouped", [False, True])
def test_the_order_of_the_files_decides_nothing(grouped):
    groups = np.random.default_rng(5).integers(0, 40, 150) if grouped else None
    data = pictures(np.repeat([0, 1, 2], 50), groups=groups)
    order = np.random.default_rng(3).permutation(150)
    assert np.array_equal(split(permuted(data, order)).split, split(data).split[order])
    for one, other in zip(folds(permuted(data, order), 3), folds(data, 3), strict=True):
        assert np.array_equal(one.split, other.split[order])


def test_validation_is_taken_from_training_where_test_is_given():
    parts = np.tile([0, 0, 0, 0, 2], 40)
    data = pictures(np.repeat([0, 1], 100), parts=parts)
    made = split(data)
    assert np.array_equal(made.split == 2, parts == 2)
    assert table(made) == [[72, 72], [8, 8], [20, 20]]
    assert made.notes[0].startswith("split 90/10 into train/validation")


def test_test_is_taken_from_training_where_validation_is_given():
    made = split(pictures(np.repeat([0, 1], 100), parts=np.tile([0, 0, 0, 1], 50)))
    assert table(made) == [[60, 60], [25, 25], [15, 15]]


def test_a_complete_split_is_left_alone():
    data = pictures(np.repeat([0, 1], 50), parts=np.tile([0, 1, 2, 0, 0], 20))
    made = split(data)
    assert np.array_equal(made.split, data.split)
    assert made.notes == ()


def test_a_share_of_nothing_leaves_the_part_empty():
    assert table(split(pictures(np.repeat([0, 1], 50)), test=0)) == [[45, 45], [5, 5], [0, 0]]


def test_groups_stay_on_one_side_and_classes_keep_their_shares():
    groups = np.repeat(np.arange(40), 5)
    made = split(pictures(np.repeat([0, 1, 2, 3], 50), groups=groups))
    assert all(len(np.unique(made.split[groups == g])) == 1 for g in range(40))
    assert table(made) == [[35] * 4, [5] * 4, [10] * 4]
    assert "40 groups kept on one side" in made.notes


def test_doubles_stay_on_one_side():
    data = pictures(np.repeat([0, 1], 100))
    data.images[50:100] = data.images[:50]
    made = split(data)
    assert np.array_equal(made.split[:50], made.split[50:100])
    assert "50 exact doubles kept on one side" in made.notes


def test_doubles_across_a_given_split_are_told():
    data = pictures(np.repeat([0, 1], 100), parts=np.tile([0, 0, 0, 0, 2], 40))
    data.images[4] = data.images[0]
    assert "1 group (or sets of doubles) in several parts" in " ".join(split(data).notes)


def test_every_class_is_trained_and_tested_as_far_as_groups_allow():
    random = np.random.default_rng(0)
    for seed in range(150):
        counts = random.integers(1, 12, random.integers(1, 6))
        labels = np.repeat(np.arange(len(counts)), counts)
        groups = random.integers(0, max(2, len(labels) // 2), len(labels))
        made = split(pictures(labels, groups=groups), seed=seed)
        assert all(table(made)[0])
        assert all(len(np.unique(made.split[groups == g])) == 1 for g in groups)
        alone = split(pictures(labels), seed=seed)
        for k, count in enumerate(counts):
            assert [row[k] > 0 for row in table(alone)] == [True, count >= 3, count >= 2]


def test_targets_leave_something_to_train_on():
    assert targets(np.array([3]), [0.6, 0.3]).tolist() == [[1], [1], [1]]
    assert targets(np.array([0, 1, 2, 5]), [0.2, 0.1]).sum(axis=0).tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"validation": -0.1}, "validation share must be at least 0"),
        ({"test": 1.0}, "test share must be .* less than 1, got 1.0"),
        ({"test": float("nan")}, "test share"),
        ({"test": 0.6, "validation": 0.4}, "together must be less than 1"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"groups": np.arange(3)}, "groups must have one number for each of the 20 rows"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        split(pictures(np.repeat([0, 1], 10)), **arguments)


def test_a_class_that_is_tested_but_never_trained_is_refused():
    with pytest.raises(InputError, match=r"in test but never in train: c2\. Add training pictures"):
        split(pictures(np.repeat([0, 1, 2], 10), parts=np.repeat([0, 1, 0, 1, 2, 2], 5)))


def test_data_without_training_pictures_is_refused():
    with pytest.raises(InputError, match="all its pictures are in test; none is left to train on"):
        split(pictures([0, 1], parts=[2, 2]))


def test_folds_test_every_picture_once():
    data = pictures(np.repeat([0, 1, 2], [50, 25, 10]))
    made = folds(data, 5)
    tested = sum((fold.split == 2).astype(int) for fold in made)
    assert tested.tolist() == [1] * 85
    for fold in made:
        assert table(fold)[2] == [10, 5, 2]
        assert table(fold)[1] == [4, 2, 1]
    assert made[1].notes[0] == "fold 2 of 5 by class, seed 0"


def test_folds_keep_groups_together_and_train_what_cannot_be_tested():
    groups = np.concatenate([np.repeat(np.arange(20), 5), np.full(6, 20)])
    made = folds(pictures(np.concatenate([np.repeat([0, 1], 50), np.full(6, 2)]), groups=groups), 4)
    for fold in made:
        assert all(len(np.unique(fold.split[groups == g])) == 1 for g in range(21))
        assert (fold.split[-6:] == 0).all()
        assert "in one group only, so never tested: c2" in fold.notes


def test_folds_set_the_given_test_part_aside():
    parts = np.tile([0, 0, 0, 0, 2], 20)
    data = pictures(np.repeat([0, 1], 50), parts=parts)
    for fold in folds(data, 4):
        assert np.array_equal(fold.split == -1, parts == 2)
    assert sum((fold.split == 2).sum() for fold in folds(data, 4, over="all")) == 100


def test_folds_leave_no_fold_empty_and_no_class_untrained():
    random = np.random.default_rng(1)
    for seed in range(100):
        labels = np.repeat(np.arange(3), random.integers(1, 8, 3))
        groups = random.integers(0, len(labels), len(labels))
        try:
            made = folds(pictures(labels, groups=groups), 2 + seed % 3, seed=seed)
        except InputError as error:
            assert "number of folds" in str(error)  # noqa: PT017  # too few groups is the only reason
            continue
        for fold in made:
            assert (fold.split == 2).any()
            assert set(fold.labels[fold.split == 0]) == set(labels)


@pytest.mark.parametrize("k", [1, 0, -3, 21, 2.5, True])
def test_a_wrong_number_of_folds_is_refused(k):
    with pytest.raises(InputError, match="number of folds must be 2 or more, and at most 20 here"):
        folds(pictures(np.repeat([0, 1], 10)), k)


def test_an_unknown_range_of_folds_is_refused():
    with pytest.raises(InputError, match='over must be "all" or "train"'):
        folds(pictures(np.repeat([0, 1], 10)), 2, over="test")
