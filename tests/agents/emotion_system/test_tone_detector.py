"""Tests of ToneDetector: what is measured of voices, and what it means beside words."""

from __future__ import annotations

import pytest

from agents.emotion_system.tone_detector import ToneDetector
from agents.emotion_system.voice_tone import measure
from common.contracts.emotion import Emotion
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness
from common.testing.formant_voices import RATE, Speaker, say, tone

LOW = Speaker(pitch=110)
HIGH = Speaker(pitch=210, throat=1.15)
TEXT = "aeioua@eioaeou"


def excited(speaker: Speaker) -> bytes:
    """Return a loud, fast, lively voice."""
    return say(speaker, TEXT, loudness=0.25, syllable=0.14, gap=0.05, melody=5.0)


def flat(speaker: Speaker) -> bytes:
    """Return a quiet, slow, monotonous voice."""
    return say(speaker, TEXT, loudness=0.02, syllable=0.4, gap=0.2, melody=0.3)


@pytest.mark.parametrize("pitch", [75.0, 110.0, 200.0, 330.0])
def test_pitch_is_measured_within_two_percent(pitch: float) -> None:
    """A tone's pitch is found, whatever its overtones."""
    assert measure(tone(pitch)).pitch_hz == pytest.approx(pitch, rel=0.02)


@pytest.mark.parametrize("speaker", [LOW, HIGH])
def test_the_pitch_of_a_voice_is_found(speaker: Speaker) -> None:
    """A voice with formants is no harder."""
    assert measure(say(speaker, TEXT)).pitch_hz == pytest.approx(speaker.pitch, rel=0.05)


@pytest.mark.parametrize(("loudness", "level"), [(0.3, -10.5), (0.1, -20.0), (0.01, -40.0)])
def test_loudness_is_measured_within_three_decibels(loudness: float, level: float) -> None:
    """Ten times less sound is twenty decibels less; pauses do not count."""
    measured = measure(say(LOW, TEXT, loudness=loudness)).loudness_db

    assert measured == pytest.approx(level, abs=3.0)


@pytest.mark.parametrize("syllable", [0.12, 0.2, 0.3])
def test_syllables_are_counted(syllable: float) -> None:
    """The rate is that of the syllables, give or take a fifth."""
    rate = measure(say(LOW, TEXT, syllable=syllable, gap=0.08)).speech_rate

    assert rate == pytest.approx(1 / (syllable + 0.08), rel=0.2)


def test_a_rough_voice_has_more_jitter() -> None:
    """Unsteady periods are measured as such."""
    smooth = measure(say(LOW, TEXT)).jitter
    rough = measure(say(Speaker(pitch=110, jitter=0.04), TEXT)).jitter

    assert smooth is not None
    assert rough is not None
    assert rough > 2 * smooth


@pytest.mark.parametrize("speaker", [LOW, HIGH])
async def test_excitement_is_heard(speaker: Speaker) -> None:
    """Of one speaker, the loud, fast and lively voice is the more excited one by far."""
    async with AgentHarness(ToneDetector) as agent:
        loud = await agent.call("get_tone", audio=excited(speaker))
        quiet = await agent.call("get_tone", audio=flat(speaker))

        assert loud.arousal > quiet.arousal + 0.4
        assert loud.valence > quiet.valence
        assert loud.tone is Emotion.JOY
        assert quiet.tone in (Emotion.SADNESS, Emotion.NEUTRAL)
        assert loud.confidence <= 0.55


async def test_words_alone_have_a_tone() -> None:
    """Without sound there is no pitch, but a feeling."""
    async with AgentHarness(ToneDetector) as agent:
        reading = await agent.call("get_tone", text="I am afraid that something happened")

        assert reading.tone is Emotion.FEAR
        assert reading.pitch_hz is None


async def test_the_voice_colours_the_words() -> None:
    """The same sad words are sad when said flatly, and angry when shouted."""
    async with AgentHarness(ToneDetector) as agent:
        text = "You have let me down"
        quiet = await agent.call("get_tone", text=text, audio=flat(LOW))
        shouted = await agent.call("get_tone", text=f"{text.upper()}!!!", audio=excited(HIGH))

        assert quiet.tone is Emotion.SADNESS
        assert shouted.tone is Emotion.ANGER
        assert shouted.arousal > quiet.arousal


async def test_silence_has_no_pitch() -> None:
    """Where nobody speaks nothing is heard, with next to no confidence."""
    async with AgentHarness(ToneDetector) as agent:
        silent = say(LOW, "a", loudness=1e-9)
        reading = await agent.call("get_tone", audio=silent)

        assert reading.pitch_hz is None
        assert reading.tone is Emotion.NEUTRAL
        assert reading.confidence <= 0.1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "text"),
        ({"text": " "}, "text"),
        ({"audio": b""}, "audio"),
        ({"audio": b"RIFF\x00\x00\x00\x00WAVE"}, "audio"),
        ({"audio": b"\xff" * 1000}, "audio"),
        ({"text": "x" * 10_001}, "text"),
    ],
)
async def test_what_is_no_recording_is_invalid(fields: dict[str, object], field: str) -> None:
    """Neither words nor sound, or sound that is none, is refused with its field."""
    async with AgentHarness(ToneDetector) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("get_tone", **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.02, 0.06])
async def test_very_short_sound_is_no_fault(seconds: float) -> None:
    """A click is answered as silence."""
    async with AgentHarness(ToneDetector) as agent:
        reading = await agent.call("get_tone", audio=tone(200.0, max(seconds, 1 / RATE)))

        assert reading.pitch_hz is None
