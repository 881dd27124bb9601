"""Two witnesses for a gradient: centered differences, and JAX's gradient of our own forward."""

import numpy as np

from pellucid.arrays.compile import compiled, precision
from pellucid.graph.tensor import Tensor

TOLERANCES = {np.float32: {"rtol": 3e-6, "atol": 1e-6}, np.float64: {"rtol": 1e-12, "atol": 1e-13}}


def pulled(operation, arrays, g=None, **kept):
    """The value, g, and the gradient of each input by name; inputs into which nothing flows are left out."""
    tensors = {name: Tensor(array, name=name) for name, array in arrays.items()}
    made = operation(*tensors.values(), **kept)
    if g is None:
        stream = np.random.Generator(np.random.Philox(key=77))
        g = np.asarray(stream.uniform(0.5, 1.5, made.shape), made.dtype)[()]
    flows = {parent.name: pullback(g) for parent, pullback in zip(made.parents, made.pullbacks, strict=True)}
    return made.value, g, flows


def assert_agrees_with_differences(operation, arrays, kept):
    """Each number of each input is moved by ±h; all in float64."""
    _, g, flows = pulled(operation, arrays, **kept)
    h = 1e-5
    for name, flow in flows.items():
        numerical = np.zeros(arrays[name].size)
        for place in range(arrays[name].size):
            values = []
            for move in (h, -h):
                moved = np.array(arrays[name])
                moved[np.unravel_index(place, moved.shape)] += move
                values.append((g * operation(*(arrays | {name: moved}).values(), **kept)).sum())
            numerical[place] = (values[0] - values[1]) / (2 * h)
        assert flow.shape == arrays[name].shape, name
        scale = max(1.0, np.abs(numerical).max(initial=0.0))
        np.testing.assert_allclose(np.ravel(flow), numerical, rtol=0, atol=2e-8 * scale, err_msg=name)


def in_one_program(operation, names, kept):
    """A compiled function of (arrays, g): our value, our gradients, and those that JAX derives from our forward.

    JAX sorts the keys of a dict, so inputs are put in order by their names.
    """
    import jax

    def both(arrays, g):
        value, _, flows = pulled(operation, {name: arrays[name] for name in names}, g, **kept)

        def forward(moving):
            return operation(*((arrays | moving)[name] for name in names), **kept)

        _, pullback = jax.vjp(forward, {name: arrays[name] for name in flows})
        return value, flows, pullback(g)[0]

    return compiled(both)


def assert_agrees_with_jax(operation, arrays, kept, dtype, program=None):
    """NumPy's value and gradients, the compiled program's, and those that JAX derives are the same, in this dtype."""
    program = program or in_one_program(operation, list(arrays), kept)
    value, g, flows = pulled(operation, arrays, **kept)
    with precision(dtype):
        traced_value, traced, witnesses = program(arrays, g)
    assert traced_value.dtype == dtype
    assert traced_value.shape == value.shape
    tolerance = TOLERANCES[dtype]
    np.testing.assert_allclose(value, np.asarray(traced_value), **tolerance)
    assert set(traced) == set(witnesses) == set(flows)
    for each, flow in flows.items():
        assert traced[each].dtype == dtype
        assert traced[each].shape == flow.shape
        np.testing.assert_allclose(flow, np.asarray(traced[each]), err_msg=each, **tolerance)
        np.testing.assert_allclose(flow, np.asarray(witnesses[each]), err_msg=each, **tolerance)
