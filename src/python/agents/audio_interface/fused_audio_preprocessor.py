"""
FusedAudioPreprocessor: cleans captured sound and marks where in it speech starts and ends.

How sound is cleaned is not known here; sound_cleaning.py is imported with the first sound.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from agents.audio_interface.audio_messages import PreprocessorStatus
from agents.audio_interface.chunks import chunks, expect_pcm, seconds_of
from common.agent import Agent, action
from common.contracts.speech import (
    CAPTURED_AUDIO,
    CLEAN_AUDIO,
    SAMPLE_RATE,
    SPEECH_MARKS,
    AudioChunk,
    Cleaned,
    CleanRequest,
    Span,
    SpeechMark,
    SpeechMarked,
)
from common.messages import ActionError, Query
from common.newest import Newest

if TYPE_CHECKING:
    from agents.audio_interface.sound_cleaning import Cleaner, Mark

MAX_SESSIONS: Final = 32


class _Stream:
    """The cleaner of one session's stream, and how far its clean sound is."""

    def __init__(self, cleaner: Cleaner, start: float) -> None:
        self.cleaner = cleaner
        self.offset = start
        self.cleaned = start


class FusedAudioPreprocessor(Agent):
    """Clean each session's stream for itself."""

    topics = (CLEAN_AUDIO, SPEECH_MARKS)

    async def start(self) -> None:
        """Begin to listen."""
        self._streams: Newest[str, _Stream] = Newest(MAX_SESSIONS)
        self._chunks = self._missed = self._speech_starts = 0
        self.spawn(self._listen(), "captured audio")

    @action
    async def clean(self, request: CleanRequest) -> Cleaned:
        """Return a WAV file without its noise, and where in it speech is."""
        audio, speech, seconds = await asyncio.to_thread(_clean_file, request.audio)
        return Cleaned(audio=audio, speech=speech, seconds=seconds)

    @action
    async def get_status(self, request: Query) -> PreprocessorStatus:
        """Say whose sound comes, and how much came."""
        return PreprocessorStatus(
            sessions=tuple(sorted(self._streams)),
            chunks=self._chunks,
            missed=self._missed,
            speech_starts=self._speech_starts,
        )

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(CAPTURED_AUDIO):
            self._missed += delivery.missed or 0
            try:
                await self._take(delivery.event)
            except ActionError as error:
                self.log.warning("a chunk was left out: %s", error)

    async def _take(self, chunk: AudioChunk) -> None:
        expect_pcm(chunk.pcm)
        stream = await self._stream(chunk)
        pcm, marks = await asyncio.to_thread(_clean, stream.cleaner, chunk)
        self._chunks += 1
        self._publish(chunk.session_id, stream, pcm, chunk.last)
        for mark in marks:
            self._tell(chunk.session_id, stream, mark)
        if chunk.last:
            del self._streams[chunk.session_id]

    async def _stream(self, chunk: AudioChunk) -> _Stream:
        found = self._streams.get(chunk.session_id)
        if found is None or chunk.start == 0.0:
            found = _Stream(await asyncio.to_thread(_new_cleaner), chunk.start)
        self._streams[chunk.session_id] = found
        return found

    def _publish(self, session_id: str, stream: _Stream, pcm: bytes, last: bool) -> None:
        pieces = list(chunks(pcm, SAMPLE_RATE)) or ([b""] if last else [])
        for index, piece in enumerate(pieces):
            event = AudioChunk(
                session_id=session_id,
                start=stream.cleaned,
                pcm=piece,
                last=last and index == len(pieces) - 1,
            )
            self.events.publish(CLEAN_AUDIO, event)
            stream.cleaned += seconds_of(piece, SAMPLE_RATE)

    def _tell(self, session_id: str, stream: _Stream, mark: Mark) -> None:
        self._speech_starts += mark.kind is SpeechMark.START
        event = SpeechMarked(
            session_id=session_id,
            mark=mark.kind,
            at=stream.offset + mark.at,
            probability=mark.probability,
        )
        self.events.publish(SPEECH_MARKS, event)


def _new_cleaner() -> Cleaner:
    from agents.audio_interface.sound_cleaning import Cleaner

    return Cleaner()


def _clean(cleaner: Cleaner, chunk: AudioChunk) -> tuple[bytes, tuple[Mark, ...]]:
    from common.sound import Sound, from_pcm, to_pcm

    samples, marks = cleaner.take(from_pcm(chunk.pcm, chunk.sample_rate))
    pcm = to_pcm(Sound(SAMPLE_RATE, samples))
    if chunk.last:
        held, ending = cleaner.finish()
        pcm += to_pcm(Sound(SAMPLE_RATE, held))
        marks += ending
    return pcm, marks


def _clean_file(audio: bytes) -> tuple[bytes, tuple[Span, ...], float]:
    from agents.audio_interface.sound_cleaning import clean_recording
    from common.sound import read_wav, write_wav

    sound, speech = clean_recording(read_wav(audio))
    return write_wav(sound), speech, sound.seconds
