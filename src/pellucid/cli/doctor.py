"""`pellucid doctor`: what this machine has, and what would make pellucid faster on it."""

from pellucid.cli import options


def doctor(json: options.Json = False) -> None:
    """Show versions, devices, threads and the cache; say what would make things faster here."""
    import os
    import platform
    from importlib import metadata

    import numpy as np

    from pellucid.arrays import compile as compiler
    from pellucid.cli.console import console, escape, print_json
    from pellucid.storage.cache_folder import cache_folder

    screen = console(json)
    facts = {
        "pellucid": metadata.version("pellucid"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": str(os.cpu_count()),
        "numpy": np.__version__,
        "cache": str(cache_folder()),
    }
    advice = []
    if compiler.available():
        from pellucid.arrays.canary import trustworthy

        facts |= compiler.fingerprint()
        facts["compiler computes right"] = "yes" if trustworthy() else "no"
        if facts["compiler computes right"] == "no":
            advice.append(
                "This jaxlib computes wrong numbers here, so everything runs on NumPy: pip install --upgrade jax."
            )
        if facts["device"] == "cpu" and os.path.exists("/proc/driver/nvidia"):
            advice.append("There is an NVIDIA GPU that JAX does not use: pip install 'jax[cuda12]'.")
    else:
        advice.append("JAX is not installed, so everything runs on NumPy: pip install jax.")
    for name, value in facts.items():
        screen.print(f"{name:>24}  {escape(value)}")
    for sentence in advice or ["Nothing to improve."]:
        screen.print(escape(sentence))
    if json:
        print_json({**facts, "advice": advice})
