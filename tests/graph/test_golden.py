"""The worked examples of the course, to the last digit that is printed: tests/golden/numbers.json."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from pellucid.graph import gradients, variables
from pellucid.graph.activations import elu, leaky_relu, relu, sigmoid, tanh
from pellucid.graph.algebra import affine, matmul
from pellucid.graph.elementwise import absolute, exp, maximum
from pellucid.graph.probabilities import softmax
from pellucid.graph.reductions import mean, sum
from pellucid.losses import initial_loss, multiclass_hinge, softmax_cross_entropy
from pellucid.regularizers import l2

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "numbers.json").read_text("utf-8"))
PRINTED = {"rtol": 0, "atol": 5.1e-10}  # nine decimals
SIX = {"rtol": 5e-7, "atol": 0}  # seven digits


def arrays(of, *names):
    return [np.array(of[name], float if name != "labels" else int) for name in names]


def probabilities(scores):
    """Softmax as our loss sees it: its gradient is p, less 1 at the label."""
    (s,) = variables(s=scores)
    labels = np.zeros(len(scores), int)
    flow = gradients(sum(softmax_cross_entropy(s, labels)))[s]
    return flow + np.eye(scores.shape[1])[labels]


def test_g1_four_pixel_image():
    g = GOLDEN["G1"]
    w, x, b = arrays(g, "w", "x", "b")
    np.testing.assert_allclose(matmul(x, w.T), g["without_bias"], rtol=1e-14)
    np.testing.assert_allclose(affine(x, w, b), g["scores"], rtol=1e-14)
    # The bias trick: one more column of weights, one more feature that is always 1.
    extended = affine(np.c_[x, [[1.0]]], np.c_[w, b], np.zeros(3))
    np.testing.assert_allclose(extended, g["scores"], rtol=1e-14)
    scores = affine(x, w, b)
    for label in range(3):
        y = np.array([label])
        np.testing.assert_allclose(
            softmax_cross_entropy(scores, y), [g["cross_entropy_if"][label]], rtol=1e-13, atol=0
        )
        np.testing.assert_allclose(multiclass_hinge(scores, y), [g["hinge_if"][label]], rtol=1e-13, atol=0)
    # float32, in which e⁴³⁷ has no place, does as well.
    found = softmax_cross_entropy(scores.astype(np.float32), np.array([0]))
    np.testing.assert_allclose(found, [534.7], rtol=1e-6)


def test_g1_probabilities():
    g = GOLDEN["G1"]
    (s,) = variables(s=np.array(g["scores"]))
    flow = gradients(sum(softmax_cross_entropy(s, np.array([1]))))[s]
    np.testing.assert_allclose(flow[0, [0, 2]], np.array(g["probabilities"])[0, [0, 2]], **SIX)
    assert flow[0, 1] == 0.0


def test_g2_hinge_of_cat_car_and_frog():
    g = GOLDEN["G2"]
    scores, labels = arrays(g, "scores", "labels")
    (s,) = variables(s=scores)
    losses = multiclass_hinge(s, labels)
    np.testing.assert_allclose(losses.value, g["hinge"], rtol=1e-14, atol=1e-15)
    loss = mean(losses)
    np.testing.assert_allclose(loss.value, g["hinge_mean"], rtol=0, atol=5e-7)
    np.testing.assert_allclose(sum(losses).value, 15.8, rtol=1e-14)
    np.testing.assert_array_equal(gradients(sum(losses))[s], g["hinge_gradient"])
    np.testing.assert_allclose(gradients(loss)[s], np.array(g["hinge_gradient"]) / 3, rtol=1e-15)


def test_g2_softmax_of_cat_car_and_frog():
    g = GOLDEN["G2"]
    scores, labels = arrays(g, "scores", "labels")
    (s,) = variables(s=scores)
    losses = softmax_cross_entropy(s, labels)
    np.testing.assert_allclose(losses.value, g["cross_entropy"], **PRINTED)
    np.testing.assert_allclose(mean(losses).value, g["cross_entropy_mean"], **PRINTED)
    np.testing.assert_allclose(
        losses.value[0] / math.log(10), g["cross_entropy_base_10_of_cat"], rtol=0, atol=5e-7
    )
    flow = gradients(sum(losses))[s]
    np.testing.assert_allclose(flow[0], g["cross_entropy_gradient_of_cat"], **PRINTED)
    np.testing.assert_allclose(flow + np.eye(3), g["probabilities"], **PRINTED)


def test_g2_what_if_the_car_scores_a_little_less():
    g = GOLDEN["G2"]
    car, label = np.array([g["scores"][1]]), np.array([1])
    lowered = car.copy()
    lowered[0, 1] = g["car_score_lowered_to"]
    assert multiclass_hinge(car, label) == multiclass_hinge(lowered, label) == 0.0
    np.testing.assert_allclose(
        softmax_cross_entropy(car, label), g["car_cross_entropy_before"], rtol=0, atol=5e-7
    )
    np.testing.assert_allclose(
        softmax_cross_entropy(lowered, label), g["car_cross_entropy_after"], rtol=0, atol=5e-7
    )
    for score, pays in ((g["car_hinge_begins_below"], False), (g["car_hinge_begins_below"] - 1e-9, True)):
        lowered[0, 1] = score
        assert (multiclass_hinge(lowered, label)[0] > 0) is np.bool_(pays)
    assert multiclass_hinge(2 * car, label) == 0.0


def test_g3_margin_of_ten():
    g = GOLDEN["G3"]
    assert multiclass_hinge(*arrays(g, "scores", "labels"), margin=g["margin"]) == [g["hinge"]]


def test_g4_svm_against_softmax():
    g = GOLDEN["G4"]
    w, x, b, labels = arrays(g, "w", "x", "b", "labels")
    scores = affine(x, w, b)
    np.testing.assert_allclose(scores, g["scores"], rtol=1e-14)
    np.testing.assert_allclose(multiclass_hinge(scores, labels), [g["hinge"]], rtol=1e-14)
    np.testing.assert_allclose(exp(scores), g["exponentials"], **PRINTED)
    np.testing.assert_allclose(probabilities(scores), g["probabilities"], **PRINTED)
    np.testing.assert_allclose(softmax_cross_entropy(scores, labels), [g["cross_entropy"]], **PRINTED)


def test_g5_halved_scores():
    g = GOLDEN["G5"]
    np.testing.assert_allclose(probabilities(np.array(g["scores"])), g["probabilities"], **PRINTED)


def test_g6_when_is_a_loss_content():
    g = GOLDEN["G6"]
    scores, labels = arrays(g, "scores", "labels")
    np.testing.assert_array_equal(multiclass_hinge(scores, labels), g["hinge"])
    found = softmax_cross_entropy(scores, labels)
    np.testing.assert_allclose(found[:2], g["cross_entropy"][:2], **PRINTED)
    assert found[2] == 0.0


def test_g7_scores_too_large_for_exp():
    g = GOLDEN["G7"]
    scores = np.array(g["scores"])
    for label, expected in enumerate(g["cross_entropy_if"]):
        assert softmax_cross_entropy(scores, np.array([label])) == [expected]
    (s,) = variables(s=scores)
    flow = gradients(sum(softmax_cross_entropy(s, np.array([2]))))[s]
    np.testing.assert_allclose(flow[0, :2], g["probabilities"][0][:2], **SIX)


def test_g8_gradient_at_the_scores():
    g = GOLDEN["G8"]
    (s,) = variables(s=np.log(g["probabilities"]))
    losses = softmax_cross_entropy(s, np.array(g["labels"]))
    np.testing.assert_allclose(losses.value, [g["cross_entropy"]], **PRINTED)
    np.testing.assert_allclose(gradients(sum(losses))[s], g["gradient"], rtol=1e-14)


def test_g9_of_two_weights_l2_prefers_the_spread_one():
    g = GOLDEN["G9"]
    x, w = arrays(g, "x", "w")
    np.testing.assert_array_equal(affine(x, w, np.zeros(2)), g["scores"])
    for row, squares in zip(w, g["squares"], strict=True):
        assert l2(row[None]) == 0.5 * squares
    # L1 does not prefer the spread one: it is a tie.
    np.testing.assert_array_equal(sum(absolute(w), axis=1), g["l1"])
    np.testing.assert_array_equal(sum(absolute(w) + w * w, axis=1), g["l1_and_squares"])


def test_g10_sum_and_product():
    g = GOLDEN["G10"]
    x, y, z = variables(x=g["x"], y=g["y"], z=g["z"])
    f = (x + y) * z
    assert f.value == g["f"]
    assert {t.name: flow for t, flow in gradients(f).items()} == g["gradients"]
    for name, operation in (("product", lambda x, y: x * y), ("maximum", maximum)):
        x, y = variables(x=g[name]["x"], y=g[name]["y"])
        f = operation(x, y)
        assert f.value == g[name]["value"]
        assert list(gradients(f, of=(x, y)).values()) == g[name]["gradients"]


def test_g11_sigmoid_neuron_as_a_chain():
    g = GOLDEN["G11"]
    w0, w1, w2, x0, x1 = variables(w0=g["w"][0], w1=g["w"][1], w2=g["w"][2], x0=g["x"][0], x1=g["x"][1])
    products = (w0 * x0, w1 * x1)
    both = products[0] + products[1]
    dot = both + w2
    opposite = -dot
    power = exp(opposite)
    below = 1.0 + power
    f = 1.0 / below
    chain = [*products, both, dot, opposite, power, below]
    np.testing.assert_allclose([node.value for node in chain], g["chain"], **PRINTED)
    np.testing.assert_allclose(f.value, g["value"], **PRINTED)
    flow = gradients(f, of=(below, power, opposite, dot, w0, x0, w1, x1, w2))
    expected = g["backward"]
    np.testing.assert_allclose(
        [flow[node] for node in (below, power, opposite, dot)], list(expected.values()), **PRINTED
    )
    for tensor in (w0, x0, w1, x1, w2):
        np.testing.assert_allclose(flow[tensor], g["gradients"][tensor.name], **PRINTED)
    # The same neuron with the sigmoid as one operation.
    whole = sigmoid(w0 * x0 + w1 * x1 + w2)
    np.testing.assert_allclose(whole.value, f.value, rtol=1e-15)
    for tensor, found in gradients(whole).items():
        np.testing.assert_allclose(found, flow[tensor], rtol=1e-14)


def test_g12_squared_length_of_a_product():
    g = GOLDEN["G12"]
    w, x = variables(w=np.array(g["w"]), x=np.array(g["x"]))
    q = w @ x
    f = sum(q * q)
    np.testing.assert_allclose(f.value, g["f"], rtol=1e-14)
    flow = gradients(f, of=(q, w, x))
    np.testing.assert_allclose(q.value, g["q"], rtol=1e-14)
    np.testing.assert_allclose(flow[q], g["gradient_of_q"], rtol=1e-14)
    np.testing.assert_allclose(flow[w], g["gradient_of_w"], rtol=1e-14)
    np.testing.assert_allclose(flow[x], g["gradient_of_x"], rtol=1e-14)


def test_g13_maximum_routes():
    g = GOLDEN["G13"]
    x, y, z, w = variables(x=g["x"], y=g["y"], z=g["z"], w=g["w"])
    f = 2.0 * (x * y + maximum(z, w))
    assert f.value == g["value"]
    assert {t.name: flow for t, flow in gradients(f).items()} == g["gradients"]


def test_g14_in_stages():
    g = GOLDEN["G14"]

    x, y = variables(x=g["x"], y=g["y"])
    of_x, of_y, both = sigmoid(x), sigmoid(y), x + y
    numerator = x + of_y
    denominator = of_x + both**2
    f = numerator / denominator
    flow = gradients(f, of=(denominator, both))
    np.testing.assert_allclose(of_x.value, g["sigmoid_of_x"], **PRINTED)
    np.testing.assert_allclose(of_y.value, g["sigmoid_of_y"], **PRINTED)
    np.testing.assert_allclose(flow[denominator], g["gradient_of_denominator"], **PRINTED)
    np.testing.assert_allclose(flow[both], g["gradient_of_sum_by_its_square"], **PRINTED)
    np.testing.assert_allclose(numerator.value, g["numerator"], **PRINTED)
    np.testing.assert_allclose(denominator.value, g["denominator"], **PRINTED)
    np.testing.assert_allclose(f.value, g["value"], **PRINTED)
    for tensor, flow in gradients(f).items():
        np.testing.assert_allclose(flow, g["gradients"][tensor.name], **PRINTED)


@pytest.mark.parametrize("number", range(5))
def test_g15_loss_at_the_start(number):
    g = GOLDEN["G15"]
    classes = g["classes"][number]
    scores, labels = np.zeros((4, classes)), np.array([0, 1, 0, classes - 1])
    np.testing.assert_allclose(softmax_cross_entropy(scores, labels), g["cross_entropy"][number], **PRINTED)
    np.testing.assert_array_equal(multiclass_hinge(scores, labels), classes - 1)
    assert initial_loss("softmax-cross-entropy", classes) == pytest.approx(
        g["cross_entropy"][number], abs=5.1e-10
    )
    assert initial_loss("multiclass-hinge", classes) == classes - 1


def even(of):
    array = np.linspace(of["from"], of["to"], int(np.prod(of["shape"]))).reshape(of["shape"])
    return array.T if of.get("transposed") else array


def test_g21_affine_of_even_numbers():
    g = GOLDEN["G21"]

    scores = affine(even(g["x"]), even(g["w"]), even(g["b"]))
    np.testing.assert_allclose(scores, g["scores"], rtol=0, atol=5.1e-9)


def test_g21_two_layers():
    g = GOLDEN["G21"]["net"]
    params = {name: even(g[name]) for name in ("w1", "b1", "w2", "b2")}
    w1, b1, w2, b2 = variables(**params)
    labels = np.array(g["labels"])
    loss = mean(softmax_cross_entropy(affine(relu(affine(even(g["x"]), w1, b1)), w2, b2), labels))
    np.testing.assert_allclose(loss.value, g["loss"], rtol=1e-14)
    regularized = loss + l2(w1) + l2(w2)
    np.testing.assert_allclose(regularized.value, g["regularized"], rtol=1e-14)
    flow = gradients(regularized)
    assert {tensor.name: found.shape for tensor, found in flow.items()} == {
        name: array.shape for name, array in params.items()
    }


def test_g17_activations():
    g = GOLDEN["G17"]
    numbers = np.array(g["x"])
    for name, operation in (("sigmoid", sigmoid), ("tanh", tanh), ("elu", elu)):
        (x,) = variables(x=numbers)
        z = operation(x)
        np.testing.assert_allclose(z.value, g[name], err_msg=name, **PRINTED)
        if f"{name}_slope" in g:
            # Printed to nine decimals or to seven digits.
            np.testing.assert_allclose(
                gradients(sum(z))[x], g[f"{name}_slope"], rtol=1e-7, atol=5.1e-10, err_msg=name
            )
    np.testing.assert_allclose(sigmoid(numbers[:1]), g["sigmoid"][:1], **SIX)
    np.testing.assert_allclose(tanh(numbers), 2 * sigmoid(2 * numbers) - 1, rtol=0, atol=1e-15)
    for slope, value in g["leaky_relu_at_minus_2"].items():
        assert leaky_relu(np.float64(-2.0), slope=float(slope)) == value
    assert leaky_relu(np.float64(-2.0)) == -0.02


def test_g23_by_hand():
    g = GOLDEN["G23"]
    w1, w2 = variables(w1=g["w1"], w2=g["w2"])
    hidden = sigmoid(w1 * g["x"])
    prediction = w2 * hidden
    loss = (prediction - g["y"]) ** 2
    for node, name in ((hidden, "hidden"), (prediction, "prediction"), (loss, "loss")):
        np.testing.assert_allclose(node.value, g[name], **PRINTED)
    for tensor, flow in gradients(loss).items():
        np.testing.assert_allclose(flow, g["gradients"][tensor.name], **PRINTED)


def test_errata():
    g = GOLDEN["errata"]
    (s,) = variables(s=np.zeros((g["pictures"], g["classes"])))
    loss = mean(softmax_cross_entropy(s, np.array([0, 2])))
    np.testing.assert_allclose(loss.value, g["mean_cross_entropy"], **PRINTED)
    np.testing.assert_allclose(
        gradients(loss)[s], (np.full((2, 3), 1 / 3) - np.eye(3)[[0, 2]]) / g["pictures"], rtol=1e-14
    )
    scores = np.array(g["scores"])
    np.testing.assert_allclose(sum(sigmoid(scores)), g["sum_of_sigmoids"], **PRINTED)
    np.testing.assert_allclose(sum(softmax(scores)), 1.0, rtol=1e-15)
    np.testing.assert_allclose(sum(sigmoid(np.array([3.2, -3.2]))), 1.0, rtol=1e-15)
    # A ReLU is dead where its inputs are negative, whatever the slope of a leaky one.
    (x,) = variables(x=np.array([-3.0, -0.1]))
    np.testing.assert_array_equal(gradients(sum(relu(x)))[x], [0.0, 0.0])
    np.testing.assert_array_equal(gradients(sum(leaky_relu(x)))[x], [0.01, 0.01])
