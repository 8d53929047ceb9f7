"""
Which language a text is in, by a model that ships in its package.

The model is read at the first question, which takes a second: ask in a thread. A text of nothing
but numbers and marks is in no language.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from common.translation.lexicon import LANGUAGES as TRANSLATED
from common.translation.lexicon import lexicon, tokenize

LANGUAGES: Final = tuple(
    "ar bg ca cs da de el en es fi fr he hi hu it ja ko nl no pl pt ro ru sv tr uk zh".split()
)
"""What is told apart: all that is translated, and the common ones besides."""

UNDETERMINED: Final = "und"
MAX_CHARACTERS: Final = 2_000
_KNOWN_SHARE: Final = 0.25  # how much more of the words a lexicon must know to overrule the model
_SURE: Final = 0.9
_LOCK: Final = threading.Lock()


@dataclass(frozen=True)
class Identified:
    """A language and how sure that is; `und` when the text says nothing about it."""

    language: str
    confidence: float


def identify(text: str) -> Identified:
    """Return the language of a text."""
    text = text[:MAX_CHARACTERS]
    if not any(character.isalpha() for character in text):
        return Identified(UNDETERMINED, 0.0)
    with _LOCK:
        language, probability = _model().classify(text)
    found = Identified(_MERGED.get(str(language), str(language)), _share(float(probability)))
    shares = {each: known_share(each, text) for each in TRANSLATED}
    second, best = sorted(TRANSLATED, key=lambda each: shares[each])[-2:]
    margin = shares[best] - max(shares[second], shares.get(found.language, 0.0))
    if found.confidence < _SURE and shares[best] > 0.7 and margin >= _KNOWN_SHARE:
        return Identified(best, round(max(0.6, shares[best] * 0.9), 4))
    return found


def known_share(language: str, text: str) -> float:
    """Return which share of the words of a text is in the lexicon of a language."""
    words = lexicon(language)
    tokens = [token.lower() for token in tokenize(language, text) if token[0].isalpha()]
    known = sum((token,) in words.forms for token in tokens)
    return known / len(tokens) if tokens else 0.0


_MERGED: Final = {"nb": "no", "nn": "no"}


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)


@cache
def _model() -> Any:
    from py3langid.langid import (
        MODEL_FILE,
        LanguageIdentifier,
    )

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(LANGUAGES)
    return model
