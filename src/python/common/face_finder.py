"""
Find faces in pictures: gradients in a sliding window (dlib). Who they are may not enter.

Loads dlib and numpy: import it where it is first needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import dlib
import numpy as np
from numpy.typing import NDArray

from common.pictures import Picture, shrunk

SIDE: Final = 1_000
SMALL: Final = 640
SMALLEST: Final = 40
FLOOR: Final = 0.3

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class FoundFace:
    """A face: where it is in the picture, and how surely it is one."""

    x: int
    y: int
    width: int
    height: int
    score: float


@dataclass(frozen=True)
class FacesInPicture:
    """The faces of a picture from left to right, and where they are in its pixels."""

    faces: tuple[FoundFace, ...]
    pixels: Pixels
    places: tuple[Any, ...]  # rectangles of dlib, in `pixels`


def find_faces(picture: Picture) -> FacesInPicture:
    """Return the faces of a picture; those smaller than 40 pixels are not seen."""
    small, factor = shrunk(picture, SIDE)
    pixels = np.asarray(small, dtype=np.uint8)
    if min(small.size) < SMALLEST:
        return FacesInPicture((), pixels, ())
    upsampled = 1 if max(small.size) <= SMALL else 0
    places, scores, _ = _detector().run(pixels, upsampled, FLOOR)
    found = sorted(zip(places, scores, strict=True), key=lambda face: face[0].left())
    faces = tuple(_face(place, score, picture, factor) for place, score in found)
    return FacesInPicture(faces, pixels, tuple(place for place, _ in found))


def _face(place: Any, score: float, picture: Picture, factor: float) -> FoundFace:
    left, top = (max(0, round(value * factor)) for value in (place.left(), place.top()))
    right = min(picture.width, round(place.right() * factor))
    bottom = min(picture.height, round(place.bottom() * factor))
    return FoundFace(left, top, max(0, right - left), max(0, bottom - top), float(score))


@cache
def _detector() -> Any:
    return dlib.get_frontal_face_detector()
