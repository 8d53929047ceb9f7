"""
FaceRecognitionAgent: finds faces in pictures, says whose they are, and tells who was seen.

It keeps numbers of faces, not pictures. How a face becomes numbers is in face_vectors.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from agents.vision_processing.known_faces import KnownFaces
from common.agent import Agent, AgentContext, action
from common.contracts.vision import (
    FACES,
    Box,
    EnrollFaceRequest,
    Face,
    FaceEnrolled,
    FaceSeen,
    FacesFound,
    ForgetPersonRequest,
    People,
    ProcessFrameRequest,
)
from common.messages import ActionError, Done, ErrorCode, Query

if TYPE_CHECKING:
    from agents.vision_processing.face_vectors import FacesOf

QUIET_SECONDS: Final = 1.0
MOST_SEEN: Final = 2_000


class FaceRecognitionAgent(Agent):
    """Recognise who was enrolled; the same person is told at most once a second and session."""

    topics = (FACES,)

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._known = KnownFaces(self.state_directory / "people.json")
        self._looking = asyncio.Lock()  # dlib's models are for one picture at a time
        self._told_at: dict[tuple[str, str], float] = {}

    async def start(self) -> None:
        """Read who is known."""
        if not await asyncio.to_thread(self._known.load):
            self.log.error("people.json cannot be read: nobody is known")

    async def state_cleared(self) -> None:
        """Forget everybody."""
        async with self._looking:
            await asyncio.to_thread(self._known.forget_all)
        self._told_at.clear()

    @action
    async def process_frame(self, request: ProcessFrameRequest) -> FacesFound:
        """Find the faces of a picture and say whose they are."""
        async with self._looking:
            (width, height), found = await asyncio.to_thread(_look, request.image)
        faces = []
        for face, vector in found:
            person, confidence = self._known.who(vector)
            box = Box(x=face.x, y=face.y, width=face.width, height=face.height)
            faces.append(Face(box=box, person=person, confidence=confidence))
            if person is not None:
                self._tell(person, confidence, request.session_id)
        return FacesFound(faces=tuple(faces), width=width, height=height)

    @action
    async def enroll_face(self, request: EnrollFaceRequest) -> FaceEnrolled:
        """Remember the one face of a picture under a name."""
        person = " ".join(request.person.split())
        async with self._looking:
            _, found = await asyncio.to_thread(_look, request.image)
            if len(found) != 1:
                message = f"expected a picture of one face, found {len(found)}"
                raise ActionError(ErrorCode.INVALID, message, "image")
            pictures = await asyncio.to_thread(self._known.add, person, found[0][1])
        return FaceEnrolled(person=person, pictures=pictures)

    @action
    async def forget_person(self, request: ForgetPersonRequest) -> Done:
        """Forget the face of a person."""
        person = " ".join(request.person.split())
        async with self._looking:
            if not await asyncio.to_thread(self._known.forget, person):
                raise ActionError(ErrorCode.NOT_FOUND, "nobody of that name", "person")
        return Done()

    @action
    async def list_people(self, request: Query) -> People:
        """List who is known."""
        counts = self._known.counts().items()
        return People(
            people=tuple(FaceEnrolled(person=person, pictures=count) for person, count in counts)
        )

    def _tell(self, person: str, confidence: float, session_id: str) -> None:
        now, key = self.clock.now(), (session_id, person)
        if now - self._told_at.get(key, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._told_at.pop(key, None)
        self._told_at[key] = now
        while len(self._told_at) > MOST_SEEN:
            del self._told_at[next(iter(self._told_at))]
        seen = FaceSeen(person=person, confidence=confidence, session_id=session_id, at=now)
        self.events.publish(FACES, seen)


def _look(image: bytes) -> FacesOf:
    from agents.vision_processing.face_vectors import vectors_in

    return vectors_in(image)
