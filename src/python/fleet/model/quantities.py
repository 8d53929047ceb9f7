"""Amounts of memory: text becomes a number at the door. No units of an orchestrator here."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_FORM = re.compile(r"([1-9][0-9]*)(Ki|Mi|Gi)")


def parse_memory(amount: object) -> object:
    """Turn `256Mi` into bytes; a number passes."""
    if not isinstance(amount, str):
        return amount
    if (match := _FORM.fullmatch(amount)) is None:
        raise ValueError(f"must be an amount of memory such as 256Mi, was {amount!r}")
    return int(match[1]) * UNITS[match[2]]


Memory = Annotated[int, BeforeValidator(parse_memory), Field(ge=1 << 20)]
"""Bytes; written as `256Mi` in files."""
