"""The confined child that makes a thumbnail: one picture to read, WebP on stdout."""

from __future__ import annotations

import io
import json
import os
import sys

from storage.viewers import jail

SIDE = 320
QUALITY = 78
MOST_PIXELS = 64_000_000
MEMORY = 640 * 1024 * 1024
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


def main() -> None:
    """Write the thumbnail, or nothing when the picture cannot be read."""
    jail.limit(memory=MEMORY, seconds=8)
    descriptor = int(json.load(sys.stdin)["descriptor"])
    # All that Pillow loads when it is needed, before the walls stand.
    import copy

    from PIL import GifImagePlugin, Image, ImageChops, ImageOps, ImageSequence, TiffImagePlugin, WebPImagePlugin

    Image.preinit()
    assert copy and GifImagePlugin and ImageChops and ImageSequence and TiffImagePlugin and WebPImagePlugin
    jail.confine(descriptor)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with os.fdopen(descriptor, "rb") as file, Image.open(file, formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            return
        # A JPEG is decoded small at once.
        picture.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((SIDE, SIDE))
        mode = "RGBA" if "A" in upright.mode or "transparency" in upright.info else "RGB"
        out = io.BytesIO()
        # A new picture carries no EXIF, no comments and no colour profile of the old one.
        clean = Image.new(mode, upright.size)
        clean.paste(upright.convert(mode))
        clean.save(out, "WEBP", quality=QUALITY, method=4)
    os.write(sys.stdout.fileno(), out.getvalue())
