"""Numbers that remember how they were made, and the walk back along them."""

# A tensor's operators (`x + y`) look their operation up by name, so every file of operations is loaded with
# the first tensor.
from pellucid.graph import activations, algebra, choices, elementwise, indexing, probabilities, reductions
from pellucid.graph.backward import Step, backward_steps, gradients
from pellucid.graph.tensor import OPERATIONS, Tensor, op, variables

__all__ = [
    "OPERATIONS",
    "Step",
    "Tensor",
    "activations",
    "algebra",
    "backward_steps",
    "choices",
    "elementwise",
    "gradients",
    "indexing",
    "op",
    "probabilities",
    "reductions",
    "variables",
]
