"""Any transformation of gradients from optax (https://optax.readthedocs.io) in the place of an optimizer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from pellucid.arrays import compile as compiler
from pellucid.arrays import trees
from pellucid.arrays.namespace import namespace
from pellucid.optimizers.optimizer import in_dtype_of
from pellucid.storage.errors import InputError, MissingDependencyError


@dataclass(frozen=True)
class Optax:
    """Go where an optax transformation says: u, state ← update(g, state, w),  w ← w + u.

    `Optax(optax.lion(1e-4))` stands wherever an optimizer stands. The state is flattened to named arrays, so that it is
    saved like any other; the transformation itself is code and cannot be: to go on, hand the same object in again.

    Attributes
    ----------
    transformation : an `optax.GradientTransformation`, that needs gradients, state and parameters alone
    scaled : False: it knows its own learning rate, and that of the run is not used. True: w ← w + ηu with the run's
        rate η and its schedule, for a transformation built with the rate 1

    Raises
    ------
    InputError : it is not such a transformation; at `start`, also where it changes shapes, dtypes or names
    """

    transformation: Any
    scaled: bool = False

    def __post_init__(self) -> None:
        given = self.transformation
        if isinstance(given, type) or not all(
            callable(getattr(given, method, None)) for method in ("init", "update")
        ):
            raise InputError(
                f"Optax needs an optax.GradientTransformation, such as optax.lion(1e-4), got {given!r}."
            )
        if not compiler.available():
            raise MissingDependencyError("optax needs JAX, which is not installed: pip install jax optax.")

    def start(self, params: dict[str, Any]) -> dict[str, Any]:
        """The transformation's state before the first step, as named arrays; {} if it has none."""
        with compiler.precision(_widest(params)):
            self._check(params)
            state = trees.leaves(self.transformation.init(dict(params)))
        return compiler.to_host(state) if _is_numpy(params) else state

    def stepped(
        self, params: dict[str, Any], g: dict[str, Any], state: dict[str, Any], learning_rate: Any, t: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The parameters and the state after one step along the gradients g (name → array)."""
        if not _is_numpy(params):
            return self._moved(params, g, state, learning_rate)
        with compiler.precision(_widest(params)):
            return compiler.to_host(self._program(params, g, state, learning_rate))

    @cached_property
    def _program(self) -> Callable[..., Any]:
        """One step for arrays of NumPy: compiled, because optax computes with JAX anyway."""
        return compiler.compiled(self._moved)

    def _moved(
        self, params: dict[str, Any], g: dict[str, Any], state: dict[str, Any], learning_rate: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        form = trees.form(self.transformation.init, dict(params))
        before = form.rebuilt(state)
        updates, after = self.transformation.update(dict(g), before, dict(params))
        moved = {}
        for name, w in params.items():
            step = in_dtype_of(learning_rate, w) * updates[name] if self.scaled else updates[name]
            moved[name] = (w + step).astype(w.dtype)
        arrays = trees.leaves(after)
        xp = namespace(*arrays.values())
        kept = {name: xp.asarray(array, form.outlines[name].dtype) for name, array in arrays.items()}
        # An entry that is not the transformation's stays: a scan wants the state to keep its form.
        return moved, state | kept

    def _check(self, params: dict[str, Any]) -> None:
        """Raise `InputError` unless one step keeps the names, shapes and dtypes of parameters and state."""
        try:
            before = trees.form(self.transformation.init, dict(params))
            updates = trees.form(partial(self._first, 0), dict(params))
            after = trees.form(partial(self._first, 1), dict(params))
        except Exception as error:
            # Whatever a stranger's function raises: it cannot be used here.
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(
                f"The optax transformation cannot take a step: {said} It has to work with gradients, state and "
                "parameters alone, each a dict of arrays."
            ) from error
        same = trees.form(dict, params)
        if updates.structure != same.structure:
            raise InputError(
                "The optax transformation changes what it was given: an update must be a dict with the names of the "
                f"parameters, {', '.join(params)}."
            )
        _check_same("parameter", same.outlines, updates.outlines)
        _check_same("state", before.outlines, after.outlines)
        if before.structure != after.structure:
            raise InputError("The optax transformation changes the form of its state: it must keep its own.")

    def _first(self, part: int, params: dict[str, Any]) -> Any:
        """The updates (part 0) or the state (part 1) of a first step along these gradients."""
        updates, state = self.transformation.update(params, self.transformation.init(params), params)
        return (updates, state)[part]


def _check_same(what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise `InputError` that lists every array which changed its shape or dtype, came or went."""
    changed = []
    for name in [*before, *(name for name in after if name not in before)]:
        forms = [
            f"{tuple(arrays[name].shape)} {arrays[name].dtype}" if name in arrays else "nothing"
            for arrays in (before, after)
        ]
        if forms[0] != forms[1]:
            changed.append(f"{name.partition(' ')[2] or name} from {forms[0]} to {forms[1]}")
    if changed:
        raise InputError(
            f"The optax transformation changes what it was given: {what} {'; '.join(changed)}. An update must have the "
            "shape and dtype of its parameter, and the state must keep its own."
        )


def _is_numpy(params: dict[str, Any]) -> bool:
    return namespace(*params.values()) is np


def _widest(params: dict[str, Any]) -> np.dtype:
    return np.result_type(*(w.dtype for w in params.values()))
