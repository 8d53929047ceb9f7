"""
Look at a picture: decode, measure, count faces, read text. Blocking: for a thread.

Loads everything that it takes: import it where it is first needed.
"""

from __future__ import annotations

from agents.light_gpu_services.picture_measures import Measures, measure
from agents.light_gpu_services.text_reader import ReadText, read_text
from common.contracts.vision import ImageDescription, TextRead
from common.face_finder import find_faces
from common.pictures import Picture, decode

MOST_TEXT = 4_000
SAID_TEXT = 300
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def described(data: bytes) -> ImageDescription:
    """Describe a picture."""
    picture = decode(data)
    measures = measure(picture)
    faces = len(find_faces(picture).faces)
    read = read_text(picture)
    return ImageDescription(
        description=_sentence(picture, measures, faces, read),
        text=read.text[:MOST_TEXT],
        faces=faces,
        width=picture.width,
        height=picture.height,
        colours=measures.colours,
        brightness=measures.brightness,
        is_blurred=measures.is_blurred,
    )


def text_in(data: bytes) -> TextRead:
    """Read the text of a picture."""
    picture = decode(data)
    read = read_text(picture)
    return TextRead(
        text=read.text[:MOST_TEXT],
        confidence=read.confidence,
        width=picture.width,
        height=picture.height,
    )


def _sentence(picture: Picture, measures: Measures, faces: int, read: ReadText) -> str:
    light = "A dark" if measures.brightness < 0.25 else "A bright"
    light = "A" if 0.25 <= measures.brightness <= 0.75 else light
    blurred = " blurred" if measures.is_blurred else ""
    said = [f"{light}{blurred} picture of {picture.width} by {picture.height} pixels"]
    if measures.colours:
        said.append(f"mostly {' and '.join(measures.colours[:2])}")
    if faces:
        number = _NUMBERS[faces] if faces < len(_NUMBERS) else str(faces)
        said.append(f"with {number} {'face' if faces == 1 else 'faces'}")
    if read.text:
        said.append(f'with the text "{" ".join(read.text.split())[:SAID_TEXT]}"')
    return ", ".join(said) + "."
