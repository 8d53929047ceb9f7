"""Scenario 4: a picture comes in; its faces are found and recognised again, its text is read."""

from __future__ import annotations

from pathlib import Path

from common.contracts.vision import (
    DescribeImageRequest,
    EnrollFaceRequest,
    FaceEnrolled,
    FacesFound,
    ImageDescription,
    ProcessFrameRequest,
)
from fleet.testing.household import household
from fleet.testing.senses import PICTURES, picture_with


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
