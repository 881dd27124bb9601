"""The machine, the versions and the day: a figure without them says nothing."""

import datetime
import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

_LIBRARIES = ("pellucid", "numpy", "jax", "jaxlib", "scikit-learn", "torch", "pillow")
_SIDE = 4096  # rows and columns of the matrices whose product stands for the machine's peak


def described() -> dict[str, Any]:
    """Processor, cores, instruction sets, memory, versions, date, and how busy the machine was at the start."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "instructions": _instructions(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _LIBRARIES},
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": round(os.getloadavg()[0], 2),
    }


def sentence(machine: dict[str, Any]) -> str:
    """The machine in one line of Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if number)
    return (
        f"{machine['processor']}, {machine['cores']} cores, {', '.join(machine['instructions'])}, "
        f"{machine['memory_gb']:g} GB; Python {machine['python']}, {versions}; {machine['date']}; "
        f"load at the start {machine['load']:g}"
    )


def peaks(repetitions: int = 5) -> dict[str, float]:
    """Floating-point operations a second of a 4096³ product in float32 by NumPy and by XLA: the best of a few tries."""
    import jax

    from pellucid.arrays.compile import compiled, to_device

    stream = np.random.Generator(np.random.Philox(key=0))
    x = stream.standard_normal((_SIDE, _SIDE), np.float32)
    on_device, product = to_device(x), compiled(lambda a: a @ a)
    jax.block_until_ready(product(on_device))
    operations = 2.0 * _SIDE**3
    best = {"numpy": 0.0, "xla": 0.0}
    for _ in range(repetitions):
        for name, run in (
            ("numpy", lambda: x @ x),
            ("xla", lambda: jax.block_until_ready(product(on_device))),
        ):
            began = time.perf_counter()
            run()
            best[name] = max(best[name], operations / (time.perf_counter() - began))
    return best


def used_by_others() -> float:
    """Seconds of all cores that other processes, and the system for them, have used since it started; 0 where nobody
    counts them."""
    counts = Path("/proc/stat")
    if not counts.exists():
        return 0.0
    user, nice, system, _, _, *interrupts = map(int, counts.read_text().splitlines()[0].split()[1:9])
    own = os.times()
    return sum((user, nice, system, *interrupts)) / os.sysconf("SC_CLK_TCK") - own.user - own.system


def cifar10() -> Path:
    """The folder of pictures: `$PELLUCID_DATA/cifar10`, or ../shared/data/cifar10 beside the repository."""
    root = Path(
        os.environ.get("PELLUCID_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
    ).resolve()
    if not (root / "cifar10").is_dir():
        raise SystemExit(
            f"{root / 'cifar10'}: not there. Set PELLUCID_DATA to the folder that holds cifar10."
        )
    return root / "cifar10"


def _processor() -> str:
    for line in _cpuinfo():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _instructions() -> list[str]:
    known = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve")
    for line in _cpuinfo():
        if line.startswith(("flags", "Features")):
            present = set(line.split(":", 1)[1].split())
            return [name.upper() for name in known if name in present]
    return []


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
