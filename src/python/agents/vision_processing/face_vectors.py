"""
Make a face into 128 numbers that are close together for pictures of one person.

The network and the five landmarks that it aligns faces by come in a package; both are CC0.
Loads dlib: import it where it is first needed.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

import dlib

from common.face_finder import FoundFace, find_faces
from common.pictures import decode

MODELS: Final = "face_recognition_models"
LANDMARKS: Final = "shape_predictor_5_face_landmarks.dat"
NETWORK: Final = "dlib_face_recognition_resnet_model_v1.dat"

Vector = tuple[float, ...]
FacesOf = tuple[tuple[int, int], tuple[tuple[FoundFace, Vector], ...]]


def vectors_in(data: bytes) -> FacesOf:
    """Return the size of a picture, and its faces from left to right."""
    picture = decode(data)
    found = find_faces(picture)
    pairs = zip(found.faces, found.places, strict=True)
    return picture.size, tuple((face, _vector(found.pixels, place)) for face, place in pairs)


def _vector(pixels: Any, place: Any) -> Vector:
    landmarks, network = _models()
    described = network.compute_face_descriptor(pixels, landmarks(pixels, place))
    return tuple(round(float(value), 6) for value in described)


@cache
def _models() -> tuple[Any, Any]:
    folder = files(MODELS) / "models"
    return (
        dlib.shape_predictor(str(folder / LANDMARKS)),
        dlib.face_recognition_model_v1(str(folder / NETWORK)),
    )
