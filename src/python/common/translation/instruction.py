"""How a language model is asked to translate. Who asks which model may not enter."""

from __future__ import annotations

from common.contracts.models import GenerateRequest, Task

NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "tr": "Turkish",
    "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


def generation_of(text: str, source: str, target: str) -> GenerateRequest:
    """Return the request that has a model translate a text."""
    said_in, wanted = NAMES.get(source, source), NAMES.get(target, target)
    system = (
        f"Translate what the user writes from {said_in} to {wanted}."
        " Answer with the translation and nothing else; keep names and numbers."
    )
    most = max(64, min(8_192, len(text)))
    return GenerateRequest(
        prompt=text, system=system, task=Task.TRANSLATION, max_tokens=most, temperature=0.0
    )
