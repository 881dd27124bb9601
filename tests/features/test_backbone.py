"""A user's own ONNX network as features: what it says, what it is asked, what a model keeps of it."""

import shutil
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pellucid.data.dataset import Dataset
from pellucid.data.frame import Frame
from pellucid.features.backbone import Backbone
from pellucid.features.onnx_network import network_size, opened
from pellucid.models.model_file import load_model
from pellucid.preprocessing.features import features_described
from pellucid.preprocessing.pipeline import Preprocessing
from pellucid.storage.errors import FileError, InputError, MissingDependencyError
from pellucid.training.recipe import Recipe
from pellucid.training.trainer import fit, resume

WEIGHT = np.random.Generator(np.random.Philox(key=7)).normal(0, 1, (5, 3)).astype(np.float32)


def network(
    path, shape=("N", 3, 8, 8), dtype=TensorProto.FLOAT, metadata=(), weight=WEIGHT, outputs=("features",)
):
    """A network that averages the pixels and mixes the channels → its path."""
    nhwc = shape[3] in (1, 3)
    steps = [helper.make_node("Cast", ["pictures"], ["float"], to=TensorProto.FLOAT)]
    steps += [helper.make_node("ReduceMean", ["float", "axes"], ["means"], keepdims=0)]
    steps += [helper.make_node("MatMul", ["means", "weight"], ["mixed"])]
    steps += [helper.make_node("Relu", ["mixed"], [name]) for name in outputs]
    graph = helper.make_graph(
        steps,
        "averages",
        [helper.make_tensor_value_info("pictures", dtype, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [shape[0], len(weight)]) for name in outputs],
        [
            numpy_helper.from_array(np.ascontiguousarray(weight.T), "weight"),
            numpy_helper.from_array(np.array([1, 2] if nhwc else [2, 3], np.int64), "axes"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    for key, value in dict(metadata).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, path)
    return path


def means(pictures, scale):
    x = pictures.astype(np.float64)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    x = {
        "imagenet": (x / 255 - mean) / deviation,
        "unit": x / 255,
        "symmetric": x / 127.5 - 1,
        "none": x,
    }[scale]
    return np.maximum(x.mean(axis=(1, 2)) @ WEIGHT.T, 0)


@pytest.fixture
def pictures():
    return np.random.Generator(np.random.Philox(key=1)).integers(0, 256, (70, 8, 8, 3), np.uint8)


@pytest.mark.parametrize("scale", ["imagenet", "unit", "symmetric", "none"])
@pytest.mark.parametrize("shape", [("N", 3, 8, 8), (7, 3, 8, 8), (1, 8, 8, 3), ("N", 3, "H", "W")])
def test_what_it_says_of_pictures(tmp_path, pictures, shape, scale):
    path = network(tmp_path / "a.onnx", shape)
    kind = features_described(f"{path}:scale={scale}").settled((8, 8, 3), 70)
    found = kind.of_many(pictures)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, means(pictures, scale), rtol=1e-4, atol=1e-4)
    assert kind.of_many(pictures[:0]).shape == (0, 5)
    assert kind.boxes((8, 8, 3)).tolist() == [[0, 8, 0, 8]] * 5
    assert kind.names((8, 8, 3)) == [f"features {k}" for k in range(5)]
    assert features_described(str(kind)) == kind


@pytest.mark.parametrize(
    ("range", "scale"),
    [("NominalRange_0_255", "none"), ("Normalized_0_1", "unit"), ("Normalized_1_1", "symmetric")],
)
def test_the_scale_is_read_where_the_file_says_it(tmp_path, range, scale):
    path = network(tmp_path / "a.onnx", metadata={"Image.NominalPixelRange": range})
    assert features_described(str(path)).settled((8, 8, 3), 70).parts[0].scale == scale
    eight_bit = network(tmp_path / "b.onnx", dtype=TensorProto.UINT8)
    assert features_described(str(eight_bit)).settled((8, 8, 3), 70).parts[0].scale == "none"


def test_beside_others_and_by_output(tmp_path, pictures):
    path = network(tmp_path / "a.onnx", outputs=("first", "second"))
    kind = features_described(f"thumbnail:grid=2+{path}:scale=unit,output=second").settled((8, 8, 3), 70)
    assert kind.of_many(pictures).shape == (70, 12 + 5)
    names = kind.names((8, 8, 3))
    assert [name.split()[0] for name in names] == ["thumbnail"] * 12 + ["second"] * 5
    assert network_size(str(path)) == 8
    assert network_size(str(network(tmp_path / "b.onnx", ("N", 3, "H", "W")))) is None


def test_a_plus_in_the_path_is_part_of_it(tmp_path, pictures):
    folder = tmp_path / "edges + hog+c++"
    folder.mkdir()
    path = network(folder / "a.onnx")
    kind = features_described(f"thumbnail:grid=2+{path}:scale=unit+{path}:scale=none + color")
    assert [part.name for part in kind.parts] == ["thumbnail", "backbone", "backbone", "color"]
    kind = kind.settled((8, 8, 3), 70)
    assert features_described(str(kind)) == kind
    seen = Preprocessing(Frame(8, 8), np.zeros(32, "f4"), np.ones(32, "f4"), None, str(kind))
    shutil.copy(path, folder / kind.parts[1].copy_name)
    assert seen.beside(folder).numbers(pictures).shape == (70, 32)
    with pytest.raises(InputError, match=r"The kind of features must be one of .*; got 'hug'"):
        features_described(f"hug+{path}")


@pytest.mark.parametrize(
    ("made", "settings", "shape", "sentence"),
    [
        ({}, "", (8, 8, 3), r"does not say how its pixels are scaled: write a\.onnx:scale=NAME \(imagenet: "),
        ({}, ":scale=unit", (9, 8, 3), r"sees pictures of 8 × 8 pixels, and these have 9 × 8: give --size 8"),
        ({}, ":scale=unit", (8, 8, 1), r"sees pictures of 3 channels, and these have 1: give --color rgb"),
        (
            {"shape": ("N", "C", "H", "W")},
            ":scale=unit",
            (8, 8, 3),
            r"write a\.onnx:layout=NCHW or layout=NHWC",
        ),
        (
            {"outputs": ("a", "b")},
            ":scale=unit",
            (8, 8, 3),
            r"has the outputs a, b: write a\.onnx:output=NAME",
        ),
        ({}, ":scale=unit,output=c", (8, 8, 3), r"has the outputs features: .*got 'c'"),
        ({}, ":scale=unity", (8, 8, 3), r"scale of a network must be one of .*Did you mean unit\?"),
        ({}, ":scale=unit,sice=3", (8, 8, 3), "'sice' is not a setting of the network backbone"),
        ({"weight": WEIGHT * np.nan}, ":scale=unit", (8, 8, 3), "its output features is NaN or infinite"),
        ({}, ":scale=unit,features=1|2", (8, 8, 3), "a network: features must be a whole number"),
        ({}, ":scale=unit,sha256=00", (8, 8, 3), "another network than the one that belongs here"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, made, settings, shape, sentence):
    path = network(tmp_path / "a.onnx", **made)
    with pytest.raises(InputError, match=sentence):
        features_described(f"{path}{settings}").settled(shape, 70)


def test_files_that_are_no_networks(tmp_path, monkeypatch):
    with pytest.raises(FileError, match=r"none\.onnx: cannot be read: No such file"):
        features_described(str(tmp_path / "none.onnx")).settled((8, 8, 3), 70)
    path = network(tmp_path / "a.onnx")
    content = path.read_bytes()
    for broken in (b"", b"no network", content[: len(content) // 2]):
        path.write_bytes(broken)
        with pytest.raises(FileError, match=r"a\.onnx: (not a whole ONNX network|wanted is a network)"):
            features_described(f"{path}:scale=unit").settled((8, 8, 3), 70)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    other = network(tmp_path / "b.onnx", weight=WEIGHT + 1)
    with pytest.raises(MissingDependencyError, match=r"pip install 'pellucid\[onnx\]'"):
        features_described(f"{other}:scale=unit").settled((8, 8, 3), 70)


@pytest.fixture
def shades(pictures):
    labels = (np.arange(70) % 2).astype(np.int32)
    images = pictures // 2 + (100 * labels).astype(np.uint8)[:, None, None, None]
    split = np.resize([0, 0, 0, 1, 2], 70).astype(np.int8)
    return Dataset("shades", ("dark", "light"), images, labels, [""] * 70, split, frame=Frame(8, 8))


@pytest.mark.parametrize("model", ["softmax", "mlp", "knn"])
def test_a_model_keeps_its_network(tmp_path, shades, model):
    source = network(tmp_path / "a.onnx")
    folder = tmp_path / "run"
    folder.mkdir()
    outcome = fit(
        shades,
        Recipe(model=model, features=f"{source}:scale=unit", epochs=20 if model != "knn" else None),
        folder,
    )
    assert outcome.evaluations["test"].accuracy > 0.9
    wanted = outcome.classifier.scores(shades.images)
    source.unlink()
    elsewhere = shutil.move(folder, tmp_path / "elsewhere")
    again = load_model(elsewhere)
    np.testing.assert_allclose(again.scores(shades.images), wanted, rtol=1e-5, atol=1e-5)
    (copy,) = elsewhere.glob("network-*.onnx")
    network(copy, weight=WEIGHT + 1)
    opened.cache_clear()
    with pytest.raises(FileError, match="another network than the one that belongs here"):
        load_model(elsewhere).scores(shades.images + 1)


def test_a_run_goes_on_with_the_same_network_only(tmp_path, shades):
    source = network(tmp_path / "a.onnx")
    whole = fit(shades, Recipe(features=f"{source}:scale=unit", epochs=6, optimizer="nesterov"))

    def stop(event):
        if event["event"] == "epoch" and event["epoch"] == 3:
            raise KeyboardInterrupt

    folder = tmp_path / "cut"
    folder.mkdir()
    with pytest.raises(KeyboardInterrupt):
        fit(
            shades,
            Recipe(features=f"{source}:scale=unit", epochs=6, optimizer="nesterov"),
            folder,
            listener=stop,
        )
    network(source, weight=WEIGHT * 2)
    opened.cache_clear()
    with pytest.raises(FileError, match="another network than the one that belongs here"):
        resume(folder, shades)
    network(source)
    again = resume(folder, shades)
    for name, array in whole.classifier.params.items():
        np.testing.assert_array_equal(again.classifier.params[name], array)


def test_from_the_command_line_to_report_and_receipt(tmp_path, shades, monkeypatch, capfd):
    from PIL import Image

    from pellucid.cli.main import _status

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pellucid.cli.running.keep_programs", lambda: None)
    for row in range(40):
        folder = tmp_path / "shades" / shades.classes[shades.labels[row]]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(shades.images[row]).save(folder / f"{row}.png")
    network("a.onnx")
    words = ["train", "shades", "--features", "color+a.onnx:scale=unit", "--epochs", "9", "--output", "run"]
    assert _status(words, debug=True) == 0
    assert "backbone" in (tmp_path / "run" / "report.html").read_text()
    assert len(list((tmp_path / "run").glob("network-*.onnx"))) == 1
    # Its own size is taken, as by train.
    assert _status(["features", "shades/dark/0.png", "--features", "a.onnx:scale=unit"], debug=True) == 0
    assert (tmp_path / "0-features.png").exists()
    (tmp_path / "a.onnx").unlink()
    capfd.readouterr()
    assert _status(["predict", "run", "shades/dark/0.png", "--explain"], debug=True) == 0
    assert "dark" in capfd.readouterr().out


def test_as_a_transformer(tmp_path, pictures):
    import pickle

    import pellucid as pl

    path = str(network(tmp_path / "a.onnx"))
    fitted = pl.BackboneFeatures(path, scale="unit").fit(pictures)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(again.transform(pictures), means(pictures, "unit"), rtol=1e-4, atol=1e-4)
    assert again.get_feature_names_out().tolist() == [f"features {k}" for k in range(5)]
    with pytest.raises(InputError, match="does not say how its pixels are scaled"):
        pl.BackboneFeatures(path).fit(pictures)


def test_it_is_never_traced():
    assert not Backbone.compiles
