"""Scenarios 2 and 4 through the front door: what is said and shown is answered, aloud if wanted."""

from __future__ import annotations

from pathlib import Path

from common.contracts import vision as v
from common.contracts.coordination import RequestResult, RequestType
from fleet.testing.household import household
from fleet.testing.senses import (
    PICTURES,
    UNDERSTOOD,
    UNDERSTOOD_IN_NOISE,
    heard,
    overlap,
    picture_with,
    spoken,
)

SPEECH = ("fused_audio_preprocessor", "stt_service", "tts_service")
MEMORY = ("knowledge_base", "memory_client", "memory_orchestrator_service")
SIGHT = ("face_recognition_agent", "vision_processing_agent")
SIGN = "Welcome to the museum"


def agents_of(result: RequestResult) -> set[str]:
    """Return who helped with an answer."""
    named = result.metadata["agents"]
    assert isinstance(named, list)
    return {str(name) for name in named}


async def test_a_spoken_question_has_a_spoken_answer(tmp_path: Path) -> None:
    """What was told aloud is answered aloud, and who listens understands it."""
    fact = "Remember that the train leaves at seven in the evening."
    question = "When does the train leave?"
    agents = ("request_coordinator", "nlu_agent", "session_memory_agent", *SPEECH, *MEMORY)
    async with household(tmp_path, *agents) as home:
        told = await home.ask(kind=RequestType.AUDIO, attachment=await spoken(home, fact))
        recording = await spoken(home, question)
        asked = await home.ask(kind=RequestType.AUDIO, attachment=recording, speak=True)
        assert asked.audio is not None
        again = await heard(home, asked.audio)

    assert (told.metadata["intent"], told.audio) == ("remember", None)
    assert overlap(question, str(asked.metadata["transcript"])) >= UNDERSTOOD_IN_NOISE
    assert asked.answer == "The train leaves at seven in the evening."
    assert {*SPEECH} <= agents_of(asked)
    assert overlap(asked.answer, again) >= UNDERSTOOD, again


async def test_a_picture_is_answered_with_who_is_in_it_and_what_it_says(tmp_path: Path) -> None:
    """The enrolled face has its name, the other has none, and the sign is read."""
    image = picture_with(SIGN)
    agents = ("request_coordinator", "nlu_agent", *SIGHT)
    async with household(tmp_path, *agents) as home:
        face = (PICTURES / "hopper.jpg").read_bytes()
        wanted = v.EnrollFaceRequest(person="Grace Hopper", image=face)
        await home.call("face_recognition_agent", "enroll_face", wanted, v.FaceEnrolled)
        shown = await home.ask(kind=RequestType.VISION, attachment=image)
        who = await home.ask("who is in this picture?", RequestType.VISION, attachment=image)
        sign = await home.ask("what does the sign say?", RequestType.VISION, attachment=image)

    assert "Grace Hopper" in str(shown.answer)
    assert SIGN in str(shown.answer)
    assert (shown.metadata["people"], shown.metadata["faces"]) == (["Grace Hopper"], 2)
    assert {*SIGHT} <= agents_of(shown)
    assert who.answer == "I see Grace Hopper and somebody I do not know."
    assert sign.answer == f'It says: "{SIGN}".'
