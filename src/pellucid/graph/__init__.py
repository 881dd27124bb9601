"""Numbers that remember how they were made, and the walk back along them."""

# A tensor's operators (`x + y`) look their operation up by name, so every file of operations is loaded with
# the first tensor.
from pellucid.graph import algebra, elementwise, reductions
from pellucid.graph.backward import gradients
from pellucid.graph.tensor import OPERATIONS, Tensor, op, variables

__all__ = ["OPERATIONS", "Tensor", "algebra", "elementwise", "gradients", "op", "reductions", "variables"]
