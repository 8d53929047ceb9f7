"""What a translation engine is. No language and no word may enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Rendering:
    """A translated text, the words that were left as they were, and how sure the engine is."""

    text: str
    unknown_words: tuple[str, ...] = ()
    confidence: float = 1.0


class TranslationEngine(Protocol):
    """Say a text in another language."""

    name: str

    def translates(self, source: str, target: str) -> bool:
        """Tell whether the engine can do a pair of languages."""
        ...

    def translate(self, text: str, source: str, target: str) -> Rendering:
        """Translate a text, in a thread; raise nothing, a word that nobody knows stays."""
        ...
