"""What a user waits for: commands from start to end, imports, and one picture at a time."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.processes import Cost, cost, pellucid
from benchmarks.results import kept, shown, span, spread, table, verdict

_HEAVY = ("jax", "sklearn", "scipy", "matplotlib", "PIL", "torch")
_IMPORTS = ("pellucid", "numpy", "sklearn", "jax", "torch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=10, help="of what takes less than a second")
    parser.add_argument("--trainings", type=int, default=2, help="of each training, cold and from the cache")
    options = parser.parse_args()
    facts = machine.described()
    data = machine.cifar10()
    with tempfile.TemporaryDirectory(prefix="pellucid-benchmark-") as name:
        folder = Path(name)
        content: dict[str, Any] = {"trainings": _trainings(folder, data, options.trainings)}
        run = max(folder.glob("warm-*"))
        picture = next((data / "test").rglob("*.jpg"))
        content["commands"] = _commands(folder, run, picture, options.repetitions)
        content["imports"] = _imports(folder, options.repetitions)
        content["one"] = _one(run, picture)
    kept("end_to_end", facts, "From the command to the answer", _body(content), content)


def _trainings(folder: Path, data: Path, repetitions: int) -> dict[str, Any]:
    """Cold: no decoded pictures, no compiled programs. Warm: the same cache again."""
    found: dict[str, list[Cost]] = {"cold": [], "warm": [], "digits": []}
    results = {}
    for number in range(repetitions):
        cache = str(folder / f"cache-{number}")
        for kind in ("cold", "warm"):
            run = folder / f"{kind}-{number}"
            command = [pellucid(), "train", str(data), "--model", "softmax", "--json", "--output", str(run)]
            found[kind].append(cost(command, folder, PELLUCID_CACHE=cache))
            assert (run / "report.html").exists()
            results[kind] = json.loads(found[kind][-1].output.splitlines()[-1])
        command = [pellucid(), "train", "digits", "--json", "--output", str(folder / f"digits-{number}")]
        found["digits"].append(cost(command, folder, PELLUCID_CACHE=cache))
        results["digits"] = json.loads(found["digits"][-1].output.splitlines()[-1])
        if number < repetitions - 1:
            shutil.rmtree(cache)
    return {
        kind: {
            "wall": spread([each.wall for each in costs]),
            "user": spread([each.user for each in costs]),
            "peak": max(each.peak for each in costs),
            "private": max(each.private for each in costs),
            "phases": results[kind]["seconds"],
            "accuracy": results[kind]["accuracy"],
        }
        for kind, costs in found.items()
    }


def _commands(folder: Path, run: Path, picture: Path, repetitions: int) -> dict[str, Any]:
    """Short commands, each in a new process; the first one, which fills the file cache, is left out."""
    wanted = {
        "pellucid --help": ["--help"],
        "pellucid train --help": ["train", "--help"],
        "pellucid predict RUN one.jpg": ["predict", str(run), str(picture)],
        "pellucid predict RUN one.jpg --explain": ["predict", str(run), str(picture), "--explain"],
    }
    found = {}
    for name, words in wanted.items():
        try:
            costs = [cost([pellucid(), *words], folder) for _ in range(repetitions + 1)][1:]
        except RuntimeError as error:
            found[name] = {"failed": str(error)}
            continue
        found[name] = {
            "wall": spread([each.wall for each in costs]),
            "user": spread([each.user for each in costs]),
            "peak": max(each.peak for each in costs),
            "imported": _imported(words, folder),
        }
    return found


def _imported(words: list[str], folder: Path) -> list[str]:
    """Which of the heavy libraries a command imports."""
    script = (
        "import sys\n"
        f"sys.argv = ['pellucid', *{words!r}]\n"
        "from pellucid.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('imported:', *[name for name in {_HEAVY!r} if name in sys.modules])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True)
    return ended.stdout.rsplit("imported:", 1)[1].split()


def _imports(folder: Path, repetitions: int) -> dict[str, Any]:
    """Wall time of `python -c "import …"` less that of `python -c pass`, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ("nothing", *_IMPORTS)}
    for number in range(repetitions + 1):
        for name in seconds:
            statement = "pass" if name == "nothing" else f"import {name}"
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], cwd=folder, check=True)
            if number:
                seconds[name].append(time.perf_counter() - began)
    found: dict[str, Any] = {name: spread(values) for name, values in seconds.items()}
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import pellucid"],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    # The last line of the listing is the module that was asked for; its second column is the sum in microseconds.
    found["pellucid"]["importtime"] = 1e-6 * int(ended.stderr.strip().splitlines()[-1].split("|")[1])
    script = f"import sys, pellucid; print(*[name for name in {_HEAVY!r} if name in sys.modules])"
    found["pellucid"]["imported"] = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=folder
    ).stdout.split()
    return found


def _one(run: Path, picture: Path) -> dict[str, Any]:
    """Seconds for one picture through the Python API after loading: as an array, as a file, and its scores alone."""
    began = time.perf_counter()
    from pellucid.models.model_file import load_model

    classifier = load_model(run)
    loading = time.perf_counter() - began
    array = classifier.preprocessing.prepare(picture)
    ways = {
        "array (32, 32, 3)": lambda: classifier.predict(array),
        "JPEG file": lambda: classifier.predict(picture),
        "scores of an array alone": lambda: classifier.scores(array[None]),
    }
    found: dict[str, Any] = {"loading": loading}
    for name, call in ways.items():
        for _ in range(200):
            call()
        seconds = []
        for _ in range(3000):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
        found[name] = {**spread(seconds), "p99": float(np.quantile(seconds, 0.99))}
        del found[name]["all"]
    found["imported"] = [name for name in _HEAVY if name in sys.modules]
    return found


def _body(content: dict[str, Any]) -> str:
    trainings, commands, imports, one = (
        content[name] for name in ("trainings", "commands", "imports", "one")
    )
    names = {
        "cold": "`pellucid train cifar10/ --model softmax`, cold: 60,000 JPEG files decoded, programs compiled",
        "warm": "the same, from the cache",
        "digits": "`pellucid train digits`",
    }
    rows = [
        [
            names[kind], span(t["wall"]), shown(t["user"]["median"]), f"{t['peak'] / 2**20:,.0f} MB",
            f"{t['private'] / 2**20:,.0f} MB", f"{100 * t['accuracy']['test']:.1f} %",
        ]
        for kind, t in trainings.items()
    ]  # fmt: skip
    head = [
        "training",
        "wall: median (least to most)",
        "user",
        "peak, with mapped files",
        "own memory",
        "test accuracy",
    ]
    lines = [table(head, rows), ""]
    for kind, t in trainings.items():
        phases = ", ".join(f"{name} {value:.1f}" for name, value in t["phases"].items())
        lines.append(f"- seconds by phase, {kind}: {phases}")
    rows = []
    for name, c in commands.items():
        if "failed" in c:
            rows.append([f"`{name}`", "does not work yet", "", "", ""])
        else:
            heavy = ", ".join(c["imported"]) or "none"
            memory = f"{c['peak'] / 2**20:,.0f} MB"
            rows.append([f"`{name}`", span(c["wall"]), shown(c["user"]["median"]), memory, heavy])
    head = ["command", "wall: median (least to most)", "user", "peak memory", "heavy libraries imported"]
    lines += ["", table(head, rows), ""]
    nothing = imports["nothing"]["median"]
    rows = [
        [f"`import {name}`", span(imports[name]), shown(max(imports[name]["median"] - nothing, 0.0))]
        for name in _IMPORTS
    ]
    rows.insert(0, ["Python itself", span(imports["nothing"]), "–"])
    lines += [
        table(["import, in a new process", "wall: median (least to most)", "less Python's start"], rows),
        "",
    ]
    rows = [
        [name, span(one[name]), shown(one[name]["p99"])]
        for name in one
        if name not in ("loading", "imported")
    ]
    lines += [table(["one picture, in Python", "median (least to most)", "99th percentile"], rows), ""]
    lines += _verdicts(content)
    return "\n".join(lines)


def _verdicts(content: dict[str, Any]) -> list[str]:
    trainings, commands, imports, one = (
        content[name] for name in ("trainings", "commands", "imports", "one")
    )
    predict = commands["pellucid predict RUN one.jpg"]
    rows = [
        ("CIFAR-10 cold", trainings["cold"]["wall"]["median"], 30.0, " s"),
        ("CIFAR-10 from the cache", trainings["warm"]["wall"]["median"], 12.0, " s"),
        ("peak memory, mapped files counted", max(t["peak"] for t in trainings.values()) / 1e9, 1.5, " GB"),
        ("digits", trainings["digits"]["wall"]["median"], 5.0, " s"),
        ("import pellucid", imports["pellucid"]["median"], 0.25, " s"),
        ("pellucid --help", commands["pellucid --help"]["wall"]["median"], 0.3, " s"),
        ("one picture, array", 1e3 * one["array (32, 32, 3)"]["median"], 0.2, " ms"),
    ]
    if "wall" in predict:
        rows.append(("pellucid predict of one file", predict["wall"]["median"], 0.7, " s"))
    lines = [f"- {name}: {verdict(value, wanted, False, unit)}" for name, value, wanted, unit in rows]
    if "wall" in predict:
        lines.append(
            f"- `pellucid predict` imports JAX: {'**yes**' if 'jax' in predict['imported'] else 'no'}"
        )
    return lines


if __name__ == "__main__":
    main()
