"""The one door to the compiler: jit, scan and devices, with options that are known to compute right numbers.

jaxlib 0.10.2 fuses dot products and reductions on the CPU in a way that gives wrong numbers for rare shapes (jax issue
39103) and crashes on others (jax issue 40412). The options below turn that fusion off: the library (YNNPACK) is left
single products of matrices, whose bits then do not depend on the number of cores. Convolutions in float32 are Eigen's,
which are twice as fast (2 cores: 8 ms where YNNPACK's take 18, for 128 × 8² × 96 → 96), but have other bits on one core
than on several; it has none in float64. `canary.py` tests what comes out.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from pellucid.storage.cache_folder import cache_folder

_FIRST_WITH_FUSION = (0, 10, 2)
_SAFE_FUSION = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"}
_OF_DOUBLE = ",LIBRARY_FUSION_TYPE_INDIVIDUAL_CONVOLUTION"


def available() -> bool:
    """Whether JAX is installed. Does not import it."""
    return importlib.util.find_spec("jax") is not None and importlib.util.find_spec("jaxlib") is not None


def version() -> str:
    """The version of jaxlib, the compiler."""
    return importlib.metadata.version("jaxlib")


@cache
def options(double: bool = False) -> dict[str, str]:
    """The compiler options for this jaxlib on this platform, for programs in float32 or in float64."""
    import jax

    number = tuple(int(part) for part in re.findall(r"\d+", version())[:3])
    if not on_cpu() or number < _FIRST_WITH_FUSION:
        return {}
    wanted = {name: value + _OF_DOUBLE * double for name, value in _SAFE_FUSION.items()}
    try:
        jax.jit(lambda x: x, compiler_options=wanted).lower(np.float32(0)).compile()
    except Exception:  # A later compiler that no longer knows the option; the canary then judges it as it is.
        return {}
    return wanted


def compiled(
    function: Callable[..., Any], *, static: tuple[str, ...] = (), donate: tuple[int, ...] = ()
) -> Callable[..., Any]:
    """The function as one compiled program. It is traced at the first call with new shapes.

    Of a program in float64 it must be asked for inside `precision`, or its convolutions are ten times slower.

    Parameters
    ----------
    static : names of keyword arguments that are part of the program (hashable)
    donate : positions of arguments whose memory the result may take over
    """
    import jax

    chosen = options(jax.dtypes.canonicalize_dtype(np.float64) == np.float64)
    return jax.jit(function, static_argnames=static, donate_argnums=donate, compiler_options=chosen)


def scan(step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any) -> tuple[Any, Any]:
    """`state, output = step(state, input)` over the first axis of the inputs, inside a compiled program."""
    import jax

    return jax.lax.scan(step, state, inputs)


def vectorized(
    function: Callable[..., Any], axes: tuple[int | None, ...], out: int = 0
) -> Callable[..., Any]:
    """The function for many arguments at once, inside a compiled program: over the first axis (0) of those arguments,
    the others (None) are shared.

    A product of one shared matrix with T others becomes one product with all of their rows, which is what a processor
    does best; T small ones leave it waiting.

    Parameters
    ----------
    axes : for each argument 0 or None; for nested dicts it counts for all arrays in them
    out : the axis of the results over which they are stacked
    """
    import jax

    return jax.vmap(function, in_axes=axes, out_axes=out)


def append(array: Any, last: Any) -> Any:
    """The array (n,) with one more number (n + 1,), inside a compiled program."""
    import jax.numpy as jnp

    return jnp.concatenate([array, last[None]])


def materialized(arrays: Any) -> Any:
    """The array as it is, or a tuple of them, which a compiler must compute in full before it is used; NumPy does so
    anyway."""
    if isinstance(arrays[0] if isinstance(arrays, tuple) else arrays, np.ndarray):
        return arrays
    import jax

    return jax.lax.optimization_barrier(arrays)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, NumPy's products use one thread. After each product OpenBLAS's other threads wait busily for the next
    one, and compiled programs that run in between take up to twice as long."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def to_device(tree: Any) -> Any:
    """The arrays on the first device. On a CPU an array that begins on a 64-byte boundary is used in place, also when
    it is a read-only map of a file larger than memory."""
    import jax

    return jax.device_put(tree)


def to_host(tree: Any) -> Any:
    """The arrays as NumPy's own, copied, in the same nested dicts, lists and tuples; waits for the device."""
    import jax

    return jax.tree.map(lambda array: np.array(array), tree)


@contextlib.contextmanager
def precision(dtype: Any) -> Iterator[None]:
    """Inside, JAX keeps float64 as float64 if `dtype` is; the global setting is never touched."""
    import jax

    with jax.enable_x64(np.dtype(dtype) == np.float64):
        yield


@contextlib.contextmanager
def exact_products() -> Iterator[None]:
    """Inside, products of float32 matrices are made in float32 on every device, also where it has faster units that
    first round to 11 bits or fewer (NVIDIA's TensorFloat-32, bfloat16 of TPUs), which JAX takes by default."""
    import jax

    with jax.default_matmul_precision("highest"):
        yield


def keep_programs() -> None:
    """Keep compiled programs on disk, so that the next process need not compile them; take a GPU's memory
    as it is needed.

    For programs, not for libraries: it sets JAX's settings for the whole process, which is why only the
    command line calls it,
    before JAX is imported. What the user has set stays.
    """
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_folder("programs")))
    # By default nothing that compiled in under a second is kept, which is nearly everything here.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def on_cpu() -> bool:
    """Whether programs run on the processor itself."""
    import jax

    return jax.default_backend() == "cpu"


def device_description() -> str:
    """The first device in words, such as "cpu" or "NVIDIA H100"."""
    import jax

    device = jax.devices()[0]
    return device.platform if device.platform == "cpu" else device.device_kind


def fingerprint() -> dict[str, str]:
    """What decides the bits of a compiled result: versions, options, processor and thread count."""
    import jax

    return {
        "jax": jax.__version__,
        "jaxlib": version(),
        "options": ",".join(f"{name}={value}" for name, value in sorted(options().items())),
        "device": device_description(),
        "threads": os.environ.get("PJRT_NPROC")
        or str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
    }
