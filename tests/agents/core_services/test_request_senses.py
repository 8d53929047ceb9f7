"""RequestCoordinator hears, sees and speaks: sound and pictures become answers, and sound."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agents.core_services.front_desk import Harness, record, result_of, staff

from agents.core_services.request_coordinator import FILES, RequestCoordinator
from agents.core_services.request_store import KEEP_SOUND_SECONDS
from agents.core_services.seen import people, told
from agents.core_services.spoken import spoken_part
from common.contracts import coordination as c
from common.contracts import emotion as e
from common.contracts import speech as s
from common.contracts import vision as v
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

WAV = b"RIFF\0\0\0\0WAVEnoise and words"
CLEAN = b"RIFF\0\0\0\0WAVEwords"
SAID = b"RIFF\0\0\0\0WAVEan answer"
PNG = b"\x89PNG\r\n\x1a\npixels"
JPEG = b"\xff\xd8\xffpixels"


def equip(agent: Harness, heard: str = "hello there") -> None:
    """Let ears, eyes and voice answer."""
    staff(agent)
    agent.peers.know(record("stt_service"), record("vision_processing_agent"))
    answer = agent.peers.answer
    cleaned = s.Cleaned(audio=CLEAN, speech=(), seconds=1.0)
    answer("fused_audio_preprocessor", "clean", lambda _: cleaned)
    answer("stt_service", "transcribe", lambda _: s.Transcript(text=heard, confidence=0.8))
    spoken = s.Spoken(audio=SAID, seconds=1.0, sample_rate=16_000)
    answer("tts_service", "speak", lambda _: spoken)
    soft = e.EmpathyReply(emotion=e.Emotion.SADNESS, settings=s.VoiceSettings(rate=0.8))
    answer("empathy_agent", "get_voice_settings", lambda _: soft)
    face = v.Face(box=v.Box(x=0, y=0, width=9, height=9), person="Anna", confidence=0.9)
    found = v.FacesFound(faces=(face,), width=40, height=40)
    answer("face_recognition_agent", "process_frame", lambda _: found)
    shown = v.ImageDescription(description="a bright picture", text="EXIT", faces=1)
    answer("vision_processing_agent", "describe_image", lambda _: shown)


async def send(agent: Harness, **fields: Any) -> c.RequestResult:
    """Submit a request and return its result."""
    accepted = await agent.call("submit_request", **fields)
    return await result_of(agent, accepted.request_id)


async def test_sound_is_cleaned_and_recognised_and_answered() -> None:
    """What was said is answered as a text is, and the transcript is told."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        result = await send(agent, type="audio", attachment=WAV)

        assert agent.peers.calls_of("fused_audio_preprocessor", "clean")[0].audio == WAV
        assert agent.peers.calls_of("stt_service", "transcribe")[0].audio == CLEAN
        assert (result.answer, result.audio) == ("nice", None)
        assert result.metadata["transcript"] == "hello there"


async def test_sound_that_nobody_cleans_is_recognised_as_it_is() -> None:
    """Without its cleaner, sound is heard with its noise, and that is told."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        agent.peers.forget("fused_audio_preprocessor", "clean")
        result = await send(agent, type="audio", attachment=WAV)

        assert agent.peers.calls_of("stt_service", "transcribe")[0].audio == WAV
        assert "fused_audio_preprocessor" in str(result.metadata["degraded"])


async def test_silence_is_told_so() -> None:
    """Sound without words has an answer, too."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent, heard=" ")
        result = await send(agent, type="audio", attachment=WAV)

        assert result.answer == "I did not hear any words."


@pytest.mark.parametrize("fields", [{"type": "audio", "attachment": WAV},
                                    {"type": "text", "data": "hello"}])  # fmt: skip
async def test_an_answer_is_spoken_when_that_is_wanted(fields: dict[str, Any]) -> None:
    """The answer comes as sound, in the voice that fits the user, and is not said aloud twice."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        result = await send(agent, speak=True, **fields)

        (wanted,) = agent.peers.calls_of("tts_service", "speak")
        assert (wanted.text, wanted.settings.rate) == ("nice", 0.8)
        assert result.audio == SAID
        assert not agent.peers.calls_of("responder", "respond")[0].speak


async def test_without_a_voice_the_text_is_the_answer() -> None:
    """Sound that cannot be made is named in the metadata; the answer is there."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        agent.peers.forget("tts_service", "speak")
        result = await send(agent, type="text", data="hello", speak=True)

        assert (result.answer, result.audio) == ("nice", None)
        assert "tts_service" in str(result.metadata["degraded"])


async def test_sound_of_answers_is_kept_for_a_while() -> None:
    """A result can be read again with its sound, later without."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        result = await send(agent, type="text", data="hello", speak=True)
        assert (await result_of(agent, result.request_id)).audio == SAID
        await agent.clock.advance(KEEP_SOUND_SECONDS)
        later = await result_of(agent, result.request_id)
        assert (later.answer, later.audio) == ("nice", None)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("", 'A bright picture. I see Anna. It says: "EXIT".'),
        ("who is this?", "I see Anna."),
        ("what does the sign say?", 'It says: "EXIT".'),
    ],
)
async def test_pictures_are_described(question: str, answer: str) -> None:
    """A picture is told with who is in it and what it says; a question chooses among that."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        result = await send(agent, type="vision", data=question, attachment=PNG)

        assert result.answer == answer
        assert result.metadata["people"] == ["Anna"]
        assert result.metadata["text_in_picture"] == "EXIT"


async def test_a_picture_needs_no_faces() -> None:
    """Without the agent that knows faces, the rest is described."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        agent.peers.forget("face_recognition_agent", "process_frame")
        result = await send(agent, type="vision", attachment=JPEG)

        assert result.answer == 'A bright picture. It says: "EXIT".'


@pytest.mark.parametrize(
    ("kind", "file", "slug"),
    [("audio", WAV, "stt_service"), ("vision", PNG, "vision_processing_agent")],
)
async def test_sound_and_pictures_need_agents_that_exist(kind: str, file: bytes, slug: str) -> None:
    """Without the agent of the route the request is UNAVAILABLE and names it."""
    async with AgentHarness(RequestCoordinator) as agent:
        with pytest.raises(ActionError, match=slug) as caught:
            await agent.call("submit_request", type=kind, attachment=file)
        assert (caught.value.code, caught.value.field) == (ErrorCode.UNAVAILABLE, "type")


async def test_files_outlive_a_restart_and_then_are_gone() -> None:
    """Sound that was accepted is heard by the next process; no file stays behind."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        gate_closed = agent.peers.calls
        agent.peers.fail("stt_service", "transcribe", ErrorCode.UNAVAILABLE)
        ticket = await agent.call("submit_request", type="audio", attachment=WAV)
        kept = await agent.store.get("files", ticket.request_id)
        assert kept is not None and gate_closed == []
        store, clock, peers = agent.store, agent.clock, agent.peers
    async with AgentHarness(RequestCoordinator, store=store, clock=clock, peers=peers) as agent:
        equip(agent)
        assert (await result_of(agent, ticket.request_id)).answer == "nice"
        assert await store.scan("files") == ()


async def test_few_files_may_wait() -> None:
    """More than a few requests with files are refused, texts are not."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        for _ in range(FILES):
            await agent.call("submit_request", type="audio", attachment=WAV)
        with pytest.raises(ActionError) as caught:
            await agent.call("submit_request", type="audio", attachment=WAV)
        assert caught.value.code is ErrorCode.OVERLOADED
        await agent.call("submit_request", type="text", data="hello")


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "text"},
        {"type": "text", "data": "x", "attachment": WAV},
        {"type": "audio"},
        {"type": "audio", "attachment": b""},
        {"type": "audio", "attachment": PNG},
        {"type": "audio", "attachment": WAV, "data": "words"},
        {"type": "vision", "attachment": WAV},
        {"type": "vision", "data": "who?"},
        {"type": "vision", "attachment": PNG + bytes(c.MAX_ATTACHMENT)},
    ],
)
async def test_files_of_another_kind_are_refused(fields: dict[str, Any]) -> None:
    """Sound is WAV and pictures are PNG or JPEG, of bounded size; texts have nothing attached."""
    async with AgentHarness(RequestCoordinator) as agent:
        equip(agent)
        with pytest.raises(ActionError) as caught:
            await agent.call("submit_request", **fields)
        assert caught.value.code is ErrorCode.INVALID


@pytest.mark.parametrize(
    ("names", "faces", "sentence"),
    [
        ((), 0, ""),
        ((), 1, "I see somebody I do not know."),
        (("Anna",), 3, "I see Anna and 2 people I do not know."),
        (("Anna", "Tom"), 2, "I see Anna and Tom."),
        (("Anna", "Tom"), 3, "I see Anna, Tom and somebody I do not know."),
    ],
)
def test_people_are_named_and_strangers_counted(
    names: tuple[str, ...], faces: int, sentence: str
) -> None:
    """Who is known is named, who is not is counted."""
    assert people(names, faces) == sentence


def test_text_is_not_told_twice() -> None:
    """A description that quotes the text is enough; a picture without any is told so."""
    quoted = v.ImageDescription(description='a sign that says "Exit"', text="EXIT")
    plain = v.ImageDescription(description="a dark picture")

    assert told(quoted, (), 0, "") == 'A sign that says "Exit".'
    assert told(plain, (), 0, "what does it say?") == "I can read nothing in it."
    assert told(plain, (), 0, "who is it?") == "I see nobody in it."


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300), st.integers(1, 100))
def test_spoken_parts_fit(text: str, limit: int) -> None:
    """What is spoken fits and is the beginning of the text."""
    part = spoken_part(text, limit)

    assert len(part) <= limit
    assert part and text.startswith(part)
