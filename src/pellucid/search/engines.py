"""Which engine runs the trials of a search, by the work that they are."""

from pellucid.arrays import compile as compiler
from pellucid.data.dataset import Dataset
from pellucid.models.kinds import NETWORKS, model_of
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import MissingDependencyError
from pellucid.training.recipe import Recipe


def chosen(name: str, seconds: float) -> str:
    """Which engine runs the trials; "auto" takes NumPy for what it can do in less time than compiling takes.

    Raises `MissingDependencyError` where XLA is asked for and cannot.
    """
    from pellucid.arrays.canary import trustworthy

    if name == "numpy" or (name == "auto" and seconds < 5):
        return "numpy"
    works = compiler.available() and trustworthy()
    if name == "xla" and not works:
        raise MissingDependencyError(
            "--engine xla needs JAX, and a version that computes right numbers here: pip install jax, or use "
            "--engine numpy."
        )
    return "xla" if works else "numpy"


def seconds(dataset: Dataset, recipe: Recipe, preprocessing: Preprocessing) -> float:
    """About what an epoch of a trial takes on NumPy, as `training/engine.py` reckons."""
    pictures, classes = len(dataset.train), len(dataset.classes)
    steps = pictures / (recipe.batch_size or 1)
    if recipe.model not in NETWORKS:
        return pictures * preprocessing.features * classes * 4 / 2e10 + steps * 1e-4
    model = model_of(recipe.model, preprocessing.shape, classes, network=recipe.network)
    return pictures * model.multiply_adds() * 6 / 2e10 + steps * 4e-4 * len(model.arrays())
