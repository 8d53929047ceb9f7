"""Scenario 4: a picture comes in; its faces are found and recognised again, its text is read."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from common.contracts.vision import (
    DescribeImageRequest,
    EnrollFaceRequest,
    FaceEnrolled,
    FacesFound,
    ImageDescription,
    ProcessFrameRequest,
)
from fleet.testing.household import household

PICTURES = Path("tests/agents/vision_processing/pictures")


def picture_with(text: str) -> bytes:
    """Return a picture of two people above a line of text."""
    picture = Image.new("RGB", (720, 440), "white")
    for number, name in enumerate(("hopper", "collins")):
        with Image.open(PICTURES / f"{name}.jpg") as face:
            picture.paste(face, (20 + 370 * number, 10))
    font = ImageFont.load_default(36)
    ImageDraw.Draw(picture).text((40, 365), text, fill="black", font=font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


async def test_who_was_enrolled_is_recognised_after_a_restart(tmp_path: Path) -> None:
    """One of two faces gets its name, also from the next process; the text is read."""
    image = picture_with("Welcome to the museum")
    async with household(tmp_path, "face_recognition_agent", "vision_processing_agent") as home:
        frame = ProcessFrameRequest(image=image)
        before = await home.call("face_recognition_agent", "process_frame", frame, FacesFound)
        hopper = EnrollFaceRequest(
            person="Grace Hopper", image=(PICTURES / "hopper.jpg").read_bytes()
        )
        await home.call("face_recognition_agent", "enroll_face", hopper, FaceEnrolled)
        await home.restart("face_recognition_agent")
        after = await home.call("face_recognition_agent", "process_frame", frame, FacesFound)
        shown = await home.call(
            "vision_processing_agent",
            "describe_image",
            DescribeImageRequest(image=image),
            ImageDescription,
        )

    assert [face.person for face in before.faces] == [None, None]
    assert [face.person for face in after.faces] == ["Grace Hopper", None]
    assert shown.faces == 2
    assert "Welcome to the museum" in shown.text
    assert "two faces" in shown.description
