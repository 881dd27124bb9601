"""Draw the pictures of docs/features.md: `python examples/draw_features.py [FOLDER]`.

Without a folder nothing is written: it says what it would draw. The photographs come with scikit-learn: china.jpg by
danielbuechele and flower.jpg by vultilion, both under Creative Commons Attribution 2.0, here cut and reduced.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

import pellucid as pl
from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.data.splits import split
from pellucid.features.polar import Polar
from pellucid.inspection.attribution import explanation
from pellucid.inspection.axes import Axis
from pellucid.inspection.charts import Panel, figure
from pellucid.inspection.contours import Contours
from pellucid.inspection.feature_drawing import draw_features
from pellucid.inspection.learned_drawing import class_pictures, learned_figures
from pellucid.inspection.marks import Curve, Dots
from pellucid.inspection.paper import Figure, arranged
from pellucid.inspection.receipt_picture import receipt_picture
from pellucid.inspection.views import views
from pellucid.models.nearest import Examples
from pellucid.models.neighbors import Neighbors
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.shown import first_shown

CHINA, FLOWER = load_sample_images().images  # two photographs (427, 640, 3) uint8


def tiles() -> Dataset:
    """Both photographs cut in squares of 32 × 32 pixels: from which of the two is a square?"""
    cut = [
        photo[:416].reshape(13, 32, 20, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)
        for photo in (CHINA, FLOWER)
    ]
    images, labels = np.concatenate(cut), np.repeat(np.arange(2, dtype=np.int32), 260)
    origins = [f"{name} {number}" for name in ("china", "flower") for number in range(260)]
    unsplit = np.full(520, -1, np.int8)
    whole = Dataset("tiles", ("china", "flower"), images, labels, origins, unsplit, frame=Frame(32, 32))
    return split(whole, validation=0.2, test=0.6, seed=0)


def small(photo: np.ndarray) -> np.ndarray:
    """The middle of a photograph as (128, 128, 3)."""
    return np.asarray(Image.fromarray(photo[:, 90:517]).resize((128, 128), Image.Resampling.BOX))


def rings(count: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points on two rings, one within the other, (n, 2) float32, and which ring each is on (n,)."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    ring = np.arange(count) % 2
    far, angle = 0.5 + 0.6 * ring + 0.09 * rng.normal(size=count), rng.uniform(-np.pi, np.pi, count)
    points = np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)
    return points.astype(np.float32), ring.astype(np.int32)


def polar() -> str:
    """Two rings, and the same points by distance and angle."""
    points, ring = rings()
    far, angle = Polar()(points).T
    turn = np.linspace(-np.pi, np.pi, 121)
    border = 0.8
    colors = ("blue", "orange")
    panels = [
        Panel(
            [
                Curve(border * np.cos(turn), border * np.sin(turn), color="gray", dashed=True),
                *(Dots(*points[ring == k].T, color=color) for k, color in enumerate(colors)),
            ],
            x=Axis("x", low=-1.5, high=1.5),
            y=Axis("y", low=-1.5, high=1.5),
            title="In x and y the border is a circle",
        ),
        Panel(
            [
                Curve(np.full(2, border), np.array([-3.3, 3.3]), color="gray", dashed=True),
                *(Dots(far[ring == k], angle[ring == k], color=color) for k, color in enumerate(colors)),
            ],
            x=Axis("r: how far from the middle", low=0, high=1.5),
            y=Axis("θ: in which direction", low=-3.3, high=3.3),
            title="In r and θ it is a line",
        ),
    ]
    label = "Two rings of points: no line parts them in x and y; in polar coordinates an upright line does"
    return figure(panels, label=label, width=430, height=420)


def plane(count: int = 150, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Points of three overlapping clouds (n, 2) float32, and which cloud each is of (n,)."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    cloud = np.arange(count) % 3
    middles = np.array([[-0.6, 0.4], [0.65, 0.45], [0.0, -0.65]])
    points = middles[cloud] + 0.46 * rng.normal(size=(count, 2))
    return points.astype(np.float32), cloud.astype(np.int32)


def neighbors() -> str:
    """What the nearest points say, everywhere in the plane."""
    points, cloud = plane()
    steps = np.linspace(-1.9, 1.9, 115)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2).astype(np.float32)
    panels = []
    for k in (1, 5, 25):
        said = Neighbors(Examples(points), cloud, 3, k)({}, grid).argmax(axis=1).reshape(len(steps), -1)
        marks = []
        for name, color in enumerate(("blue", "orange", "green")):
            # Half a step up and down: the border runs between the places that were asked.
            marks.append(Contours(steps, steps, np.where(said == name, 1.0, -1.0), [0.0], color))
        marks += [
            Dots(*points[cloud == name].T, color=color, radius=2.6)
            for name, color in enumerate(("blue", "orange", "green"))
        ]
        end = Axis(low=-1.9, high=1.9, ticks={})
        panels.append(Panel(marks, x=end, y=end, title=f"k = {k}"))
    label = "With one neighbor every point has an island; with 25 the borders are smooth"
    return figure(panels, label=label, width=300, height=306)


def hog() -> Image.Image:
    """A photograph, and what edges and hues keep of it."""
    return draw_features(features_described("hog+color:bins=12"), small(CHINA))


def words() -> Image.Image:
    """What is learned from the squares of two photographs, and what it keeps of one of them."""
    data = tiles()
    seen = first_shown(
        data.images, data.train.rows, data.frame, "words:words=100,patch=6,patches=8000"
    ).preprocessing
    picture = data.images[data.labels == 0][129]
    ((*_, view),) = [(each.view,) for each in views(seen.measure, picture.shape)]
    values = seen.measure(picture[np.newaxis])[0]
    enlarged = picture.repeat(9, axis=0).repeat(9, axis=1)
    rebuilt = view.kept(picture, values, 9)[0]
    figures = [*learned_figures(seen), Figure(enlarged, "a square of 32 x 32 pixels"), rebuilt]
    return arranged(figures, title="100 words", width=900)


def classes() -> Image.Image:
    """What a linear classifier on edges looks for in each digit."""
    outcome = pl.fit(pl.load("digits"), pl.Recipe(features="hog:cell=2,block=1", epochs=40), engine="numpy")
    classifier = outcome.classifier
    (seen,) = views(classifier.preprocessing.measure, (8, 8, 1))
    drawn = class_pictures(seen, classifier.templates[0].astype(np.float64))
    figures = [Figure(own, name) for name, own in zip(classifier.classes, drawn, strict=True)]
    return arranged(figures, title="What speaks for each digit (orange) and against it (blue)", width=880)


def receipt() -> Image.Image:
    """Why a square of the photographs is taken for what it is."""
    data = tiles()
    outcome = pl.fit(
        data, pl.Recipe(features="hog:cell=8+color+words:words=50,patches=5000", epochs=40), engine="numpy"
    )
    classifier, picture = outcome.classifier, data.images[149]
    verdict = classifier.predict(picture)
    first = classifier.classes.index(verdict.label)
    why = explanation(classifier, picture, first)
    title = f"{verdict.label}, {verdict.probability:.1%}"
    return receipt_picture(picture, title, [why], classifier.preprocessing.measure)


def drawings() -> dict:
    """Each picture by the name of its file: SVG as text, the others as Pillow pictures."""
    return {
        "polar.svg": polar,
        "hog.png": hog,
        "words.png": words,
        "classes.png": classes,
        "receipt.png": receipt,
        "neighbors.svg": neighbors,
    }


if __name__ == "__main__":
    for name, draw in drawings().items():
        if len(sys.argv) > 1:
            drawn, path = draw(), Path(sys.argv[1]) / name
            if isinstance(drawn, str):
                path.write_text(drawn, "utf-8")
            else:
                drawn.quantize(256).save(path, optimize=True)  # a quarter of the bytes, and nobody sees it
        print(name)
