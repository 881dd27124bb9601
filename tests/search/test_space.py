"""What a search may try, and how the numbers of its trials are drawn."""

import numpy as np
import pytest

from pellucid.search.space import Choice, Range, Space, dimension, space
from pellucid.storage.errors import InputError
from pellucid.training.recipe import Recipe


def test_a_range_is_covered_evenly_on_the_logarithmic_scale():
    tried = Space({"l2": Range(1e-6, 1e-1)})
    powers = np.log10([tried.drawn(0, number)["l2"] for number in range(2000)])
    counts, _ = np.histogram(powers, bins=5, range=(-6, -1))
    assert counts.sum() == 2000
    assert counts.min() > 330  # 400 expected; 4 deviations of a binomial are 72


def test_a_trial_is_a_function_of_seed_and_number_and_of_nothing_else_that_is_searched():
    alone = space(Recipe(), {"l2": "0.01"})
    with_more = space(Recipe(), {"batch_size": "64,256", "momentum": "0.8,0.9,0.99"})
    rates = [alone.drawn(7, number)["learning_rate"] for number in range(20)]
    assert rates == [with_more.drawn(7, number)["learning_rate"] for number in range(20)]
    assert len(set(rates)) == 20
    assert rates != [alone.drawn(8, number)["learning_rate"] for number in range(20)]
    drawn = [with_more.drawn(7, number) for number in range(60)]
    assert {each["batch_size"] for each in drawn} == {64, 256}
    assert {each["momentum"] for each in drawn} == {0.8, 0.9, 0.99}


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        ("learning_rate", "1e-4:1e-1", Range(1e-4, 1e-1)),
        ("l2", "0", Choice((0.0,))),
        ("momentum", "0.8, 0.9,0.9", Choice((0.8, 0.9))),
        ("batch_size", "64,256", Choice((64, 256))),
        ("optimizer", "adam:beta1=0.95", Choice(("adam:beta1=0.95",))),
    ],
)
def test_what_a_user_writes(setting, text, expected):
    assert dimension(setting, text) == expected


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"learning_rate": "1e-1:1e-4"}, r"runs from high to low. Write --learning-rate 1e-4:1e-1"),
        (
            {"l2": "-1:1"},
            r"--l2 -1:1: a range is searched on a logarithmic scale, and both ends must be above 0",
        ),
        ({"l2": "0:1"}, r"both ends must be above 0"),
        ({"l2": "1:inf"}, r"above 0 and finite"),
        ({"l2": "nan:1"}, r"above 0 and finite"),
        ({"l2": "1e-3:1e-3"}, r"has no room between its ends"),
        ({"l2": "1:2:3"}, r"--l2 takes LOW:HIGH, got 1:2:3"),
        ({"momentum": "0.8:0.9"}, r"--momentum takes values with commas between"),
        (
            {"l2": "much"},
            r"--l2 must be a number, a range LOW:HIGH, or several with commas between, got 'much'",
        ),
        ({"batch_size": "1.5"}, r"--batch-size must be a whole number"),
        ({"batch_size": "0"}, r"--batch-size must be 1 or more, got 0"),
        ({"momentum": "0.9,1"}, r"--momentum must be 0 to below 1, got 1.0"),
        ({"model": "softmax,swm"}, r"Did you mean svm"),
        ({"optimizer": "adm"}, r"Did you mean adam"),
        ({"loss": "hinge,softmax-cross-entropi"}, r"loss must be one of"),
        ({"learning_rate": "0.1", "l2": "1e-3"}, r"nothing to search: every setting is fixed"),
    ],
)
def test_what_cannot_be_searched_is_said(given, sentence):
    with pytest.raises(InputError, match=sentence):
        space(Recipe(), given)


def test_a_space_is_the_same_after_json():
    tried = space(Recipe(), {"l2": "1e-5:1e-2", "batch_size": "32,64"})
    assert Space.from_json(tried.to_json()) == tried
    assert tried.searched.keys() == {"learning_rate", "l2", "batch_size"}


def test_no_penalty_is_searched_where_there_is_none():
    assert "l2" not in space(Recipe(model="perceptron"), {}).dimensions
    assert "l2" not in space(Recipe(), {"l1": "1e-6:1e-2"}).dimensions
