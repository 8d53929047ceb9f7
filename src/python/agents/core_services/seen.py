"""
From a picture to words: who is in it, what it shows, and what is written there.

Detectors belong to their agents; what is said of their findings is pure.
"""

from __future__ import annotations

import re
from typing import Final

from agents.core_services.question import Content, sentence
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import vision as v

FACES: Final = "face_recognition_agent"
VISION: Final = "vision_processing_agent"
SECONDS: Final = 30.0
# Who is in a picture does not sit before the camera: nobody of the session is greeted for it.
ALBUM: Final = "pictures"

WHO: Final = re.compile(r"\b(?:who|whom|whose|people|persons?|faces?|any(?:body|one))\b", re.I)
WRITTEN: Final = re.compile(r"\b(?:reads?|says?|text|writ\w+|words?|letters?|sign)\b", re.I)


class Seen:
    """Look at pictures."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls

    async def answer(self, image: bytes, question: str, trace: Trace) -> Content:
        """Tell what is in a picture, or what was asked about it."""
        frame = v.ProcessFrameRequest(image=image, session_id=ALBUM)
        found = await self._calls.ask_if_there(
            trace, FACES, "process_frame", frame, v.FacesFound, timeout=SECONDS
        )
        wanted = v.DescribeImageRequest(image=image)
        shown = await self._calls.ask(
            trace, VISION, "describe_image", wanted, v.ImageDescription, timeout=SECONDS
        )
        names = tuple(face.person for face in found.faces if face.person) if found else ()
        count = max(len(found.faces) if found else 0, shown.faces)
        trace.facts["people"] = list(names)
        trace.facts["faces"] = count
        trace.facts["text_in_picture"] = shown.text
        return Content(told(shown, names, count, question))


def told(shown: v.ImageDescription, names: tuple[str, ...], faces: int, question: str) -> str:
    """Return sentences about a picture; a question chooses among them."""
    who = people(names, faces)
    text = " ".join(shown.text.split())
    written = f'It says: "{text}".' if text else ""
    if WHO.search(question):
        return who or "I see nobody in it."
    if WRITTEN.search(question):
        return written or "I can read nothing in it."
    # The description may quote the text already: nothing is said twice.
    quoted = text.casefold() in " ".join(shown.description.split()).casefold()
    parts = (sentence(shown.description), who if names else "", "" if quoted else written)
    return " ".join(filter(None, parts))


def people(names: tuple[str, ...], faces: int) -> str:
    """Return a sentence that names who was seen, and counts whom nobody knows."""
    strangers = max(0, faces - len(names))
    unknown = {0: (), 1: ("somebody I do not know",)}.get(
        strangers, (f"{strangers} people I do not know",)
    )
    listed = [*dict.fromkeys(names), *unknown]
    if not listed:
        return ""
    return sentence(f"I see {' and '.join(filter(None, (', '.join(listed[:-1]), listed[-1])))}")
