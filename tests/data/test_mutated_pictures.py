"""Damaged files of every format give a picture or a `FileError`, never anything else."""

import io
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from pellucid.data.frame import Frame
from pellucid.data.picture import read_picture
from pellucid.storage.errors import FileError

MUTANTS_OF_EACH = 150
FRAME = Frame()


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def originals() -> dict[str, bytes]:
    rng = np.random.Generator(np.random.Philox(key=1))
    smooth = rng.integers(0, 256, (5, 6, 3), np.uint8).repeat(10, 0).repeat(8, 1)
    rgb = Image.fromarray(smooth)
    alpha = Image.fromarray(np.dstack([smooth, smooth[:, :, 0]]))
    deep = Image.fromarray(smooth[:, :, 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera"
    more = {"save_all": True, "append_images": [rgb.rotate(90), rgb]}
    return {
        "jpeg": encoded(rgb, "JPEG", exif=exif),
        "jpeg-progressive": encoded(rgb, "JPEG", progressive=True),
        "jpeg-cmyk": encoded(rgb.convert("CMYK"), "JPEG"),
        "png": encoded(rgb, "PNG", exif=exif),
        "png-palette": encoded(rgb.quantize(16), "PNG", transparency=3),
        "png-16": encoded(deep, "PNG"),
        "gif": encoded(rgb, "GIF", **more),
        "bmp": encoded(rgb, "BMP"),
        "bmp-palette": encoded(rgb.quantize(16), "BMP"),
        "webp": encoded(alpha, "WEBP", **more),
        "webp-lossless": encoded(rgb, "WEBP", lossless=True, exif=exif),
        "tiff": encoded(rgb, "TIFF", exif=exif),
        "tiff-deflate": encoded(alpha, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-jpeg": encoded(rgb, "TIFF", compression="jpeg"),
        "ppm": encoded(rgb, "PPM"),
        "pgm-text": b"P2\n4 4\n15\n" + b"1 2 3 4\n" * 4,
    }


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed (mostly in the first 200, where headers are), a piece taken out, or the end cut off."""
    damaged = bytearray(content)
    way = rng.integers(0, 10)
    if way == 0:
        return bytes(damaged[: rng.integers(1, len(damaged))])
    if way == 1:
        first = rng.integers(0, len(damaged))
        del damaged[first : first + rng.integers(1, 64)]
        return bytes(damaged) or b"\0"
    reach = min(len(damaged), 200) if way < 8 else len(damaged)
    for place in rng.integers(0, reach, rng.integers(1, 8)):
        flipped = damaged[place] ^ (1 << rng.integers(0, 8))
        damaged[place] = rng.choice([0, 255, 127, 128, rng.integers(0, 256), flipped])
    return bytes(damaged)


@pytest.mark.parametrize("kind", originals())
def test_a_mutant_is_a_picture_or_a_file_error(kind, capfd):
    original = originals()[kind]
    assert read_picture(original, FRAME).shape == (32, 32, 3)
    rng = np.random.Generator(np.random.Philox(key=sum(kind.encode())))
    messages = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(MUTANTS_OF_EACH):
            mutant = mutated(original, rng)
            start = time.perf_counter()
            try:
                seen = read_picture(mutant, FRAME)
                assert seen.shape == (32, 32, 3)
                assert seen.dtype == np.uint8
            except FileError as error:
                messages.append(str(error))
            assert time.perf_counter() - start < 20, "it hung"
    assert not caught
    assert capfd.readouterr() == ("", "")
    assert all(message.startswith("the picture: ") and "\n" not in message for message in messages)
    assert 0 < len(messages) < MUTANTS_OF_EACH
