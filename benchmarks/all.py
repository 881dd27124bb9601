"""Run the benchmarks of one topic, one after the other, and write docs/benchmarks.md from what they found.

python -m benchmarks.all --topic linear        all of it, about 12 minutes on 2 quiet cores
python -m benchmarks.all --write               only write the page from benchmarks/results
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.results import FOLDER, page

TOPICS = {
    "linear": (
        ("end_to_end", "--repetitions", "10", "--trainings", "2"),
        ("softmax_epoch", "--repetitions", "12"),
        ("accuracy", "--seeds", "3"),
        ("defaults", "--seeds", "1", "--digits-seeds", "2"),
    ),
    "graph": (("graph_eager",), ("graph_compiled",), ("graph_drawing",)),
    "networks": (
        ("convolution",),
        ("network_parity",),
        ("network_throughput",),
        ("network_accuracy",),
        ("course_program",),
        ("depth",),
    ),
    "features": (
        ("picture_features",),
        ("visual_words",),
        ("linear_svm", "--pictures", "10000"),
        ("linear_svm", "--pictures", "50000", "--solvers", "LinearSVC, dual", "--steps", "56"),
        ("feature_accuracy",),
        ("neighbors",),
        ("suspects",),
    ),
    "experiments": (("batch_sizes",), ("without_gradient",), ("rate_finder",)),
    "learning": (
        ("time_to_optimum", "--problem", "softmax"),
        ("time_to_optimum", "--problem", "squared-hinge"),
        ("time_to_accuracy",),
        ("epochs_of_every_loss",),
        ("search_trials", "--repetitions", "5"),
        ("searched_accuracy",),
    ),
}
_PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
_HEAD = """# Benchmarks

Every table is written by a script in `benchmarks/`, which runs pellucid and its peers in turns on the same machine; the
numbers behind it are in `benchmarks/results/`. Times are medians with the least and the most.
Run them on a quiet machine: `pip install -e .[bench]`, then `python -m benchmarks.all --topic linear`.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Run the benchmarks of one topic and write docs/benchmarks.md."
    )
    parser.add_argument("--topic", choices=list(TOPICS), default="linear")
    parser.add_argument(
        "--write", action="store_true", help="run nothing: write the page from the results there are"
    )
    options = parser.parse_args()
    failed = (
        [] if options.write else [name for name, *words in TOPICS[options.topic] if not _run(name, words)]
    )
    _write()
    if failed:
        sys.exit(f"These ended with an error; their results are old: {', '.join(failed)}")


def _run(name: str, words: list[str]) -> bool:
    """Each in a process of its own: libraries keep threads and memory."""
    began = time.perf_counter()
    ended = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *words], cwd=_PAGE.parents[1])
    print(f"benchmarks.{name}: {time.perf_counter() - began:.0f} s\n", flush=True)
    return ended.returncode == 0


def _write() -> None:
    names = dict.fromkeys(name for benchmarks in TOPICS.values() for name, *_ in benchmarks)
    # One that is run with several settings has a result for each: its name, then which.
    files = [file for name in names for file in sorted(FOLDER.glob(f"{name}*.json"))]
    records = [json.loads(file.read_text("utf-8")) for file in files]
    _PAGE.parent.mkdir(exist_ok=True)
    _PAGE.write_text("\n".join([_HEAD, *(page(record) for record in records)]), "utf-8")


if __name__ == "__main__":
    main()
