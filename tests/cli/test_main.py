"""How every command ends: its status, its last words, and what the streams do to it."""

import _thread
import gc
import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from pellucid.cli import interruption, streams
from pellucid.cli.main import COMMANDS, _status

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and file descriptors as POSIX has them")


@pytest.fixture
def command(here):
    """Runs a command in a process of its own, through a shell → status, standard output, standard error."""

    def run(words, redirect="", **environment):
        line = f"{sys.executable} -m pellucid.cli.main {words} {redirect}"
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            capture_output=True,
            cwd=here,
            env={**os.environ, **environment},
            timeout=60,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(pellucid, name):
    status, out, err = pellucid(name, "--help")
    assert (status, err) == (0, "")
    assert "--json" in out


def test_without_a_command_the_commands_are_listed(pellucid):
    status, out, _ = pellucid()
    assert status == 2
    assert all(f" {name} " in out for name in COMMANDS)
    assert pellucid("--help")[0] == 0


def test_the_version(pellucid):
    import pellucid as package

    assert pellucid("--version")[:2] == (0, f"{package.__version__}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trian", "photos"), "No such command 'trian'. Did you mean 'train'?"),
        (("train", "photos", "--epoch", "3"), "--epochs"),
        (("train", "photos", "--claas-weight", "balanced"), "--class-weight"),
        (("train",), "Missing argument 'DATA'"),
        (("predict", "run"), "Missing argument 'PICTURES...'"),
        (("train", "photos", "--seed", "x"), "Invalid value for '--seed'"),
        (("predict", "run", "a.png", "--top", "0"), "Invalid value for '--top'"),
        (("train", "photos", "more"), "unexpected extra argument"),
        (("train", "photos", "--output"), "requires an argument"),
    ],
)
def test_wrong_usage_is_2_and_names_what_was_meant(pellucid, words, said):
    status, out, err = pellucid(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_debug_shows_where_an_error_came_from_and_nothing_else_does(command):
    status, out, err = command("train nowhere")
    assert (status, out) == (1, "")
    assert err.startswith("pellucid: nowhere: no such file or folder")
    assert err.count("\n") == 1
    for words in ("--debug train nowhere", "train nowhere --debug"):
        status, _, err = command(words)
        assert status == 1
        assert "Traceback" in err


@pytest.mark.parametrize(
    "error", [RuntimeError("odd"), KeyError("odd"), AssertionError("odd"), RecursionError("odd")]
)
def test_what_nobody_thought_of_still_ends_in_a_sentence(monkeypatch, capsys, error):
    def broken(words):
        raise error

    monkeypatch.setattr("pellucid.cli.main._application", broken)
    assert _status(["train"], debug=False) == 1
    err = capsys.readouterr().err
    assert "this should not happen" in err
    assert "--debug" in err
    with pytest.raises(type(error)):
        _status(["train"], debug=True)


def test_too_little_memory_is_said(monkeypatch, capsys):
    def full(words):
        raise MemoryError

    monkeypatch.setattr("pellucid.cli.main._application", full)
    assert _status(["train"], debug=False) == 1
    assert "not enough memory" in capsys.readouterr().err


def test_the_doctor(pellucid):
    status, out, err = pellucid("doctor", "--json")
    assert status == 0
    assert out.count("\n") == 1
    assert {"pellucid", "python", "numpy", "cores", "cache", "advice"} <= set(json.loads(out))
    assert "numpy" in err


@POSIX
def test_a_reader_that_leaves(command, run, photos):
    # More than a pipe holds, so that the command is still writing when the reader has gone.
    many = " photos" * 60
    status, out, err = command(f"predict run{many}", "| head -n 1")
    assert (status, err) == (0, "")
    assert out.count("\n") == 1
    status, out, err = command("train photos --engine numpy --epochs 1000 --output long", "| head -n 8")
    assert status == 1
    assert err == "pellucid: stopped, for nobody reads what it prints. Go on with: pellucid resume long\n"


@POSIX
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_an_output_that_is_full(command, run, photos, here):
    for words in (
        "predict run photos",
        "predict run photos --json",
        "--version",
        "train photos --engine numpy",
    ):
        status, _, err = command(words, "> /dev/full")
        assert status == 1
        assert err.endswith(
            "pellucid: what this command prints cannot be written: No space left on device. Send it somewhere else.\n"
        )
    assert not (here / "runs").exists()


@POSIX
def test_streams_that_are_closed(command, run, photos):
    assert command("predict run photos", ">&-")[::2] == (0, "")
    assert command("predict run photos --json", ">&-")[0] == 0
    assert command("predict run photos/red/0.png", "2>&-")[0] == 0
    assert command("predict nowhere photos", "2>&- >&-")[0] == 1
    assert command("predict run photos", "<&-")[0] == 0


@POSIX
def test_a_terminal_that_knows_only_ascii(command, run, photos):
    plain = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    status, out, err = command("train photos --engine numpy --epochs 2", **plain)
    assert (status, err) == (0, "")
    assert "softmax: lambda 0.003" in out
    assert "ok initial loss: 1.0986, and ln 3 = 1.0986" in out
    assert out.isascii()
    status, _, err = command("train photos --seed -1", **plain)
    assert (status, err) == (1, "pellucid: --seed must be 0 to 2^63 - 1, got -1.\n")
    assert command("--help", **plain)[0] == 0


def test_letters_that_an_encoding_lacks_are_written_plainly_or_escaped():
    streams.prepare_streams()
    assert "λ ½‖W‖² ✓".encode("ascii", "pellucid-plain") == b"lambda 1/2 |W|^2 ok"
    assert "2⁶³ − 1".encode("ascii", "pellucid-plain") == b"2^63 - 1"
    assert "caf\udce9 汉".encode("ascii", "pellucid-plain") == b"caf\\udce9 \\u6c49"
    assert "é\udce9".encode("utf-8", "pellucid-plain") == "é\\udce9".encode()
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", "pellucid-plain")


@POSIX
def test_odd_places_to_stand(command, run, photos, here):
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "pellucid.cli.main", "predict", "run", "photos/red/0.png"],
        capture_output=True, cwd=here, env=environment, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    line = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m pellucid.cli.main"
    for words, status in ((f"predict {run} {photos}/red/0.png", 0), (f"train {photos} --engine numpy", 1)):
        done = subprocess.run(["bash", "-c", f"{line} {words}"], capture_output=True, cwd=here, text=True)
        assert done.returncode == status, done.stderr
        assert "should not happen" not in done.stderr
        assert "Traceback" not in done.stderr


def _collect_and_sleep():
    gc.collect()
    time.sleep(5)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_garbage_collection_swallows_comes_again(monkeypatch, number):
    """JAX has itself called while garbage is collected, and Python drops what is raised there."""
    asked = []

    def collecting(phase, _):
        if phase == "stop" and not asked:
            asked.append(True)
            _thread.interrupt_main(number)
            sum(range(1000))  # here the handler runs, and what it raises is lost

    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    before = signal.getsignal(signal.SIGTERM)
    gc.callbacks.append(collecting)
    try:
        interruption.listen()
        expected = interruption.Terminated if number == signal.SIGTERM else KeyboardInterrupt
        began = time.monotonic()
        with pytest.raises(expected):
            _collect_and_sleep()
        assert time.monotonic() - began < 20, "it hung"
    finally:
        gc.callbacks.remove(collecting)
        signal.signal(signal.SIGTERM, before)
    assert asked


def test_other_errors_that_python_drops_are_still_shown(monkeypatch):
    shown = []
    monkeypatch.setattr(sys, "__unraisablehook__", shown.append)

    class Found:
        exc_value = ValueError("x")

    interruption._unraisable(Found)
    assert shown == [Found]


def test_the_status_of_an_interruption(monkeypatch, capsys):
    for stop, status in ((KeyboardInterrupt(), 130), (interruption.Terminated("terminated"), 143)):

        def stopped(words, stop=stop):
            raise stop

        monkeypatch.setattr("pellucid.cli.main._application", stopped)
        assert _status(["train"], debug=False) == status
        err = capsys.readouterr().err
        assert err.strip() == f"pellucid: {'terminated' if status == 143 else 'interrupted'}"


def test_a_process_with_a_compiler_in_it_ends_at_once(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setitem(sys.modules, "jax", io)
    with pytest.raises(SystemExit):  # only because the exit above did not happen
        interruption.end(130)
    assert ended == [130]
    with pytest.raises(SystemExit) as plain:
        interruption.end(1)
    assert (plain.value.code, ended) == (1, [130])


def test_the_package_itself_is_the_command(here):
    command = [sys.executable, "-m", "pellucid", "--help"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout
    lost = subprocess.run([*command[:3], "trian"], cwd=here, capture_output=True, text=True)
    assert (lost.returncode, "Traceback" in lost.stderr) == (2, False)
