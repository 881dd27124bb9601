"""Small data sets on which training takes a fraction of a second."""

import numpy as np
import pytest

from pellucid.data.load import load


@pytest.fixture(scope="session")
def digits():
    """scikit-learn's 1,797 digits, 8 × 8, split by seed 0."""
    return load("digits")


@pytest.fixture
def quick(digits):
    """A few hundred digits: the same classes, less time."""
    split = digits.split.copy()
    split[np.flatnonzero(split == 0)[400:]] = -1
    return digits.with_split(split)
