"""One picture file: every mode, every fit, and everything that can be wrong with it."""

import io
import os
import struct
import time
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from pellucid.data.frame import Frame
from pellucid.data.picture import open_picture, prepare, read_picture
from pellucid.data.picture_file import PictureError
from pellucid.storage.errors import FileError, InputError

RGB32 = Frame()
GRAY32 = Frame(color="gray")


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=seed)).integers(0, 256, shape, np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# What passes unchanged


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_a_picture_of_the_frames_size_passes_bit_for_bit(fit):
    rgb, gray = noise(20, 30, 3), noise(20, 30)
    assert np.array_equal(prepare(rgb, Frame(20, 30, fit)), rgb)
    assert np.array_equal(prepare(gray, Frame(20, 30, fit, "gray")), gray[:, :, None])
    assert np.array_equal(prepare(gray[:, :, None], Frame(20, 30, fit, "gray")), gray[:, :, None])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_lossless_formats_give_the_pixels_back(kind, tmp_path):
    pixels = noise(32, 32, 3)
    path = tmp_path / "picture.jpg"  # the content counts, not the name
    path.write_bytes(encoded(Image.fromarray(pixels), kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert np.array_equal(read_picture(path, RGB32), pixels)


def test_a_jpeg_gives_what_pillow_decodes(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(noise(32, 32, 3)).save(path)
    assert np.array_equal(read_picture(path, RGB32), np.asarray(Image.open(path)))
    assert np.array_equal(read_picture(path.read_bytes(), RGB32), np.asarray(Image.open(path)))


# Fit


def test_padding_keeps_proportions_and_fills_with_black():
    white = np.full((40, 80, 3), 255, np.uint8)
    seen = prepare(white, RGB32)
    assert (seen[8:24] == 255).all()
    assert (seen[:8] == 0).all()
    assert (seen[24:] == 0).all()
    # A small picture is enlarged, and transparent or gray ones have the same borders.
    assert (prepare(white[:8, :16], RGB32)[8:24] == 255).all()
    clear = np.zeros((40, 80, 4), np.uint8)
    assert np.array_equal(prepare(clear, RGB32), seen)


def test_cropping_takes_the_middle():
    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:64] = 200
    assert (prepare(wide, Frame(fit="crop")) == 200).all()
    pixels = noise(32, 41, 3)
    assert np.array_equal(prepare(pixels, Frame(fit="crop")), pixels[:, 4:36])


def test_stretching_uses_the_whole_frame():
    assert (prepare(np.full((10, 90, 3), 77, np.uint8), Frame(fit="stretch")) == 77).all()


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2), (33, 31), (500, 700)])
@pytest.mark.parametrize("color", ["rgb", "gray"])
def test_every_size_fits(shape, fit, color):
    frame = Frame(17, 24, fit, color)
    seen = prepare(np.full((*shape, 3), 90, np.uint8), frame)
    assert seen.shape == (17, 24, frame.channels)
    assert seen.dtype == np.uint8
    assert seen.max() == 90


def test_reduction_is_antialiased():
    stripes = np.zeros((256, 256), np.uint8)
    stripes[:, ::2] = 255
    seen = prepare(stripes, GRAY32)
    assert np.abs(seen.astype(int) - 127).max() <= 1


# Modes


def test_gray_is_the_luma_of_recommendation_601():
    for color, luma in (((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29), ((255, 255, 255), 255)):
        seen = prepare(np.full((32, 32, 3), color, np.uint8), GRAY32)
        assert (seen == luma).all()


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F", "LA", "RGBA", "PA"]
)
def test_every_mode_becomes_rgb_and_gray(mode):
    image = Image.new(mode, (40, 20))
    for frame in (RGB32, GRAY32):
        assert prepare(image, frame).shape == frame.shape


def test_transparent_parts_lie_over_white():
    logo = np.zeros((32, 32, 4), np.uint8)
    logo[:, :16] = (10, 20, 30, 255)
    logo[:, 16:] = (255, 0, 0, 0)  # invisible red
    seen = prepare(logo, RGB32)
    assert (seen[:, :16] == (10, 20, 30)).all()
    assert (seen[:, 16:] == 255).all()
    # The invisible color does not bleed into the visible part where the picture is made smaller.
    small = prepare(np.repeat(np.repeat(logo, 8, 0), 8, 1), RGB32)
    assert (small[:, :16, 0] < small[:, :16, 2]).all()
    gray = Image.fromarray(logo).convert("LA")
    assert (prepare(gray, GRAY32)[:, 16:] == 255).all()


def test_a_palette_with_a_transparent_color_lies_over_white():
    image = Image.new("P", (32, 32), 1)
    image.putpalette([0, 0, 0, 250, 0, 0, 0, 0, 9])
    image.paste(2, (0, 0, 32, 16))
    for kind in ("PNG", "GIF"):
        seen = read_picture(encoded(image, kind, transparency=1), RGB32)
        assert (seen[16:] == 255).all()
        assert (seen[:16] == (0, 0, 9)).all()


def test_a_color_key_in_png_is_transparent():
    image = Image.fromarray(np.full((32, 32, 3), (1, 2, 3), np.uint8))
    assert (read_picture(encoded(image, "PNG", transparency=(1, 2, 3)), RGB32) == 255).all()


def test_sixteen_bits_are_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    wanted = np.rint(ramp / 257).astype(np.uint8)[:, :, None]
    for kind in ("PNG", "TIFF"):
        assert np.array_equal(read_picture(encoded(Image.fromarray(ramp), kind), GRAY32), wanted)
    wide = Image.fromarray(ramp.astype(np.int32))
    assert np.array_equal(prepare(wide, GRAY32), wanted)


def test_floating_point_shades():
    ramp = np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
    wanted = np.rint(ramp.astype(np.float64) * 255).astype(np.uint8)[:, :, None]
    assert np.array_equal(prepare(Image.fromarray(ramp), GRAY32), wanted)
    assert np.array_equal(prepare(Image.fromarray(wanted[:, :, 0].astype(np.float32)), GRAY32), wanted)
    measured = prepare(Image.fromarray(ramp * 4000 - 2000), GRAY32)
    assert measured.min() == 0
    assert measured.max() == 255
    with pytest.raises(InputError, match="not finite"):
        prepare(Image.fromarray(ramp * np.float32(np.nan)), GRAY32)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(turn, kind):
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:16, :16] = (250, 0, 0)
    upright[:16, 16:] = (0, 250, 0)
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    options = (
        {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    )
    content = encoded(Image.fromarray(np.ascontiguousarray(undo(upright))), kind, exif=exif, **options)
    assert np.abs(read_picture(content, RGB32).astype(int) - upright).max() <= 8
    assert np.abs(np.asarray(open_picture(content).convert("RGB")).astype(int) - upright).max() <= 8


def test_a_large_turned_jpeg_is_decoded_smaller_and_upright():
    y, x = np.mgrid[0:1200, 0:1800]
    pixels = np.stack([x * 255 // 1800, y * 255 // 1200, np.full_like(x, 90)], axis=2).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.fromarray(pixels), "JPEG", exif=exif, quality=95)
    for fit in ("pad", "crop", "stretch"):
        frame = Frame(48, 32, fit)
        whole = prepare(open_picture(content), frame).astype(int)
        assert np.abs(read_picture(content, frame) - whole).max() <= 4


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "green", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert (read_picture(content, RGB32) == (255, 0, 0)).all()


def test_arrays_of_another_kind_are_refused():
    with pytest.raises(InputError, match=r"uint8 .* got float64 of shape \(4, 4\)"):
        prepare(np.zeros((4, 4)), RGB32)
    for shape in ((4,), (4, 4, 2), (0, 4, 3), (2, 4, 4, 3)):
        with pytest.raises(InputError, match="must be an array of uint8"):
            prepare(np.zeros(shape, np.uint8), RGB32)
    with pytest.raises(InputError, match="got str"):
        prepare("a.jpg", RGB32)


def test_arguments_are_left_alone():
    pixels = noise(9, 9, 3)
    pixels.flags.writeable = False
    seen = prepare(pixels, Frame(9, 9))
    seen[:] = 0
    assert pixels.any()


# Bad files


def refused(source: object, match: str) -> None:
    start = time.perf_counter()
    for read in (lambda: read_picture(source, RGB32), lambda: open_picture(source)):
        with pytest.raises(FileError, match=match) as caught:
            read()
        assert isinstance(caught.value, PictureError)
        assert "\n" not in str(caught.value)
    assert time.perf_counter() - start < 20, "it hung"


def test_files_that_are_no_pictures(tmp_path):
    for name, content, match in (
        ("empty.jpg", b"", "empty.jpg: the file is empty"),
        ("text.jpg", b"Dear diary,\nnothing happened.\n", "text.jpg: the file holds text, not a picture"),
        ("page.png", b"<!DOCTYPE html><html>", "web page"),
        ("drawing.png", b'<svg xmlns="x"/>', "an SVG drawing"),
        ("zeros.png", bytes(900), "only zeros"),
        ("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture.*convert it to JPEG"),
        ("book.jpg", b"%PDF-1.7 ...", "a PDF document"),
        ("head.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "the file is cut short"),
        ("head.png", b"\x89PNG\r\n\x1a\n\0\0", "begins like a PNG"),
        ("random.jpg", noise(500).tobytes(), "not a picture that can be read"),
        ("icon.ico", encoded(Image.new("RGB", (16, 16)), "ICO"), "not a picture that can be read"),
    ):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, match)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_a_file_cut_short_is_refused(kind, tmp_path):
    content = encoded(Image.fromarray(noise(64, 64, 3)), kind)
    path = tmp_path / "short.jpg"
    path.write_bytes(content[: len(content) // 2])
    refused(path, "cut short|damaged")


def test_places_that_are_no_files(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    refused(tmp_path / "folder.jpg", "a folder, not a picture")
    refused(tmp_path / "missing.jpg", "missing.jpg: the file does not exist")
    (tmp_path / "link.jpg").symlink_to("nowhere.jpg")
    refused(tmp_path / "link.jpg", "a link to a file that does not exist")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    refused(tmp_path / "loop.jpg", "a link that leads back to itself")
    refused("a\0b.jpg", "cannot be read")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        refused(tmp_path / "pipe.jpg", "a pipe")
    if os.path.exists("/dev/zero"):
        refused("/dev/zero", "a device")


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "secret.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    if os.geteuid() == 0:  # the superuser may read everything

        def forbidden(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pellucid.data.picture_file.os.open", forbidden)
    refused(path, "secret.jpg: you have no permission")


def test_a_name_that_is_not_utf8(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    with open(path, "wb") as file:
        file.write(encoded(Image.new("RGB", (32, 32), "red"), "PNG"))
    assert (read_picture(os.fsdecode(path), RGB32) == (255, 0, 0)).all()
    with open(path, "wb") as file:
        file.write(b"nothing")
    refused(os.fsdecode(path), r"caf\\udce9.jpg: the file holds text")


def bomb(kind: str) -> bytes:
    """A small file that claims 30,000 × 30,000 pixels (16,383 × 16,383 where the format allows no more)."""
    tiny = Image.new("L" if kind == "PPM" else "RGB", (1, 1))
    if kind == "PNG":
        content = bytearray(encoded(tiny, "PNG"))
        content[16:24] = (30000).to_bytes(4, "big") * 2
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
        return bytes(content)
    if kind == "PPM":
        return b"P5 30000 30000 255\n\0"
    if kind == "BMP":
        content = bytearray(encoded(tiny, "BMP"))
        content[18:26] = (30000).to_bytes(4, "little") * 2
        return bytes(content)
    if kind == "GIF":
        content = bytearray(encoded(tiny, "GIF"))
        content[6:10] = (30000).to_bytes(2, "little") * 2
        return bytes(content)
    if kind == "JPEG":
        content = bytearray(encoded(tiny, "JPEG"))
        at = content.index(b"\xff\xc0")
        content[at + 5 : at + 9] = (30000).to_bytes(2, "big") * 2
        return bytes(content)
    if kind == "WEBP":
        content = bytearray(encoded(tiny, "WEBP", lossless=True))
        content[21:24] = b"\xff\xff\xff"  # twice 14 bits: width − 1, height − 1
        content[24] |= 0x0F
        return bytes(content)
    assert kind == "TIFF"
    content = bytearray(encoded(tiny, "TIFF"))
    for tag in (256, 257):
        at = content.index(tag.to_bytes(2, "little") + (4).to_bytes(2, "little"))
        content[at + 8 : at + 12] = (30000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("kind", ["PNG", "PPM", "BMP", "GIF", "JPEG", "TIFF", "WEBP"])
def test_a_bomb_is_refused_from_its_header(kind, tmp_path):
    path = tmp_path / "bomb.jpg"
    path.write_bytes(bomb(kind))
    start = time.perf_counter()
    refused(path, "bomb.jpg: .*pixels; at most 40,000,000 pixels are read")
    assert time.perf_counter() - start < 5, "it was decoded"


def test_a_picture_just_over_the_limit_is_refused_without_pillows_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(b"P5 10000 9000 255\n", "10,000 × 9,000 pixels; at most 40,000,000")


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "film.jpg"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    refused(path, "a file of 1,099,511,627,776 bytes")


def test_a_text_chunk_that_unpacks_to_gigabytes_is_refused():
    content = encoded(Image.new("RGB", (8, 8)), "PNG")
    body = b"zTXtComment\0\0" + zlib.compress(bytes(200 << 20))
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    refused(content[:33] + chunk + content[33:], "damaged|cut short")


def test_no_warning_escapes_and_the_filters_stay_as_they_were():
    exif = Image.Exif()
    exif[0x0112] = 1
    content = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG", exif=exif))
    at = content.index(b"Exif")
    content[at + 14 : at + 30] = b"\xff" * 16
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_picture(bytes(content), RGB32).shape == (32, 32, 3)
    assert not caught
    assert warnings.filters == filters
