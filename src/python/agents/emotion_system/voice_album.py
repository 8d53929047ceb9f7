"""
The voices that were enrolled, each a file of its own. How voices are measured may not enter.

numpy is slow to import: import this module where it is first needed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from agents.emotion_system.voice_prints import Floats, VoicePrint, likeness, within_spread
from common.contracts.speakers import EnrolledSpeaker, SpeakerScore
from common.messages import ActionError, ErrorCode

MAX_SPEAKERS: Final = 200
MAX_PIECES: Final = 60
ALIKE: Final = 0.62  # a voice less alike than this is nobody's
MARGIN: Final = 0.03  # how far the best must be ahead of the next
SUFFIX: Final = ".voice.json"
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Voice:
    """What is known of one speaker."""

    about: EnrolledSpeaker
    whole: Floats
    pieces: Floats


class VoiceAlbum:
    """Keep voices in a folder and tell whose a new one is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._voices: dict[str, Voice] = {}
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            voice = _read(path)
            if voice is not None:
                self._voices[voice.about.speaker] = voice

    def speakers(self) -> tuple[EnrolledSpeaker, ...]:
        """Return who is known, sorted by name."""
        return tuple(self._voices[name].about for name in sorted(self._voices))

    def enroll(self, speaker: str, heard: VoicePrint) -> EnrolledSpeaker:
        """Learn a recording of a speaker, beside those that were learned before."""
        known = self._voices.get(speaker)
        if known is None and len(self._voices) >= MAX_SPEAKERS:
            message = f"expected at most {MAX_SPEAKERS} voices; forget one first"
            raise ActionError(ErrorCode.CONFLICT, message, "speaker")
        voice = _joined(speaker, known, heard)
        _write(self._path(speaker), voice)
        self._voices[speaker] = voice
        return voice.about

    def identify(self, heard: VoicePrint) -> tuple[SpeakerScore | None, tuple[SpeakerScore, ...]]:
        """Return whose voice it is, None when nobody's, and everybody by likeness."""
        spread = within_spread([voice.pieces for voice in self._voices.values()], len(heard.whole))
        scores = [
            SpeakerScore(speaker=name, score=likeness(heard.whole, voice.whole, spread))
            for name, voice in self._voices.items()
        ]
        scores.sort(key=lambda found: (-found.score, found.speaker))
        if not scores or scores[0].score < ALIKE:
            return None, tuple(scores[:5])
        is_clear = len(scores) == 1 or scores[0].score - scores[1].score >= MARGIN
        return (scores[0] if is_clear else None), tuple(scores[:5])

    def forget(self, speaker: str) -> bool:
        """Take a voice out and tell whether it was known."""
        if self._voices.pop(speaker, None) is None:
            return False
        self._path(speaker).unlink(missing_ok=True)
        return True

    def clear(self) -> None:
        """Forget everybody."""
        for speaker in tuple(self._voices):
            self.forget(speaker)

    def _path(self, speaker: str) -> Path:
        # Names are what people type; a digest is always a file name.
        return self._folder / f"{hashlib.sha256(speaker.encode()).hexdigest()[:32]}{SUFFIX}"


def _joined(speaker: str, known: Voice | None, heard: VoicePrint) -> Voice:
    recordings = known.about.recordings if known else 0
    seconds = known.about.seconds if known else 0.0
    total = seconds + heard.seconds
    whole, pieces = heard.whole, heard.pieces
    if known is not None:
        whole = (known.whole * seconds + heard.whole * heard.seconds) / total
        pieces = np.concatenate((known.pieces, heard.pieces))
    about = EnrolledSpeaker(speaker=speaker, recordings=recordings + 1, seconds=total)
    return Voice(about, whole, pieces[-MAX_PIECES:])


def _write(path: Path, voice: Voice) -> None:
    document = {
        "about": voice.about.model_dump(mode="json"),
        "whole": voice.whole.tolist(),
        "pieces": voice.pieces.tolist(),
    }
    draft = path.with_suffix(".draft")
    with draft.open("w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read(path: Path) -> Voice | None:
    try:
        document = json.loads(path.read_text())
        about = EnrolledSpeaker.model_validate(document["about"])
        whole = np.array(document["whole"], dtype=np.float64)
        pieces = np.array(document["pieces"], dtype=np.float64)
    except (ValueError, KeyError, TypeError) as error:
        LOG.warning("voice file is damaged and left aside: %s: %s", path.name, error)
        return None
    if whole.ndim != 1 or pieces.ndim != 2 or pieces.shape[1] != len(whole):
        LOG.warning("voice file has another shape and is left aside: %s", path.name)
        return None
    return Voice(about, whole, pieces)
