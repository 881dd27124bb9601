"""Draw the graphs that the documentation shows: `python examples/draw_graphs.py [FOLDER]`.

Without a folder the drawings go to docs/pictures. The same program gives the same bytes.
"""

import sys
from pathlib import Path

import numpy as np

import pellucid as pl
from pellucid.graph import Tensor, variables
from pellucid.graph.algebra import affine
from pellucid.graph.diagram import Diagram, diagram
from pellucid.graph.elementwise import exp, log, maximum
from pellucid.graph.reductions import mean
from pellucid.graph.reductions import sum as total
from pellucid.losses import softmax_cross_entropy
from pellucid.regularizers import l2


def sum_and_product() -> Tensor:
    """(x + y) z: the first graph of the course."""
    x, y, z = variables(x=-2.0, y=5.0, z=-4.0)
    return (x + y) * z


def sigmoid_neuron() -> Tensor:
    """One neuron, taken apart to single operations."""
    w0, x0, w1, x1, w2 = variables(w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
    return 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + w2)))


def squared_length() -> Tensor:
    """‖Wx‖²: gradients of matrices are matrices."""
    W, x = variables(W=[[0.1, 0.5], [-0.3, 0.8]], x=[[0.2], [0.4]])
    return total((W @ x) ** 2)


def softmax_of_scores() -> Tensor:
    """Softmax and cross-entropy of three scores, the first of which is the right class's."""
    scores = variables(s1=3.2, s2=5.1, s3=-1.7)
    e1, e2, e3 = (exp(score) for score in scores)
    return -log(e1 / (e1 + e2 + e3))


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Eight pictures (8, 64), from 0 to 1, and their classes (8)."""
    data = pl.load("digits")
    pictures = np.asarray(data.train.images[:8], np.float64).reshape(8, -1)
    return pictures / 16 if pictures.max() <= 16 else pictures / 255, np.asarray(data.train.labels[:8])


def softmax_classifier() -> Tensor:
    """The objective of a softmax classifier on eight digits, with its penalty."""
    x, y = _digits()
    rng = np.random.default_rng(0)
    W, b = variables(W=rng.normal(0, 0.1, (10, 64)), b=np.zeros(10))
    return mean(softmax_cross_entropy(affine(x, W, b), y)) + 0.001 * l2(W)


def two_layers() -> Tensor:
    """A network of two layers on eight digits."""
    x, y = _digits()
    rng = np.random.default_rng(0)
    W1, b1 = variables(W1=rng.normal(0, 0.2, (24, 64)), b1=np.zeros(24))
    W2, b2 = variables(W2=rng.normal(0, 0.2, (10, 24)), b2=np.zeros(10))
    hidden = maximum(affine(x, W1, b1), 0.0)
    return mean(softmax_cross_entropy(affine(hidden, W2, b2), y))


def residual_block() -> Tensor:
    """x + f(x): the gradient of x arrives along both ways and is added up."""
    rng = np.random.default_rng(0)
    (x,) = variables(x=rng.normal(0, 1, (6, 16)))
    W1, b1 = variables(W1=rng.normal(0, 0.3, (16, 16)), b1=np.zeros(16))
    W2, b2 = variables(W2=rng.normal(0, 0.3, (16, 16)), b2=np.zeros(16))
    return mean(maximum(x + affine(maximum(affine(x, W1, b1), 0.0), W2, b2), 0.0))


def thirty_layers() -> Tensor:
    """A network of 30 layers, more than a person can look at: it is drawn in boxes that open."""
    rng = np.random.default_rng(0)
    (h,) = variables(x=rng.normal(0, 1, (4, 8)))
    for layer in range(1, 31):
        W, b = variables(**{f"W{layer}": rng.normal(0, 0.5, (8, 8)), f"b{layer}": np.zeros(8)})
        h = affine(h, W, b) if layer == 30 else maximum(affine(h, W, b), 0.0)
    return mean(softmax_cross_entropy(h, np.arange(4)))


def drawings() -> dict[str, Diagram]:
    """Every drawing by the name of its file."""
    return {
        "graph-sum-and-product": diagram(sum_and_product()),
        "graph-sigmoid-neuron": diagram(sigmoid_neuron()),
        "graph-squared-length": diagram(squared_length()),
        "graph-softmax-of-scores": diagram(softmax_of_scores()),
        "graph-softmax-classifier": diagram(softmax_classifier(), picture_shape=(8, 8, 1)),
        "graph-two-layers": diagram(two_layers(), picture_shape=(8, 8, 1)),
        "graph-residual-block": diagram(residual_block()),
        "graph-thirty-layers": diagram(thirty_layers()),
    }


def main(folder: Path) -> None:
    """Write every drawing into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in drawings().items():
        (folder / f"{name}.svg").write_text(drawn.svg() + "\n", encoding="utf-8")
        print(folder / f"{name}.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs" / "pictures")
