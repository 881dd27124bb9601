"""Small pictures that a linear model tells apart, and one that no reader should open."""

import zlib

import numpy as np
from PIL import Image


def picture(k, number, side=12):
    """Noise with more of one of the three colors: a linear model tells them apart."""
    rng = np.random.Generator(np.random.Philox(key=[k, number]))
    pixels = rng.integers(0, 120, (side, side, 3)).astype(np.uint8)
    pixels[..., k % 3] += 100
    return Image.fromarray(pixels)


def class_folders(folder, counts, side=12):
    """A folder of PNG files for each class → the folder."""
    for k, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            picture(k, number, side).save(folder / name / f"{number}.png")
    return folder


def bomb(path):
    """A PNG of 30,000 by 30,000 pixels in a few bytes."""

    def chunk(name, content):
        return (
            len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")
        )

    size = (30_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    body = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def left_over(folder):
    """Files that a command should have taken away, in the folder and below."""
    return [path for path in folder.rglob("*") if path.name.endswith(".part") or path.name == ".lock"]
