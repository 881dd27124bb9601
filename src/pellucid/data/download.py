"""Fetching a published file over an unreliable network: resumed, checked, and there whole or not at all.

What has come so far is kept in `NAME.part` beside the place where the file will stand, also when the program
is killed; the next call asks the server for the rest (HTTP range requests, RFC 9110 section 14). Only a file
whose checksum is the published one ever gets its name.
"""

import contextlib
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO

from pellucid.data.opening import opened
from pellucid.storage.atomic import refuse_disk
from pellucid.storage.errors import FileError, InputError, StorageError, printable

_BLOCK = 1 << 18
_TRIES = 4  # in a row, for each address, that do not bring the file farther than before
_HEADERS = {"User-Agent": "pellucid", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Published:
    """A file as its authors published it.

    Attributes
    ----------
    name : the file's name
    size : bytes
    md5 : its MD5 (hex), which is what the authors published; it guards against accidents, not against forgers
    urls : addresses, tried in this order
    """

    name: str
    size: int
    md5: str
    urls: tuple[str, ...]


class DownloadError(FileError):
    """A file could not be fetched. The sentence has the reason for each address."""


class _Retry(Exception):
    """This try brought no whole file, but another may."""


class _GiveUp(Exception):
    """This address has no such file."""


def download(
    file: Published,
    folder: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    timeout: float = 30.0,
    pause: float = 1.0,
) -> Path:
    """Fetch a published file into a folder, unless it is there; returns its path.

    Parameters
    ----------
    progress : called with bytes that have come and bytes in all
    timeout : seconds without a byte after which a try is given up
    pause : seconds before the second try of an address, doubled before each further one

    Raises
    ------
    DownloadError : no address gave the file; what has come is kept, to be continued
    FileError : a file of this name is there, but it is not the published one
    StorageError : the disk refuses
    """
    target = folder / file.name
    if target.exists():
        check(target, file)
        return target
    part = folder / f"{file.name}.part"
    with _locked(part, file.size) as kept:
        if target.exists():  # another process has just finished it
            return target
        reasons = []
        for url in file.urls:
            try:
                _fetch(url, kept, part, file, progress, timeout, pause)
                break
            except _GiveUp as reason:
                reasons.append(f"  {url}: {reason}")
        else:
            if kept.seek(0, os.SEEK_END) == 0:
                part.unlink(missing_ok=True)
            raise DownloadError(f"{file.name} could not be fetched:\n" + "\n".join(reasons))
        try:
            kept.flush()
            os.fsync(kept.fileno())
        except OSError as error:
            raise refuse_disk(part, error, file.size) from error
    # Should the power fail before the folder is on the disk too, the whole .part is found again and gets its
    # name then.
    try:
        os.replace(part, target)
    except OSError as error:
        if not target.exists():  # else another process was faster
            raise refuse_disk(target, error, file.size) from error
    return target


def check(path: Path, file: Published) -> None:
    """Raise `FileError` if the file at `path` is not the published one, byte for byte."""
    advice = "Delete it, and it is fetched again; or put a whole copy in its place."
    with opened(path) as (kept, size):
        if size != file.size:
            raise FileError(
                f"{printable(path)}: {size:,} bytes, but the published file has {file.size:,}. {advice}"
            )
        found = _md5(kept)
    if found != file.md5:
        raise FileError(
            f"{printable(path)}: its MD5 is {found}, that of the published file {file.md5}. {advice}"
        )


def _fetch(
    url: str,
    kept: BinaryIO,
    part: Path,
    file: Published,
    progress: Callable[[int, int], None] | None,
    timeout: float,
    pause: float,
) -> None:
    """Bring the whole right file into `kept`, or raise `_GiveUp`."""
    have = farthest = kept.seek(0, os.SEEK_END)
    # What was kept may have come from another address or another day: then one fresh start is fair.
    second_chance = have > 0
    failures = 0
    while True:
        try:
            have = kept.seek(0, os.SEEK_END)
            if have != file.size:
                _append(url, kept, part, _empty(kept) if have > file.size else have, file, progress, timeout)
        except _Retry as reason:
            have = kept.seek(0, os.SEEK_END)
            failures = 1 if have > farthest else failures + 1
            farthest = max(farthest, have)
            if failures >= _TRIES:
                raise _GiveUp(str(reason)) from reason
            sleep(pause * 2 ** (failures - 1))
            continue
        if _md5(kept) == file.md5:
            return
        _empty(kept)
        if not second_chance:
            raise _GiveUp("it sent other bytes than the published ones (wrong MD5); they were thrown away")
        second_chance, farthest = False, 0


def _append(
    url: str,
    kept: BinaryIO,
    part: Path,
    have: int,
    file: Published,
    progress: Callable[[int, int], None] | None,
    timeout: float,
) -> None:
    """Add to `kept` what is missing after its first `have` bytes."""
    headers = _HEADERS | ({"Range": f"bytes={have}-"} if have else {})
    told = 0.0
    try:
        request = urllib.request.Request(url, headers=headers)
        # An opener of our own: the shared one keeps the proxies of its first use.
        with urllib.request.build_opener().open(request, timeout=timeout) as reply:
            if have and not (
                reply.status == 206 and str(reply.headers["Content-Range"]).startswith(f"bytes {have}-")
            ):
                have = _empty(kept)  # this server sends the whole file, whatever it was asked for
            while block := reply.read1(_BLOCK):  # what is there, so that a stall loses nothing
                if have + len(block) > file.size:
                    _empty(kept)
                    raise _GiveUp(f"it sent more than the {file.size:,} bytes of the published file")
                _write(kept, block, part, file.size)
                have += len(block)
                if progress and (monotonic() - told > 0.1 or have == file.size):
                    told = monotonic()
                    progress(have, file.size)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            _empty(kept)
        if error.code == 416 or error.code == 429 or error.code >= 500:
            raise _Retry(f"the server answered {error.code} {error.reason}") from error
        raise _GiveUp(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _GiveUp(f"no connection ({error.reason})") from error
    except TimeoutError as error:
        raise _Retry(
            f"nothing came for {timeout:g} seconds, after {have:,} of {file.size:,} bytes"
        ) from error
    except StorageError:
        raise
    except (http.client.HTTPException, OSError) as error:
        raise _Retry(f"the connection broke after {have:,} of {file.size:,} bytes ({error})") from error
    except ValueError as error:
        raise _GiveUp(f"not an address ({error})") from error
    if have < file.size:
        raise _Retry(f"the connection ended after {have:,} of {file.size:,} bytes")


def _write(kept: BinaryIO, block: bytes, part: Path, needed: int) -> None:
    try:
        left = memoryview(block)
        while left:  # an unbuffered file may take less than it was given
            left = left[kept.write(left) :]
    except OSError as error:
        raise refuse_disk(part, error, needed) from error


def _empty(kept: BinaryIO) -> int:
    kept.seek(0)
    kept.truncate()
    return 0


def _md5(kept: BinaryIO) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    kept.seek(0)
    while block := kept.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def _locked(part: Path, needed: int) -> Iterator[BinaryIO]:
    """The .part file, open for reading and writing, for this process alone."""
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise refuse_disk(part, error, needed) from error
    # Unbuffered: every block is in the file, and a full disk is told, before the next one is asked for.
    with os.fdopen(handle, "r+b", buffering=0) as kept:
        try:
            import fcntl

            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"{printable(part)}: another process is fetching this file. Wait for it, then try again."
            ) from error
        except (ImportError, OSError):
            pass  # no locks on this system; a mixture of two downloads would fail its checksum
        yield kept
