"""Downloads from a local server that also fails, cuts short, stalls, ignores what it was asked, and lies."""

import contextlib
import errno
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from pellucid.data import download as module
from pellucid.data.download import DownloadError, Published, download
from pellucid.storage.errors import FileError, InputError, StorageError

CONTENT = np.random.Generator(np.random.Philox(key=3)).bytes(1_000_000)


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `behave` says how the n-th request is answered, the last entry from then on."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.behave = ["well"]
        self.asked = []  # the Range header of each request
        self.paths = []
        self.release = threading.Event()  # set when stalled answers may end

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        how = server.behave[min(len(server.asked), len(server.behave) - 1)]
        server.asked.append(self.headers.get("Range"))
        server.paths.append(self.path)
        content, start = server.content, 0
        if how == "lie":
            content = bytes(len(content))
        elif how == "more":
            content += b"x"
        if isinstance(how, int):
            return self.send_error(how)
        if self.headers.get("Range") and how != "ignore range":
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if how != "no length":
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        with contextlib.suppress(ConnectionError):
            if how == "cut":
                self.wfile.write(rest[: len(rest) // 2])
            elif how == "stall":
                self.wfile.write(rest[: len(rest) // 2])
                server.release.wait(20)
            else:
                self.wfile.write(rest)
        return None

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


def published(*urls, name="file.bin", content=CONTENT):
    return Published(name, len(content), hashlib.md5(content).hexdigest(), urls)


def fetch(server, folder, **options):
    options = {"timeout": 5, "pause": 0.001} | options
    return download(published(f"{server.url}/file.bin"), folder, **options)


def names(folder):
    return sorted(os.listdir(folder))


def test_a_file_is_fetched_whole(server, tmp_path):
    seen = []
    path = fetch(server, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "file.bin"
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["file.bin"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_file_that_is_there_is_checked_and_not_fetched(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)  # as if placed by hand
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(CONTENT[:-1], "999,999 bytes, but the published file has 1,000,000"), (bytes(1_000_000), "its MD5 is")],
)
def test_another_file_of_that_name_is_refused_and_left_alone(server, tmp_path, content, said):
    (tmp_path / "file.bin").write_bytes(content)
    with pytest.raises(FileError, match=rf"file\.bin: {said}.*Delete it, and it is fetched again"):
        fetch(server, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == content
    assert server.asked == []


def test_a_kept_beginning_is_continued(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:300_000])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=300000-"]
    assert names(tmp_path) == ["file.bin"]


def test_a_whole_part_left_by_a_power_cut_only_gets_its_name(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == []


def test_a_server_that_ignores_the_range_sends_all_again(server, tmp_path):
    server.behave = ["ignore range"]
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:300_000])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=300000-"]


@pytest.mark.parametrize("kept", [b"\0" * 300_000, b"\0" * 1_000_000, CONTENT + b"more"])
def test_a_kept_beginning_of_something_else_is_thrown_away(server, tmp_path, kept):
    (tmp_path / "file.bin.part").write_bytes(kept)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked[-1] is None


def test_a_cut_connection_is_continued_where_it_broke(server, tmp_path):
    server.behave = ["cut", "cut", "cut", "well"]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=500000-", "bytes=750000-", "bytes=875000-"]


def test_an_answer_without_a_length_is_checked_all_the_same(server, tmp_path):
    server.behave = ["no length"]
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_server_that_always_cuts_gets_nowhere_but_ends(server, tmp_path):
    server.content = CONTENT[:-5]
    with pytest.raises(
        DownloadError, match=r"the server answered 416|the connection ended after 999,995 of 1,000,000"
    ):
        fetch(server, tmp_path)
    assert len(server.asked) < 20


def test_errors_of_the_server_are_tried_again(server, tmp_path):
    server.behave = [500, 503, 429, "well"]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == 4


def test_errors_that_stay_are_told(server, tmp_path):
    server.behave = [500]
    with pytest.raises(
        DownloadError,
        match=r"file\.bin could not be fetched:\n  http://127.* the server answered 500 Internal",
    ):
        fetch(server, tmp_path)
    assert len(server.asked) == 4
    assert names(tmp_path) == []


def test_a_file_that_is_not_there_is_asked_for_once(server, tmp_path):
    server.behave = [404]
    with pytest.raises(DownloadError, match="the server answered 404 Not Found"):
        fetch(server, tmp_path)
    assert len(server.asked) == 1


def test_a_stalled_connection_is_given_up_and_continued(server, tmp_path):
    server.behave = ["stall", "well"]
    assert fetch(server, tmp_path, timeout=0.3).read_bytes() == CONTENT
    assert len(server.asked) == 2
    assert server.asked[1] is not None


def test_a_server_that_only_stalls(server, tmp_path):
    server.content = CONTENT[:10]
    server.behave = ["stall"]
    with pytest.raises(DownloadError, match=r"nothing came for 0\.1 seconds, after \d of 1,000,000 bytes"):
        fetch(server, tmp_path, timeout=0.1)
    assert 0 < (tmp_path / "file.bin.part").stat().st_size < 10  # what came is kept


def test_a_lie_of_the_right_length_is_refused_and_removed(server, tmp_path):
    server.behave = ["lie"]
    with pytest.raises(DownloadError, match=r"it sent other bytes than the published ones \(wrong MD5\)"):
        fetch(server, tmp_path)
    assert names(tmp_path) == []
    assert len(server.asked) == 1


def test_more_than_was_published_is_refused_and_removed(server, tmp_path):
    server.behave = ["more"]
    with pytest.raises(DownloadError, match="it sent more than the 1,000,000 bytes of the published file"):
        fetch(server, tmp_path)
    assert names(tmp_path) == []


def test_the_next_address_is_tried(server, tmp_path):
    server.behave = ["lie", 404, "well"]
    file = published(*(f"{server.url}/{place}/file.bin" for place in "abc"))
    assert download(file, tmp_path, pause=0).read_bytes() == CONTENT
    assert server.paths == ["/a/file.bin", "/b/file.bin", "/c/file.bin"]


def test_no_connection_and_no_address(tmp_path, server):
    server.shutdown()
    server.server_close()
    file = published(f"{server.url}/file.bin", "gopher:/x", "http://127.0.0.1:99999/", "what")
    with pytest.raises(DownloadError) as caught:
        download(file, tmp_path, timeout=2, pause=0)
    said = str(caught.value)
    assert "no connection" in said
    assert said.count("\n  ") == 4
    assert names(tmp_path) == []


def test_a_killed_download_goes_on_from_what_it_had(server, tmp_path):
    def interrupt(done, total):
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server, tmp_path, progress=interrupt)
    kept = (tmp_path / "file.bin.part").stat().st_size
    assert 0 < kept < len(CONTENT)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={kept}-"]


def test_a_full_disk_is_told_with_the_bytes_needed(server, tmp_path, monkeypatch):
    class Full:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, block):
            raise OSError(errno.ENOSPC, "No space left on device")

    locked = module._locked

    @contextlib.contextmanager
    def full(part, needed):
        with locked(part, needed) as kept:
            yield Full(kept)

    monkeypatch.setattr(module, "_locked", full)
    with pytest.raises(
        StorageError, match=r"file\.bin\.part: no room left on the disk \(1,000,000 bytes needed\)"
    ):
        fetch(server, tmp_path)
    assert "file.bin" not in names(tmp_path)


def test_a_folder_that_may_not_be_written_to(server, tmp_path):
    with pytest.raises(StorageError, match=r"the folder .*missing does not exist"):
        fetch(server, tmp_path / "missing")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such lock")
def test_two_processes_do_not_write_the_same_part(server, tmp_path):
    with (
        module._locked(tmp_path / "file.bin.part", 1),
        pytest.raises(InputError, match="another process is fetching this file"),
    ):
        fetch(server, tmp_path)


def test_a_proxy_is_asked(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    path = download(published("http://no-such-host.invalid/far/file.bin"), tmp_path, timeout=5, pause=0)
    assert path.read_bytes() == CONTENT
    assert server.paths == ["http://no-such-host.invalid/far/file.bin"]
