"""The one door to the compiler: its options, what it keeps, and what it leaves alone."""

import subprocess
import sys

import numpy as np
import pytest

from pellucid.arrays import compile as compiler

FUSION = "xla_cpu_experimental_ynn_fusion_type"


@pytest.fixture
def anew():
    """Options are remembered for the life of a process; each of these tests decides anew."""
    compiler.options.cache_clear()
    yield
    compiler.options.cache_clear()


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.9.0", False), ("0.10.1", False), ("0.10.2", True), ("0.10.2.dev20260101", True)],
)
def test_options_are_chosen_by_version(anew, monkeypatch, version, expected):
    monkeypatch.setattr(compiler, "version", lambda: version)
    known = FUSION in compiler._SAFE_FUSION and _understands(compiler._SAFE_FUSION)
    assert (FUSION in compiler.options()) is (expected and known)


def _understands(options):
    import jax

    try:
        jax.jit(lambda x: x, compiler_options=options).lower(np.float32(0)).compile()
    except Exception:
        return False
    return True


def test_no_options_elsewhere_than_on_a_cpu(anew, monkeypatch):
    import jax

    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert compiler.options() == {}


def test_a_compiler_that_does_not_know_the_option_gets_none(anew, monkeypatch):
    monkeypatch.setattr(compiler, "_SAFE_FUSION", {"xla_option_of_another_age": "1"})
    monkeypatch.setattr(compiler, "version", lambda: "99.0.0")
    assert compiler.options() == {}


def test_every_compilation_is_given_the_options(monkeypatch):
    import jax

    for double in (False, True):
        compiler.options(double)  # which itself compiles once, to ask whether the compiler knows them
    given = []
    real = jax.jit
    monkeypatch.setattr(jax, "jit", lambda *a, **k: given.append(k["compiler_options"]) or real(*a, **k))
    assert compiler.compiled(lambda x: x + 1)(np.float32(1)) == 2
    with compiler.precision(np.float64):
        compiler.compiled(lambda x: x + 1)
    assert given == [compiler.options(False), compiler.options(True)]
    assert not given[0] or "CONVOLUTION" in given[1][FUSION].replace(given[0][FUSION], "")


def test_static_arguments_are_part_of_the_program():
    traced = []

    def repeated(x, *, times):
        traced.append(times)
        return sum(x for _ in range(times))

    function = compiler.compiled(repeated, static=("times",))
    assert [int(function(np.int32(2), times=times)) for times in (3, 3, 4)] == [6, 6, 8]
    assert traced == [3, 4]


def test_scan_equals_a_loop_and_append_adds_one():
    def step(state, x):
        return state * 0.5 + x, state

    inputs = np.arange(5, dtype=np.float32)
    last, seen = compiler.compiled(lambda inputs: compiler.scan(step, np.float32(1), inputs))(inputs)
    state, expected = np.float32(1), []
    for x in inputs:
        state, before = step(state, x)
        expected.append(before)
    assert last == state
    np.testing.assert_array_equal(np.asarray(seen), expected)
    longer = compiler.compiled(compiler.append)(inputs, np.float32(9))
    np.testing.assert_array_equal(np.asarray(longer), [0, 1, 2, 3, 4, 9])
    assert longer.dtype == np.float32


def test_precision_keeps_float64_and_leaves_the_global_setting_alone():
    import jax

    def half(x):
        return x / 2

    x = np.array([1.0, 1e-30 + 1.0])
    before = jax.config.jax_enable_x64
    assert before is False
    with compiler.precision(np.float64):
        assert compiler.compiled(half)(x).dtype == np.float64
    assert jax.config.jax_enable_x64 is before
    with compiler.precision(np.float32):
        assert compiler.compiled(half)(x).dtype == np.float32
    with pytest.raises(RuntimeError, match="stop"), compiler.precision(np.float64):
        raise RuntimeError("stop")
    assert jax.config.jax_enable_x64 is before


def test_to_the_device_and_back():
    with compiler.precision(np.float64):
        tree = {"w": np.ones((2, 3)), "more": [np.int32(4), (np.zeros(2, np.uint8),)]}
        back = compiler.to_host(compiler.to_device(tree))
    assert back["w"].dtype == np.float64
    assert isinstance(back["w"], np.ndarray)
    assert isinstance(back["more"], list)
    assert isinstance(back["more"][1], tuple)
    assert back["more"][1][0].dtype == np.uint8
    back["w"][0, 0] = 7  # one's own, to be written to
    assert tree["w"][0, 0] == 1


def test_donated_memory_is_taken_over():
    import jax

    function = compiler.compiled(lambda x: x + 1, donate=(0,))
    given = jax.device_put(np.zeros(1024, np.float32))
    function(given)
    assert given.is_deleted()


def test_the_fingerprint_tells_what_decides_the_bits(monkeypatch):
    monkeypatch.setenv("PJRT_NPROC", "3")
    found = compiler.fingerprint()
    assert set(found) == {"jax", "jaxlib", "options", "device", "threads"}
    assert found["threads"] == "3"
    assert found["jaxlib"] == compiler.version()
    assert all(isinstance(value, str) for value in found.values())
    monkeypatch.delenv("PJRT_NPROC")
    assert int(compiler.fingerprint()["threads"]) >= 1


def test_programs_are_kept_and_the_users_own_settings_stay(tmp_path):
    code = """
import os, sys
from pellucid.arrays import compile as compiler
import numpy as np
os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "true"
compiler.keep_programs()
assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"
assert "jax" not in sys.modules
compiler.compiled(lambda x: x * 3 + 1)(np.ones(4, np.float32))
"""
    environment = {"PATH": "/usr/bin:/bin", "PELLUCID_CACHE": str(tmp_path / "kept")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    programs = tmp_path / "kept" / "programs"
    assert any(programs.iterdir())
    assert programs.stat().st_mode & 0o077 == 0  # it holds native code: nobody else may put any there


def test_whether_jax_is_there_is_told_without_importing_it():
    code = "import sys; from pellucid.arrays.compile import available; assert available() and 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
