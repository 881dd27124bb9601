"""What a command costs: wall clock, processor time and memory of the process and of all its children together."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PAUSE = 0.02  # seconds between two looks at the memory


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, seconds of processor time (user and system), and the most memory held at once, in bytes.

    Memory is counted twice: `peak` adds up the resident memory of the tree, in which shared pages and pages of mapped
    files count for each process; `private` adds up what is the processes' own (anonymous memory).
    """

    wall: float
    user: float
    system: float
    peak: int
    private: int
    output: str

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "output"}


def cost(command: list[str], folder: Path, **environment: str) -> Cost:
    """Run a command to its end. Raises `RuntimeError` with what it printed if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    most = {"peak": 0, "private": 0}
    watcher = threading.Thread(target=_watch, args=(process.pid, most), daemon=True)
    watcher.start()
    assert process.stdout is not None
    output = process.stdout.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output[-500:]}")
    # The kernel's own mark never misses a short peak, but knows only the largest single process.
    peak = max(most["peak"], usage.ru_maxrss * 1024)
    return Cost(wall, usage.ru_utime, usage.ru_stime, peak, most["private"], output)


def pellucid() -> str:
    """The command that was installed with this Python."""
    return str(Path(sys.executable).with_name("pellucid"))


def _watch(root: int, most: dict[str, int]) -> None:
    while True:
        tree = _tree(root)
        if not tree:
            return
        sizes = [_memory(pid) for pid in tree]
        most["peak"] = max(most["peak"], sum(size for size, _ in sizes))
        most["private"] = max(most["private"], sum(own for _, own in sizes))
        time.sleep(_PAUSE)


def _tree(root: int) -> list[int]:
    """The process and its children, and theirs, as far as they live."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state in "ZX":
                continue
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
        found.append(pid)
    return found


def _memory(pid: int) -> tuple[int, int]:
    """Resident and anonymous memory in bytes; zeros for a process that has just ended."""
    values = {"VmRSS": 0, "RssAnon": 0}
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in values:
                values[name] = 1024 * int(rest.split()[0])
    except OSError:
        pass
    return values["VmRSS"], values["RssAnon"]
