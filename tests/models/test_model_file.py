"""A model file gives back the same classifier, or one sentence that says why not."""

import json
import re
import shutil

import numpy as np
import pytest

from pellucid.arrays import random
from pellucid.data.frame import Frame
from pellucid.models.architecture import Architecture
from pellucid.models.classifier import Classifier
from pellucid.models.linear import linear
from pellucid.models.model_file import load_model, save_model
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import FileError
from pellucid.storage.seal import write_sealed
from pellucid.storage.tensors import load_tensors, save_tensors

RNG = np.random.Generator(np.random.Philox(key=5))


@pytest.fixture
def classifier():
    """Three classes of gray pictures, 4 by 5 pixels."""
    mean, scale = RNG.uniform(50, 200, 20).astype("f4"), RNG.uniform(1, 60, 20).astype("f4")
    params = {
        "weight": RNG.standard_normal((3, 20)).astype("f4"),
        "bias": RNG.standard_normal(3).astype("f4"),
    }
    frame = Frame(5, 4, "pad", "gray")
    origin = {"data": {"name": "Zoë's\nphotos \udcff"}}
    classes = ("a", "b é", "c")
    return Classifier(
        "softmax", classes, Preprocessing(frame, mean, scale), linear(20, 3), params, 1.5, origin
    )


@pytest.fixture
def saved(classifier, tmp_path):
    save_model(tmp_path, classifier)
    return tmp_path


def edited(folder, **changes):
    """Changes the description and seals it again, as a stranger who knows the format would."""
    content = json.loads((folder / "model.json").read_text())
    for name, value in changes.items():
        content[name] = value
        if value is ...:
            del content[name]
    write_sealed(folder / "model.json", content)


def rewritten(folder, **changes):
    """Changes tensors, with all hashes right."""
    tensors, metadata = load_tensors(folder / "model.safetensors")
    for name, change in changes.items():
        name = name.replace("_", ".")
        tensors[name] = change(tensors[name].copy()) if name in tensors else change(np.zeros(3, "f4"))
    edited(folder, tensors=save_tensors(folder / "model.safetensors", tensors, metadata))


def test_there_and_back_to_the_last_bit(classifier, saved):
    found = load_model(saved)
    assert (found.kind, found.classes, found.temperature) == ("softmax", ("a", "b é", "c"), 1.5)
    assert found.preprocessing.frame == classifier.preprocessing.frame
    assert found.origin == classifier.origin
    pictures = RNG.integers(0, 256, (7, 5, 4, 1)).astype(np.uint8)
    np.testing.assert_array_equal(found.scores(pictures), classifier.scores(pictures))


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_either_file_stands_for_the_folder(saved, name):
    assert load_model(saved / name).classes == load_model(str(saved)).classes


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_cut_short_at_any_length(saved, name):
    whole = (saved / name).read_bytes()
    for length in {*range(0, len(whole) - 1, 37), len(whole) - 2}:  # without its last line break it is whole
        (saved / name).write_bytes(whole[:length])
        with pytest.raises(
            FileError, match=rf"{re.escape(name)}: not a whole .* file .*Restore it from a copy"
        ):
            load_model(saved)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_flipped_bit_never_changes_a_verdict_unnoticed(saved, classifier, name):
    whole = (saved / name).read_bytes()
    pictures = RNG.integers(0, 256, (3, 5, 4, 1)).astype(np.uint8)
    refused = 0
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[RNG.integers(len(whole))] ^= 1 << int(RNG.integers(8))
        (saved / name).write_bytes(damaged)
        try:
            found = load_model(saved)
        except FileError:
            refused += 1
            continue
        # A blank between entries of the JSON is no content.
        np.testing.assert_array_equal(found.scores(pictures), classifier.scores(pictures))
        assert found.classes == classifier.classes
    assert refused > 150


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 3}, "written by a newer pellucid .*model format 3, this one reads up to 2.*pip install"),
        ({"format": "1"}, "not a description of a pellucid model"),
        ({"format": True}, "not a description of a pellucid model"),
        ({"format": 0}, "not a description of a pellucid model"),
        ({"format": ...}, "not a description of a pellucid model"),
        ({"classes": ["a", "b"]}, "not those of this softmax"),
        ({"classes": ["a", "b", "c", "d"]}, "not those of this softmax"),
        ({"classes": ["a", "a", "b"]}, "two classes have the same name"),
        ({"classes": "abc"}, "not a list of names"),
        ({"classes": [1, 2, 3]}, "not a list of names"),
        ({"classes": None}, "not a list of names"),
        ({"classes": ...}, "KeyError: 'classes'"),
        ({"kind": "forest"}, "must be one of nearest-mean, knn, softmax, svm, .* got 'forest'"),
        ({"kind": ...}, "KeyError"),
        ({"temperature": 0}, "temperature 0"),
        ({"temperature": "warm"}, "could not convert"),
        ({"temperature": ...}, "KeyError"),
        ({"preprocessing": ...}, "KeyError"),
        ({"preprocessing": {"frame": "x"}}, "TypeError"),
        (
            {"preprocessing": {"frame": {"height": 9, "width": 4, "fit": "pad", "color": "gray"}}},
            "20 numbers are standardized where a picture has 36",
        ),
        (
            {"preprocessing": {"frame": {"height": 10**9, "width": 4, "fit": "pad", "color": "gray"}}},
            "1 to 4,096",
        ),
        (
            {"preprocessing": {"frame": {"height": 5, "width": 4, "fit": "zoom", "color": "gray"}}},
            "pad, crop",
        ),
        ({"origin": None}, "TypeError"),
        ({"tensors": "0" * 64}, "not the file that belongs here"),
    ],
)
def test_edited_by_somebody_who_knows_the_format(saved, changes, said):
    edited(saved, **changes)
    with pytest.raises(FileError, match=rf"model\.(json|safetensors): .*{said}"):
        load_model(saved)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"params_weight": lambda a: np.where(a == a.max(), np.nan, a)},
            "params.weight holds NaN or infinite",
        ),
        ({"params_bias": lambda a: a + np.float32(np.inf)}, "params.bias holds NaN or infinite"),
        ({"preprocessing_mean": lambda a: a * np.float32(np.nan)}, "preprocessing.mean holds NaN"),
        ({"preprocessing_scale": lambda a: a * 0}, "a scale is not above 0"),
        ({"preprocessing_scale": lambda a: -a}, "a scale is not above 0"),
        ({"preprocessing_scale": lambda a: a[:5]}, "not those of this softmax"),
        ({"preprocessing_mean": lambda a: a.reshape(4, 5)}, "not those of this softmax"),
        ({"params_weight": lambda a: a[:, :-1]}, "not those of this softmax"),
        ({"params_weight": lambda a: a.astype("f8")}, "params.weight holds float64 where float32"),
        ({"params_weight": lambda a: a > 0}, "params.weight holds bool"),
        ({"params_extra": lambda a: a}, "not those of this softmax"),
    ],
)
def test_weights_that_cannot_be_right(saved, changes, said):
    rewritten(saved, **changes)
    with pytest.raises(FileError, match=rf"model\.json: edited or damaged .*{said}.*Restore it from a copy"):
        load_model(saved)


def test_the_weights_of_another_run_are_refused(classifier, saved, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    params = {name: array * 2 for name, array in classifier.params.items()}
    save_model(
        other,
        Classifier(
            "softmax", classifier.classes, classifier.preprocessing, classifier.model, params, 1.0, {}
        ),
    )
    shutil.copy(other / "model.safetensors", saved)
    with pytest.raises(FileError, match=r"model\.safetensors: not the file that belongs here.*from one copy"):
        load_model(saved)


def test_a_network_of_another_architecture_is_told_by_what_differs(tmp_path):
    """As somebody could make it who knows the seals."""
    seen = Preprocessing(Frame(4, 4, "pad", "gray"), np.zeros(16, "f4"), np.ones(16, "f4"))
    network = Architecture("mlp", (4, 4, 1), 3, {"hidden": (6,), "batch_norm": True})
    params, statistics = network.init(random.key(0))
    save_model(tmp_path, Classifier("mlp", ("a", "b", "c"), seen, network, params, statistics=statistics))
    assert load_model(tmp_path).model.design == network.design
    told = json.loads((tmp_path / "model.json").read_text("utf-8"))
    settings = told["network"]["settings"]
    for network, said in (
        (
            {"settings": {**settings, "hidden": [7]}},
            r"not those of this mlp: params.hidden1.weight is \(6, 16\), wanted \(7, 16\), params.normalization1.scale "
            r"is \(6,\), wanted \(7,\), .* and 3 more",
        ),
        ({"settings": {**settings, "hidden": [6, 6]}}, r"params.hidden2.weight is missing, wanted \(6, 6\)"),
        ({"settings": {**settings, "batch_norm": False}}, "params.normalization1.scale is none of its own"),
        ({"name": "convnet"}, "'hidden' is not a setting of convnet"),
        (
            {"name": "maxout", "settings": {}},
            "a maxout of 3 classes and 16 features where a mlp of 3 and 16 is described",
        ),
        ({"shape": [4, 5, 1]}, "a mlp of 3 classes and 20 features where a mlp of 3 and 16 is described"),
        ({"settings": {**settings, "activation": "rely"}}, "Did you mean relu"),
        ({"settings": {**settings, "hidden": [-6]}}, "hidden must be whole numbers"),
    ):
        write_sealed(tmp_path / "model.json", {**told, "network": {**told["network"], **network}})
        with pytest.raises(
            FileError, match=rf"model\.json: edited or damaged .*{said}.*Restore it from a copy"
        ):
            load_model(tmp_path)


def test_what_is_no_model_is_told_apart(tmp_path, saved):
    with pytest.raises(FileError, match="nowhere: there is no such run"):
        load_model(tmp_path / "nowhere")
    (saved / "model.json").unlink()
    with pytest.raises(FileError, match=r"not a run: it has no model\.json"):
        load_model(saved)
    (saved / "run.json").write_text("{}")
    with pytest.raises(FileError, match=r"no finished model yet\. Finish it: pellucid resume"):
        load_model(saved)


def test_gone_or_a_folder(saved):
    (saved / "model.safetensors").unlink()
    with pytest.raises(FileError, match=r"model\.safetensors: cannot be read: No such file"):
        load_model(saved)
    (saved / "model.json").unlink()
    (saved / "model.json").mkdir()
    with pytest.raises(FileError, match=r"model\.json: cannot be read: Is a directory"):
        load_model(saved)
