"""Histograms of oriented gradients and of colors: whole batches at once, against calls of scikit-image and OpenCV.

Each contender gets the pictures as its users have them and makes one row of numbers of each. What comes out is compared
where it is the same thing: all of scikit-image's HoG, and OpenCV's joint histogram of three channels. OpenCV's HoG
weights and interpolates, so it is timed for the same cells and blocks only.
"""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.results import in_turns, kept, shown, spread, table, verdict

_BLOCK = 250  # pictures in one call of a program: their numbers stay in the cache


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument(
        "--peers", type=int, default=1_000, help="pictures for those who take them one by one"
    )
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    import cv2
    from skimage.feature import hog

    from pellucid.data.load import load
    from pellucid.features.color import ColorHistogram
    from pellucid.features.hog import HoG

    facts = machine.described()
    facts["versions"] |= {"scikit-image": _version("skimage"), "opencv": cv2.__version__}
    many = np.ascontiguousarray(load(machine.cifar10()).images[: options.pictures])
    few = many[: options.peers]
    gray_many = many.mean(axis=-1, keepdims=True).astype(np.uint8)
    gray_few = gray_many[: options.peers]
    opencv = cv2.HOGDescriptor((32, 32), (24, 24), (8, 8), (8, 8), 9)
    ours, colors = HoG(), ColorHistogram("rgb", 8)
    bins = ([0, 1, 2], None, [8, 8, 8], [0, 256] * 3)
    calls = {
        "HoG, color": {
            "pellucid": _program(ours, many),
            "scikit-image": lambda: np.stack([hog(each, channel_axis=-1) for each in few]),
            "OpenCV": lambda: np.stack([opencv.compute(each) for each in few]),
        },
        "HoG, gray": {
            "pellucid": _program(ours, gray_many),
            "scikit-image": lambda: np.stack([hog(each[..., 0]) for each in gray_few]),
            "OpenCV": lambda: np.stack([opencv.compute(each) for each in gray_few]),
        },
        "color histogram, 8 × 8 × 8": {
            "pellucid": lambda: np.concatenate([colors(block) for block in _blocks(many)]),
            "pellucid, compiled": _program(colors, few),
            "OpenCV": lambda: np.stack([cv2.calcHist([each], *bins).ravel() / 1024 for each in few]),
        },
    }
    rows, measured = [], {}
    for what, contenders in calls.items():
        for reference in {"scikit-image", "OpenCV"} & set(contenders):
            if (what.startswith("HoG")) == (reference == "scikit-image"):
                np.testing.assert_allclose(
                    contenders["pellucid"]()[: options.peers], contenders[reference](), atol=1e-6
                )
        seconds = in_turns(contenders, options.repetitions)
        measured[what] = {
            name: spread([each / len(many if name == "pellucid" else few) for each in values])
            for name, values in seconds.items()
        }
        median = {name: each["median"] for name, each in measured[what].items()}
        for name, each in measured[what].items():
            time = f"{shown(each['median'])} ({shown(each['min'])} to {shown(each['max'])})"
            rows.append([what, name, time, f"{median[name] / median['pellucid']:.3g} ×"])
    hog_ratio = measured["HoG, gray"]["scikit-image"]["median"] / measured["HoG, gray"]["pellucid"]["median"]
    body = "\n".join(
        [
            f"CIFAR-10, {len(many):,} pictures in blocks of {_BLOCK} for pellucid, {len(few):,} for those who take "
            "them one by one; time a picture. pellucid's HoG is compiled, its color histogram is NumPy's.",
            "",
            table(["what", "who", "median (least to most)", "against pellucid"], rows),
            "",
            f"- HoG, gray, against scikit-image: {verdict(hog_ratio, 20, True, ' ×')}; equal within 1e-6",
        ]
    )
    kept("picture_features", facts, "Features of pictures", body, {"measured": measured})


def _program(feature: Callable[[Any], Any], pictures: np.ndarray) -> Callable[[], np.ndarray]:
    """What makes the features of all pictures, compiled beforehand."""
    from pellucid.arrays import compile as compiler

    program = compiler.compiled(feature)
    blocks = _blocks(pictures)
    program(blocks[0])
    return lambda: np.concatenate([np.asarray(program(block)) for block in blocks])


def _blocks(pictures: np.ndarray) -> list[np.ndarray]:
    return [pictures[start : start + _BLOCK] for start in range(0, len(pictures), _BLOCK)]


def _version(name: str) -> str:
    import importlib

    return str(importlib.import_module(name).__version__)


if __name__ == "__main__":
    main()
