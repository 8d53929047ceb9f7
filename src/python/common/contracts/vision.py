"""
Messages about pictures: who and what is in them.

Only values live here; detectors belong to their agents. Pictures are PNG or JPEG files.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.messages import Event, Query, Reply, Request, Topic

PersonName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Box(BaseModel):
    """A rectangle of pixels; x and y of the upper left corner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: int
    y: int
    width: int
    height: int


class Face(BaseModel):
    """One face; person is None when nobody enrolled looks like it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    box: Box
    person: str | None = None
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)


class ProcessFrameRequest(Request):
    """Ask face_recognition_agent `process_frame`; who is seen is told to subscribers."""

    image: Attachment
    session_id: str = Field(default="default", min_length=1, max_length=200)


class FacesFound(Reply):
    """Answer `process_frame`, from left to right."""

    faces: tuple[Face, ...]
    width: int
    height: int


class EnrollFaceRequest(Request):
    """Ask face_recognition_agent `enroll_face`: the one face in a picture is this person's."""

    person: PersonName
    image: Attachment


class FaceEnrolled(Reply):
    """Answer `enroll_face`: how many pictures of the person are known now."""

    person: str
    pictures: int


class ForgetPersonRequest(Request):
    """Ask face_recognition_agent `forget_person`."""

    is_idempotent: ClassVar[bool] = True

    person: PersonName


class People(Reply):
    """Answer `list_people`, sorted by name."""

    people: tuple[FaceEnrolled, ...]


class FaceSeen(Event):
    """Tell that a known person was seen."""

    person: str
    confidence: float = Field(ge=0.0, le=1.0)
    session_id: str = "default"
    at: float


FACES: Final = Topic("face_recognition_agent", "faces", FaceSeen)


class DescribeImageRequest(Query):
    """Ask vision_processing_agent `describe_image`."""

    image: Attachment


class ImageDescription(Reply):
    """Answer `describe_image`: a sentence, the text in the picture, and what was measured."""

    description: str
    text: str = ""
    faces: int = 0
    width: int = 0
    height: int = 0
    colours: tuple[str, ...] = ()
    brightness: float = Field(default=0.0, ge=0.0, le=1.0)
    is_blurred: bool = False


class ReadTextRequest(Query):
    """Ask vision_processing_agent `read_text`."""

    image: Attachment


class TextRead(Reply):
    """Answer `read_text`: the lines that are surely text, and how sure that is."""

    text: str
    confidence: float = Field(ge=0.0, le=1.0)
    width: int
    height: int
