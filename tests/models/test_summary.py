"""The table of a network."""

import pytest

from pellucid.layers.activations import Activation
from pellucid.layers.layer import chain
from pellucid.layers.linear import Linear
from pellucid.models.architecture import DESIGNS, Architecture
from pellucid.models.summary import summary
from pellucid.storage.errors import InputError


def test_the_table_of_a_small_network():
    network = Architecture("mlp", (4, 4, 3), 10, {"hidden": (32,), "dropout": 0.5, "input_dropout": 0.0})
    assert str(summary(network)).splitlines() == [
        "layer           kind         output  parameters  multiply-adds",
        "──────────────────────────────────────────────────────────────",
        "hidden1         linear       32           1,536          1,536",
        "normalization1  batch norm   32              64               ",
        "activation1     relu         32                               ",
        "dropout1        dropout 0.5  32                               ",
        "scores          linear       10             330            320",
        "──────────────────────────────────────────────────────────────",
        "mlp                          10           1,930          1,856",
    ]
    assert repr(summary(network)) == str(summary(network))


@pytest.mark.parametrize("name", DESIGNS)
def test_its_rows_add_up_at_every_depth(name):
    network = Architecture(name, (32, 32, 3), 10)
    for depth in (None, 1, 2, 3, 4):
        table = summary(network, depth=depth)
        assert sum(row.parameters for row in table.rows) == table.total.parameters == network.parameters()
        assert (
            sum(row.multiply_adds for row in table.rows)
            == table.total.multiply_adds
            == network.multiply_adds()
        )
        assert table.rows[-1].shape == table.total.shape == (10,)
    assert len(summary(network).rows) <= 64


def test_deep_networks_are_taken_apart_as_far_as_they_fit():
    network = Architecture("resnet20", (32, 32, 3), 10)
    assert "stage3.block3" in [row.name for row in summary(network).rows]
    rows = {row.name: row for row in summary(network, depth=3).rows}
    assert rows["stage2.block1.convolution1"].kind == "3 × 3 convolution, stride 2"
    assert rows["stage2.block1.shortcut"].shape == (16, 16, 32)
    assert rows["stage2.block1.activation"].kind == "relu"
    network = Architecture("googlenet", (32, 32, 3), 10)
    rows = {row.name: row for row in summary(network).rows}
    assert rows["inception3a.three"].kind == "6 layers"
    assert rows["pool3"].kind == "3 × 3 max pool, stride 2"


def test_a_model_that_is_no_architecture():
    model = chain(hidden=Linear(4, 3), activation=Activation("tanh"))
    assert [row.name for row in summary(model, (4,)).rows] == ["hidden", "activation"]
    assert summary(Linear(4, 3), (4,)).rows[0].kind == "linear"
    with pytest.raises(InputError, match=r"summary\(\) needs the shape of what a Chain is given"):
        summary(model)
    with pytest.raises(InputError, match=r"hidden: Linear\(4, 3\) needs x of shape \(N, 4\)"):
        summary(model, (5,))
