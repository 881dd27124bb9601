"""The learning-rate finder: what it picks trains as well as the best of a grid; it says where nothing can be found."""

from dataclasses import replace

import numpy as np
import pytest

import pellucid as pl
from pellucid.data.splits import split
from pellucid.storage.errors import Error, InputError, TrainingError
from pellucid.training.checkpoint import Standing
from pellucid.training.loop import trained
from pellucid.training.rate_finder import find_rate, smoothed
from pellucid.training.recipe import Recipe
from pellucid.training.session import prepared


@pytest.fixture(scope="module")
def digits():
    return pl.load("digits")


class Fixed:
    """An engine whose losses depend on the rate alone."""

    def __init__(self, losses):
        self._losses = losses
        self.visited = []

    def steps(self, state, order, batch_size, rates):
        self.visited.append((order, batch_size, rates))
        return (
            state,
            self._losses(rates.astype(np.float64)).astype(np.float32),
            np.zeros(len(rates), np.int32),
        )


def with_losses(digits, losses):
    return replace(prepared(digits, Recipe(), engine="numpy"), engine=Fixed(losses))


def accuracy(session, rate):
    """On the validation part, after training at this rate; 0 where it fails."""
    session = replace(session, recipe=replace(session.recipe, learning_rate=float(rate), epochs=6))
    heard = []
    try:
        start = Standing(0, session.start_state(), session.start_params)
        end = trained(session, start, None, heard.append).standing
    except Error:
        return 0.0
    return heard[end.best_epoch - 1]["validation_accuracy"]


@pytest.mark.parametrize(
    ("optimizer", "loss"),
    [
        ("nesterov", "softmax-cross-entropy"),
        ("nesterov", "multiclass-hinge"),
        ("adam", "softmax-cross-entropy"),
        ("adagrad", "one-versus-rest-squared-hinge"),
    ],
)
def test_what_it_picks_trains_within_a_point_of_a_grid_search(digits, optimizer, loss):
    # A third of the pictures judge, so that a point is several of them, and the grid's best is little luck.
    dataset = split(replace(digits, split=np.full(len(digits), -1, np.int8)), validation=1 / 3, test=0.1)
    session = prepared(dataset, Recipe(loss=loss, optimizer=optimizer), engine="numpy")
    best = max(accuracy(session, rate) for rate in (1e-4, 1e-3, 1e-2, 0.1, 0.5))
    assert round(100 * (best - accuracy(session, find_rate(session).rate)), 1) <= 1.0  # points


def test_the_rule_on_a_known_curve(digits):
    found = find_rate(with_losses(digits, lambda r: 2 + (np.log10(r) + 2) ** 2 / 20 - 1 * (r > 0)))
    assert found.rate == pytest.approx(0.01 / 4, rel=0.05)
    assert found.rates[0] == pytest.approx(1e-8)
    assert (np.diff(np.log10(found.rates)) > 0).all()
    assert "at 0.01" in found.sentence
    assert "a quarter of that, 0.0025" in found.sentence


def test_it_stops_where_the_loss_blows_up_and_forgets_what_came_after(digits):
    session = with_losses(digits, lambda r: np.where(r > 0.1, np.nan, 2 - np.sqrt(np.minimum(r, 1))))
    found = find_rate(session)
    assert found.rates[-1] == pytest.approx(0.1, rel=0.1)
    assert np.isfinite(found.losses[:-1]).all()
    assert not np.isfinite(found.losses[-1])
    assert 0.1 / 16 < found.rate < 0.1 / 4


def test_every_step_has_a_whole_minibatch_of_training_rows_each_turn_of_another_order(digits):
    session = with_losses(digits, lambda r: 2 - np.minimum(r, 1.0))
    find_rate(session)
    order = np.concatenate([order for order, _, _ in session.engine.visited])
    train = digits.train.rows
    size = session.recipe.batch_size
    assert all(len(order) == size * len(rates) for order, _, rates in session.engine.visited)
    turns = [order[i : i + len(train)] for i in range(0, len(order) - len(train), len(train))]
    assert len(turns) >= 2
    assert all((np.sort(turn) == np.sort(train)).all() for turn in turns)
    assert (turns[0] != turns[1]).any()


def test_the_same_session_gives_the_same_rate_and_is_not_changed(digits):
    session = prepared(digits, Recipe(seed=3), engine="numpy")
    before = {name: array.copy() for name, array in session.start_params.items()}
    one, two = find_rate(session), find_rate(session)
    assert one.rate == two.rate
    assert (one.losses == two.losses).all()
    assert all((session.start_params[name] == array).all() for name, array in before.items())


def test_more_pictures_than_512_are_not_looked_at_in_a_step(digits):
    session = with_losses(digits, lambda r: 2 - np.minimum(r, 1.0))
    find_rate(replace(session, recipe=replace(session.recipe, batch_size=len(digits.train))))
    assert {size for _, size, _ in session.engine.visited} == {512}


def test_weights_that_are_already_good_get_a_rate_below_the_one_that_harms_them(digits):
    found = find_rate(with_losses(digits, lambda r: 0.3 + np.maximum(r - 0.1, 0)))
    assert "the weights to begin with are about the best" in found.sentence
    assert 0.005 < found.rate < 0.03


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_first_loss_that_is_not_finite_is_an_error(digits, wrong):
    with pytest.raises(TrainingError, match=f"the loss of the first minibatch is {wrong}, before any step"):
        find_rate(with_losses(digits, lambda r: np.full(len(r), wrong)))


@pytest.mark.parametrize("level", [2.3, 0.0])
def test_a_loss_that_no_rate_changes_is_an_error(digits, level):
    with pytest.raises(TrainingError, match=r"begins at .*, and none from 1×10⁻⁸ to .* lowers it\. Give one"):
        find_rate(with_losses(digits, lambda r: np.full(len(r), level)))


def test_noise_alone_is_no_fall(digits):
    stream = np.random.Generator(np.random.Philox(key=1))
    with pytest.raises(TrainingError, match="lowers it"):
        find_rate(with_losses(digits, lambda r: 2.3 + 0.2 * stream.standard_normal(len(r))))


def test_a_minimizer_has_no_rate_to_be_found(digits):
    session = prepared(digits, Recipe(optimizer="lbfgs"), engine="numpy")
    with pytest.raises(InputError, match="chooses the length of its steps itself"):
        find_rate(session)


def test_a_transformation_that_keeps_its_own_rate_is_refused_and_one_that_does_not_is_not(digits):
    optax = pytest.importorskip("optax")
    from pellucid.optimizers.optax_adapter import Optax

    with pytest.raises(InputError, match="keeps its own learning rate"):
        find_rate(prepared(digits, Recipe(), engine="numpy", optimizer=Optax(optax.sgd(0.1))))


def test_smoothing_keeps_a_level_and_does_not_lag():
    assert smoothed(np.full(50, 2.0)) == pytest.approx(2.0)
    dip = 2 - np.exp(-0.5 * ((np.arange(101) - 50) / 8) ** 2)
    assert smoothed(dip).argmin() == 50
    assert np.isfinite(smoothed(np.array([1.0, 2.0, np.inf, np.nan]))).all()


def test_the_chart_names_the_chosen_rate(digits):
    found = find_rate(prepared(digits, Recipe(), engine="numpy"))
    drawn = found.chart()
    assert drawn.startswith("<svg")
    assert "nan" not in drawn
    assert f"chosen: {found.rate:.2g}" in drawn
    assert found.chart() == drawn
