"""What a text costs of a model's budget, estimated. No model and no vocabulary may enter."""

from __future__ import annotations

from typing import Final

from common.text import tokens

TOKENS_PER_WORD: Final = 1.3  # usual share for English in subword vocabularies
_CHARACTERS_PER_TOKEN: Final = 12  # a floor, for texts that have hardly any words


def token_cost(text: str) -> int:
    """Estimate what a text costs of a budget of tokens; never less than one."""
    by_words = round(len(tokens(text)) * TOKENS_PER_WORD)
    return max(1, by_words, len(text) // _CHARACTERS_PER_TOKEN)
