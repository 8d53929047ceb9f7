"""Tests of FaceRecognitionAgent: found, enrolled, recognised again, strangers left unnamed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from agents.vision_processing.face_recognition_agent import FaceRecognitionAgent
from agents.vision_processing.face_vectors import vectors_in
from agents.vision_processing.known_faces import MOST_PICTURES, KnownFaces
from common.contracts.vision import FACES
from common.face_finder import find_faces
from common.messages import ActionError, ErrorCode
from common.pictures import decode
from common.testing import AgentHarness

PICTURES = Path(__file__).parent / "pictures"
PEOPLE = ("collins", "hopper")
NOBODY = ("cat", "coffee", "rocket")


def original(name: str) -> bytes:
    """Return a picture as it is shipped."""
    return (PICTURES / f"{name}.jpg").read_bytes()


def written(picture: Image.Image, quality: int = 85) -> bytes:
    """Return a picture as JPEG."""
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


def later(name: str) -> Iterator[bytes]:
    """Make pictures that might have been taken later, elsewhere, with another camera."""
    picture = decode(original(name))
    width, height = picture.size
    for share in (0.7, 1.4):
        yield written(picture.resize((int(width * share), int(height * share))))
    for brightness in (0.55, 1.4):
        yield written(ImageEnhance.Brightness(picture).enhance(brightness))
    for angle in (-10, -5, 5, 10):
        yield written(picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor="grey"))
    noise = np.random.default_rng(7).normal(0, 15, (height, width, 3))
    yield written(Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8)))
    yield written(ImageOps.mirror(picture))
    yield written(picture.convert("L"))
    yield written(picture, quality=25)
    moved = Image.new("RGB", (width + 200, height + 150), "darkgreen")
    moved.paste(picture, (180, 40))
    yield written(moved)


def of_both() -> bytes:
    """Return a picture of both people, side by side."""
    both = Image.new("RGB", (700, 340), "white")
    both.paste(decode(original("collins")), (10, 10))
    both.paste(decode(original("hopper")), (370, 10))
    return written(both)


def test_faces_are_found() -> None:
    """At least 95 of 100 faces are found, and nothing else is taken for one."""
    frames = [frame for person in PEOPLE for frame in later(person)]
    counts = [len(find_faces(decode(frame)).faces) for frame in frames]
    others = [len(find_faces(decode(frame)).faces) for name in NOBODY for frame in later(name)]
    found, wrong = sum(1 for count in counts if count), sum(others)
    wrong += sum(count - 1 for count in counts if count > 1)

    assert found / len(frames) >= 0.95
    assert found / (found + wrong) >= 0.95


def test_people_are_recognised_again_and_strangers_are_not(tmp_path: Path) -> None:
    """From one picture of each, later ones are named; who was not enrolled is never named."""
    right = named = strangers = 0
    for person in PEOPLE:
        both, without = KnownFaces(tmp_path / "both"), KnownFaces(tmp_path / "without")
        for each in PEOPLE:
            ((_, vector),) = vectors_in(original(each))[1]
            both.add(each, vector)
            if each != person:
                without.add(each, vector)
        for frame in later(person):
            for _, vector in vectors_in(frame)[1]:
                named += 1
                right += both.who(vector)[0] == person
                strangers += without.who(vector)[0] is not None

    assert named >= 20
    assert right / named >= 0.95
    assert strangers == 0


async def test_enrolled_people_are_seen_and_told() -> None:
    """Faces are given from left to right with names, and subscribers hear who was seen."""
    async with AgentHarness(FaceRecognitionAgent) as agent:
        await agent.call("enroll_face", person="Grace  Hopper", image=original("hopper"))
        reply = await agent.call("process_frame", image=of_both(), session_id="hall")

        assert [face.person for face in reply.faces] == [None, "Grace Hopper"]
        assert (reply.width, reply.height) == (700, 340)
        assert reply.faces[1].box.x > 350
        (seen,) = agent.published(FACES)
        assert (seen.person, seen.session_id) == ("Grace Hopper", "hall")


async def test_the_same_person_is_told_once_a_second() -> None:
    """A camera that sends many frames does not flood those who listen."""
    async with AgentHarness(FaceRecognitionAgent) as agent:
        await agent.call("enroll_face", person="Eileen", image=original("collins"))
        for _ in range(3):
            await agent.call("process_frame", image=original("collins"))
        await agent.clock.advance(1.0)
        await agent.call("process_frame", image=original("collins"))

        assert len(agent.published(FACES)) == 2


async def test_people_are_known_after_a_restart(tmp_path: Path) -> None:
    """Who was enrolled is recognised by the next process; who was forgotten is not."""
    async with AgentHarness(FaceRecognitionAgent, state_directory=tmp_path) as agent:
        for person in PEOPLE:
            await agent.call("enroll_face", person=person, image=original(person))
    async with AgentHarness(FaceRecognitionAgent, state_directory=tmp_path) as agent:
        await agent.call("forget_person", person="collins")
        reply = await agent.call("process_frame", image=of_both())

        assert [face.person for face in reply.faces] == [None, "hopper"]
        people = await agent.call("list_people")
        assert [(each.person, each.pictures) for each in people.people] == [("hopper", 1)]


async def test_clearing_the_state_forgets_everybody(tmp_path: Path) -> None:
    """After clear_state nobody is known, and no numbers of faces are left on the disk."""
    async with AgentHarness(FaceRecognitionAgent, state_directory=tmp_path) as agent:
        await agent.call("enroll_face", person="collins", image=original("collins"))
        await agent.call("clear_state")

        assert (await agent.call("list_people")).people == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("image", [written(Image.new("RGB", (300, 300))), of_both()])
async def test_only_a_picture_of_one_face_is_enrolled(image: bytes) -> None:
    """Without a face, or with two, it is not clear who is meant."""
    async with AgentHarness(FaceRecognitionAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("enroll_face", person="x", image=image)

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "image")


@pytest.mark.parametrize("image", [b"", b"no picture", original("cat")[:900], b"\x89PNG\r\n\x1a\n"])
async def test_what_is_no_picture_is_refused(image: bytes) -> None:
    """Rubbish, and half a picture, are answered with INVALID."""
    async with AgentHarness(FaceRecognitionAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("process_frame", image=image)

    assert caught.value.code is ErrorCode.INVALID


async def test_a_person_who_is_not_known_cannot_be_forgotten() -> None:
    """Forgetting a name that nobody has is NOT_FOUND."""
    async with AgentHarness(FaceRecognitionAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("forget_person", person="nobody")

    assert caught.value.code is ErrorCode.NOT_FOUND


def test_only_the_last_pictures_of_a_person_are_kept(tmp_path: Path) -> None:
    """A person who is enrolled again and again does not fill the disk."""
    known = KnownFaces(tmp_path / "people.json")
    for number in range(MOST_PICTURES + 5):
        count = known.add("x", (float(number),) * 128)

    assert count == MOST_PICTURES
    assert known.who((0.0,) * 128) == (None, 0.0)


async def test_a_broken_file_of_people_is_no_reason_not_to_start(tmp_path: Path) -> None:
    """Nobody is known then, and enrolling works."""
    (tmp_path / "people.json").write_text("{")
    async with AgentHarness(FaceRecognitionAgent, state_directory=tmp_path) as agent:
        reply = await agent.call("enroll_face", person="collins", image=original("collins"))

    assert reply.pictures == 1
