"""
espeak-ng, the library that the wheel espeakng-loader carries: phonemes, and plain voices.

Its state is one for the whole process, so calls take turns. No voice of another kind may enter.
"""

from __future__ import annotations

import ctypes
import threading
from functools import cache
from typing import Final

import espeakng_loader

from agents.speech_services.voices import VoiceError
from common.sound import Sound, from_pcm

_SYNCHRONOUS: Final = 2
_UTF8: Final = 1
_IPA: Final = 2
_RATE, _PITCH = 1, 3
_WORDS_A_MINUTE: Final = 160
_MIDDLE_PITCH: Final = 50

_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_TURN: Final = threading.Lock()


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    data = str(espeakng_loader.get_data_path()).encode()
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
    if rate <= 0:
        raise VoiceError(f"espeak-ng did not start: code {rate}")
    return library, rate


def _choose(library: ctypes.CDLL, voice: str) -> None:
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise VoiceError(f"espeak-ng has no voice {voice!r}")


def phonemes(text: str, voice: str) -> str:
    """Return how a text is said, in the phonetic alphabet."""
    with _TURN:
        library, _ = _library()
        _choose(library, voice)
        rest = ctypes.c_char_p(text.encode("utf-8", "replace"))
        clauses = []
        while rest:
            said = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA)
            clauses.append((said or b"").decode("utf-8", "replace"))
    return " ".join(clause for clause in clauses if clause)


def say(text: str, voice: str, rate: float, pitch: float) -> Sound:
    """Return a text as sound."""
    parts: list[bytes] = []

    def take(samples: int | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            parts.append(ctypes.string_at(samples, count * 2))
        return 0

    with _TURN:
        library, samples_a_second = _library()
        _choose(library, voice)
        library.espeak_SetParameter(_RATE, int(_WORDS_A_MINUTE * rate), 0)
        library.espeak_SetParameter(_PITCH, min(99, int(_MIDDLE_PITCH * pitch)), 0)
        heard = _Heard(take)
        library.espeak_SetSynthCallback(heard)
        encoded = text.encode("utf-8", "replace")
        code = library.espeak_Synth(
            encoded, ctypes.c_size_t(len(encoded) + 1), 0, 0, 0, _UTF8, None, None
        )
    if code != 0:
        raise VoiceError(f"espeak-ng did not speak: code {code}")
    return from_pcm(b"".join(parts), samples_a_second)
