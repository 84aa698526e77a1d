"""Write the pictures of pictures/, and reference.json: what Pillow and numpy make of each.

    python3 crates/data/tests/images/make_reference.py

Shares nothing with the Rust code. Needs Python 3.11, numpy and Pillow. Whoever runs it with another
version of Pillow gets other JPEG files, and reference values that go with them.
"""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
WIDTH, HEIGHT = 11, 7


def main():
    PICTURES.mkdir(exist_ok=True)
    for name, data in pictures().items():
        (PICTURES / name).write_bytes(data)
    cases = [case for name in sorted(pictures()) for case in cases_of(name)]
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    (HERE / "reference.json").write_text(text)


def pictures():
    """Name to bytes. Smooth, so that JPEG files decode alike; a little noise for the rest."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red, green, blue = 20 + 20 * x, 30 + 30 * y, 240 - 9 * x - 15 * y
    smooth = np.stack([red, green, blue], -1).astype(np.uint8)
    noise = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    noise[0, :4, 3] = [0, 255, 1, 254]
    opaque = noise.copy()
    opaque[..., 3] = 255
    deep = np.random.default_rng(6).integers(0, 65536, (HEIGHT, WIDTH, 3), dtype=np.uint16)
    grey = Image.fromarray(noise[..., 0])
    rgb = Image.fromarray(noise[..., :3])
    colour = Image.fromarray(smooth)
    palette = rgb.quantize(16)
    turned = Image.Exif()
    turned[0x0112] = 6
    return {
        "rgb.png": png(rgb),
        "grey.png": png(grey),
        "one-bit.png": png(grey.convert("1")),
        "palette.png": png(palette),
        "palette-alpha.png": png(palette, transparency=3),
        "rgba.png": png(Image.fromarray(noise)),
        "rgba-opaque.png": png(Image.fromarray(opaque)),
        "grey-alpha.png": png(Image.fromarray(noise[..., ::3].copy(), "LA")),
        "grey16.png": raw_png(0, 16, deep[..., 0].astype(">u2")),
        "rgb16.png": raw_png(2, 16, deep.astype(">u2")),
        "interlaced.png": interlaced_png(noise[..., :3]),
        "turned.png": png(rgb, exif=turned),
        "rgb.jpg": jpeg(colour, subsampling=0),
        "half.jpg": jpeg(colour, subsampling=2),
        "progressive.jpg": jpeg(colour, subsampling=2, progressive=True),
        "grey.jpg": jpeg(colour.convert("L")),
        "turned.jpg": jpeg(colour, subsampling=0, exif=turned),
        "cmyk.jpg": jpeg(colour.convert("CMYK")),
    }


def png(image, **options):
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def raw_png(colour_type, depth, samples):
    """Pillow cannot write 16-bit colour."""
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    return chunks(samples.shape[1], samples.shape[0], colour_type, depth, 0, rows)


def interlaced_png(pixels):
    """Nor can it interlace: the seven passes of Adam7."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    rows = b""
    for top, left, down, across in passes + [(1, 0, 2, 1)]:
        part = pixels[top::down, left::across]
        if part.size:
            rows += b"".join(b"\0" + row.tobytes() for row in part)
    return chunks(pixels.shape[1], pixels.shape[0], 2, 8, 1, rows)


def chunks(width, height, colour_type, depth, interlace, rows):
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace)
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]:
        out += struct.pack(">I", len(body)) + kind + body
        out += struct.pack(">I", zlib.crc32(kind + body))
    return out


def cases_of(name):
    """Each picture as it is, and made to fit in every way."""
    yield case(name, "rgb", "exact", WIDTH, HEIGHT)
    yield case(name, "grey", "exact", WIDTH, HEIGHT)
    if name in ("rgb.png", "grey.png", "half.jpg"):
        for width, height in [(5, 3), (11, 3), (4, 7), (13, 9), (1, 1), (30, 2)]:
            yield case(name, "rgb", "resize", width, height)
            yield case(name, "rgb", "center-crop", width, height)
        yield case(name, "grey", "resize", 5, 5)
    if "alpha" in name or name == "rgba.png":
        for alpha in ("black", "white", "drop"):
            yield case(name, "rgb", "exact", WIDTH, HEIGHT, alpha)
    if name.startswith("turned"):
        yield case(name, "rgb", "exact", HEIGHT, WIDTH, orientation="upright")
        yield case(name, "grey", "resize", 5, 4, orientation="upright")


def case(name, colour, fit, width, height, alpha="refuse", orientation="stored"):
    rules = {"colour": colour, "fit": fit, "alpha": alpha, "orientation": orientation}
    found = {"name": name, "rules": rules, "width": width, "height": height}
    values = decode(name, rules, width, height)
    return found | {"values": None if values is None else values.tobytes().hex()}


def decode(name, rules, width, height):
    """[channels, height, width], or None where the rules refuse the picture."""
    data = (PICTURES / name).read_bytes()
    image = Image.open(io.BytesIO(data))
    if image.mode == "CMYK":
        return None
    if rules["orientation"] == "upright":
        image = ImageOps.exif_transpose(image)
    if "16" in name:
        samples = 3 if "rgb" in name else 1
        high = np.frombuffer(deep_rows(data), np.uint8).reshape(HEIGHT, -1)[:, 1::2]
        image = Image.fromarray(high.reshape(HEIGHT, WIDTH, samples).squeeze())
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        image = lay(image.convert("RGBA"), rules["alpha"])
        if image is None:
            return None
    is_grey = image.mode in ("L", "1")
    image = image.convert("L" if rules["colour"] == "grey" or is_grey else "RGB")
    if rules["fit"] == "center-crop":
        across = min(max(image.height * width // height, 1), image.width)
        down = min(max(image.width * height // width, 1), image.height)
        left, top = (image.width - across) // 2, (image.height - down) // 2
        image = image.crop((left, top, left + across, top + down))
    if image.size != (width, height):
        # In two steps, since Pillow may do the second first, and each of them rounds.
        image = image.resize((width, image.height), Image.Resampling.BILINEAR)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    image = image.convert("L" if rules["colour"] == "grey" else "RGB")
    values = np.asarray(image)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1).copy()


def deep_rows(data):
    """What raw_png compressed; Pillow reads 16 bits in more than one way."""
    at = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[at - 4 : at])
    return zlib.decompress(data[at + 4 : at + 4 + length])


def lay(image, alpha):
    pixels = np.asarray(image).astype(np.int64)
    colours, shows = pixels[..., :3], pixels[..., 3:]
    if alpha == "refuse" and shows.min() < 255:
        return None
    ground = {"black": 0, "white": 255}.get(alpha)
    if ground is not None:
        colours = np.rint((colours * shows + ground * (255 - shows)) / 255).astype(np.int64)
    return Image.fromarray(colours.astype(np.uint8))


if __name__ == "__main__":
    main()
