"""How a step is made of a gradient."""
