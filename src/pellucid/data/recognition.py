"""What a file that is not a readable picture seems to be, told to a person."""

READ = "JPEG, PNG, WebP, BMP, GIF, TIFF, PPM"

_PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "BigTIFF"),
    (b"MM\0+", "BigTIFF"),
    (b"RIFF", "WebP"),
)
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_BRANDS = (
    (b"avif", "an AVIF picture"),
    (b"heic", "a HEIC picture"),
    (b"heix", "a HEIC picture"),
    (b"mif1", "a HEIF picture"),
)


def guess(content: bytes) -> str:
    """The reason why these bytes are no picture: what they are instead, and what can be done."""
    start = content[:512]
    if content[4:8] == b"ftyp":
        for brand, kind in _BRANDS:
            if brand in content[8:32]:
                return f"{kind}, which cannot be read: convert it to JPEG or PNG"
        return f"a film or another media file, not a picture ({READ})"
    for magic, name in _PICTURES:
        if content.startswith(magic):
            return f"the file is damaged or cut short: it begins like a {name} picture, but cannot be read"
    for magic, kind in _OTHERS:
        if content.startswith(magic):
            return f"{kind}, not a picture ({READ})"
    if not any(start):
        return f"the file holds only zeros, no picture ({READ})"
    if start.lstrip()[:1] == b"<":
        kind = "an SVG drawing" if b"<svg" in start.lower() else "a web page or XML text"
        return f"{kind}, not a picture ({READ})"
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in start):
        return f"the file holds text, not a picture ({READ})"
    return f"not a picture that can be read ({READ})"
