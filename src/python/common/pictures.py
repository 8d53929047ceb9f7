"""
Decode pictures that strangers send, in bounds. Loads Pillow: import it where it is first needed.

What a picture shows may not enter.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from common.messages import ActionError, ErrorCode

MAX_BYTES: Final = 10_000_000
MAX_PIXELS: Final = 24_000_000
FORMATS: Final = ("PNG", "JPEG")

Picture = Image.Image


def decode(data: bytes, field: str = "image") -> Picture:
    """Return a picture in RGB, upright; raise INVALID for what is none or too large.

    The size is read from the head of the file, before any pixel is unpacked.
    """
    if not 0 < len(data) <= MAX_BYTES:
        raise _invalid(f"expected 1 to {MAX_BYTES} bytes, found {len(data)}", field)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata: only pixels matter
            return _opened(data, field)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        message = f"expected a whole PNG or JPEG picture: {type(error).__name__}"
        raise _invalid(message, field) from None


def _opened(data: bytes, field: str) -> Picture:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        if not 0 < width * height <= MAX_PIXELS:
            raise _invalid(f"expected at most {MAX_PIXELS} pixels, found {width} x {height}", field)
        if max(width, height) > 100 * min(width, height):
            raise _invalid(f"expected a picture, found a line of {width} x {height}", field)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        if "A" in upright.getbands() or "transparency" in upright.info:
            seen = upright.convert("RGBA")
            ground = Image.new("RGBA", seen.size, "white")
            upright = Image.alpha_composite(ground, seen)
        return upright.convert("RGB")


def shrunk(picture: Picture, side: int) -> tuple[Picture, float]:
    """Return a picture whose sides are at most so long, and by how much it was divided."""
    factor = max(1.0, max(picture.size) / side)
    if factor == 1.0:
        return picture, factor
    width, height = (max(1, round(length / factor)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS), factor


def _invalid(message: str, field: str) -> ActionError:
    return ActionError(ErrorCode.INVALID, message, field)
