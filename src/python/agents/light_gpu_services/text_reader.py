"""
Read the text in a picture with Tesseract, whose program and English model come in packages.

Loads Tesseract: import it where it is first needed. One picture at a time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import tesserocr
from PIL import Image

from common.messages import ActionError, ErrorCode
from common.pictures import Picture, shrunk

LANGUAGE: Final = "eng"
LARGEST: Final = 2_400
ENLARGED_BELOW: Final = 1_200
SURE: Final = 55.0
EDGE: Final = 20
MILLISECONDS: Final = 8_000
MODELS: Final = "share/tessdata"


@dataclass(frozen=True)
class ReadText:
    """The lines of text in a picture, and how sure they are, from 0 to 1."""

    text: str
    confidence: float


def read_text(picture: Picture) -> ReadText:
    """Return the words that are surely text, line by line."""
    grey = _prepared(picture)
    api = _api()
    api.SetImageBytes(grey.tobytes(), grey.width, grey.height, 1, grey.width)
    try:
        if not api.Recognize(MILLISECONDS):
            raise ActionError(ErrorCode.TIMEOUT, "the text could not be read in time", "image")
        return _sure_words(api)
    finally:
        api.Clear()


def model_folder() -> Path:
    """Return where the model is: a package puts it beside its modules, an installer elsewhere."""
    places = (Path(place, MODELS) for place in (sys.prefix, *sys.path))
    found = next((place for place in places if (place / f"{LANGUAGE}.traineddata").is_file()), None)
    if found is None:
        raise ActionError(ErrorCode.UNAVAILABLE, "the model for reading text is not installed")
    return found


def _prepared(picture: Picture) -> Picture:
    small, _ = shrunk(picture, LARGEST)
    grey = small.convert("L")
    if max(grey.size) < ENLARGED_BELOW:
        grey = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.LANCZOS)
    # Letters that touch the edge are not found without some ground around them.
    framed = Image.new("L", (grey.width + 2 * EDGE, grey.height + 2 * EDGE), _ground(grey))
    framed.paste(grey, (EDGE, EDGE))
    return framed


def _ground(grey: Picture) -> int:
    histogram = grey.histogram()
    return histogram.index(max(histogram))


def _sure_words(api: tesserocr.PyTessBaseAPI) -> ReadText:
    lines: list[list[str]] = []
    confidences = []
    for word in tesserocr.iterate_level(api.GetIterator(), tesserocr.RIL.WORD):
        if word.IsAtBeginningOf(tesserocr.RIL.TEXTLINE):
            lines.append([])
        if word.Empty(tesserocr.RIL.WORD):
            continue
        text, confidence = word.GetUTF8Text(tesserocr.RIL.WORD), word.Confidence(tesserocr.RIL.WORD)
        if confidence >= SURE and any(letter.isalnum() for letter in text) or text in "-&+=/":
            lines[-1].append(text.strip())
            confidences.append(confidence / 100)
    text = "\n".join(" ".join(words) for words in lines if words)
    sure = sum(confidences) / len(confidences) if confidences else 0.0
    return ReadText(text, min(max(sure, 0.0), 1.0))


@cache
def _api() -> tesserocr.PyTessBaseAPI:
    page = tesserocr.PSM.AUTO
    return tesserocr.PyTessBaseAPI(path=f"{model_folder()}/", lang=LANGUAGE, psm=page)
