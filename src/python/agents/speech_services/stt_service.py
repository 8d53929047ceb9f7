"""
STTService: returns the words of recordings and of streams of sound.

How speech is recognised is not known here; recogniser.py is imported with the first sound.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import Field

from agents.speech_services import speech_messages as m
from agents.speech_services.recogniser_pool import RecogniserPool, finished_in_thread
from agents.speech_services.transcript_jobs import TranscriptJobs
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.speech import (
    SAMPLE_RATE,
    AudioItem,
    TranscribeRequest,
    TranscribeStreamRequest,
    Transcript,
    TranscriptItem,
)
from common.messages import ActionError, ErrorCode, Query

if TYPE_CHECKING:
    from agents.speech_services.recogniser import Heard
    from common.sound import Sound

LANGUAGES: Final = ("en",)
MAX_CHUNK_BYTES: Final = 2_000_000
MAX_STREAM_SECONDS: Final = 60.0


class STTConfiguration(Configuration):
    """How many recordings and streams are understood at once; each takes 100 MB."""

    recognisers: int = Field(default=2, ge=1, le=16)


class STTService(Agent):
    """Understand English speech, a few recordings at a time."""

    configuration = STTConfiguration

    async def start(self) -> None:
        """Begin to work off the queue."""
        self._pool = RecogniserPool(self.configured(STTConfiguration).recognisers)
        self._jobs = TranscriptJobs()
        self._recordings = self._failures = self._streams = 0
        self._audio_seconds = self._busy_seconds = 0.0
        self.spawn(self._work_off(), "transcribe queue")

    @action
    async def transcribe(self, request: TranscribeRequest) -> Transcript:
        """Return the words of a WAV file."""
        return await self._transcribe(request.audio, request.language)

    @action
    async def batch_transcribe(self, request: m.BatchTranscribeRequest) -> m.BatchTranscribed:
        """Return the words of several WAV files; one that is broken does not spoil the others."""
        _expect_known(request.language)
        entries = [await self._entry(audio, request.language) for audio in request.audio]
        return m.BatchTranscribed(entries=tuple(entries))

    @action
    async def queue_for_batch(self, request: m.QueueForBatchRequest) -> m.Queued:
        """Transcribe a WAV file after those that wait already; `get_batch_result` has the words."""
        _expect_known(request.language)
        await asyncio.to_thread(_read, request.audio)
        waiting = self._jobs.queued
        return m.Queued(job_id=self._jobs.add(request.audio, self.clock.now()), waiting=waiting)

    @action
    async def get_batch_result(self, request: m.JobQuery) -> m.JobPicture:
        """Say how far a queued recording is; results are kept for an hour."""
        return self._jobs.find(request.job_id, self.clock.now()).picture()

    @action
    async def performance_metrics(self, request: Query) -> m.PerformanceMetrics:
        """Say what was done since the start, and how fast."""
        heard = self._audio_seconds
        return m.PerformanceMetrics(
            recordings=self._recordings,
            failures=self._failures,
            audio_seconds=heard,
            busy_seconds=self._busy_seconds,
            real_time_factor=self._busy_seconds / heard if heard else 0.0,
            open_streams=self._streams,
            waiting=self._pool.waiting,
            jobs_queued=self._jobs.queued,
            is_model_loaded=self._pool.made > 0,
        )

    @action
    async def transcribe_stream(
        self, request: TranscribeStreamRequest, incoming: AsyncIterator[AudioItem]
    ) -> AsyncIterator[TranscriptItem]:
        """Say after each piece of sound what was understood so far, at its end for good."""
        _expect_known(request.language)
        seconds, said = 0.0, ""
        sounds: list[Sound] = []
        self._streams += 1
        try:
            async with self._pool.lend(wait=False) as recogniser:
                await finished_in_thread(recogniser.begin)
                async for item in incoming:
                    sound = await finished_in_thread(partial(_chunk, item))
                    sounds.append(sound)
                    seconds += sound.seconds
                    if seconds > MAX_STREAM_SECONDS:
                        message = f"expected at most {MAX_STREAM_SECONDS:.0f} s in one stream"
                        raise ActionError(ErrorCode.INVALID, message, "pcm")
                    heard_so_far = await finished_in_thread(partial(recogniser.feed, sound))
                    if heard_so_far != said:
                        said = heard_so_far
                        yield TranscriptItem(text=said, seconds=seconds)
                    if item.last:
                        break
                whole = await finished_in_thread(partial(_joined, sounds))
                heard = await finished_in_thread(partial(recogniser.understand, whole))
        finally:
            self._streams -= 1
        yield TranscriptItem(
            text=heard.text, final=True, confidence=heard.confidence, seconds=seconds
        )

    async def _entry(self, audio: bytes, language: str) -> m.BatchEntry:
        try:
            return m.BatchEntry(transcript=await self._transcribe(audio, language))
        except ActionError as error:
            return m.BatchEntry(error=str(error))

    async def _work_off(self) -> None:
        while True:
            job_id, audio = await self._jobs.take()
            try:
                transcript = await self._transcribe(audio, "en")
                self._jobs.done(job_id, transcript, self.clock.now())
            except ActionError as error:
                self._jobs.failed(job_id, str(error), self.clock.now())

    async def _transcribe(self, audio: bytes, language: str) -> Transcript:
        _expect_known(language)
        try:
            sound = await asyncio.to_thread(_read, audio)
            async with self._pool.lend(wait=True) as recogniser:
                began = self.clock.monotonic()
                heard = await finished_in_thread(lambda: recogniser.understand(sound))
                self._busy_seconds += self.clock.monotonic() - began
        except ActionError:
            self._failures += 1
            raise
        self._recordings += 1
        self._audio_seconds += sound.seconds
        return _transcript(heard, sound)


def _expect_known(language: str) -> None:
    if language not in LANGUAGES:
        message = f"expected {' or '.join(LANGUAGES)}, found {language!r}"
        raise ActionError(ErrorCode.INVALID, message, "language")


def _read(audio: bytes) -> Sound:
    from common.sound import read_wav

    return read_wav(audio)


def _chunk(item: AudioItem) -> Sound:
    from common.sound import from_pcm, resample

    if len(item.pcm) > MAX_CHUNK_BYTES:
        message = f"expected at most {MAX_CHUNK_BYTES} bytes, found {len(item.pcm)}"
        raise ActionError(ErrorCode.INVALID, message, "pcm")
    return resample(from_pcm(item.pcm, item.sample_rate), SAMPLE_RATE)


def _joined(sounds: list[Sound]) -> Sound:
    from common.sound import join

    return join(tuple(sounds), SAMPLE_RATE)


def _transcript(heard: Heard, sound: Sound) -> Transcript:
    from agents.speech_services.recogniser import ENGINE

    return Transcript(
        text=heard.text,
        confidence=heard.confidence,
        words=heard.words,
        seconds=sound.seconds,
        engine=ENGINE,
    )
