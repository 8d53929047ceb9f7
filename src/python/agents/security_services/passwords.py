"""
Passwords: which are good enough, how they are hashed and checked. The only user of argon2.

Who may try how often may not enter.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 10
LONGEST: Final = 128
LEAST_DISTINCT: Final = 5
COMMON: Final = frozenset(
    {"password", "passwort", "qwerty", "letmein", "iloveyou", "welcome", "admin", "1234567890"}
)
# 8 MiB and five passes, as OWASP's Password Storage Cheat Sheet has it for small machines: two
# logins at once stay far below what an image may use.
HASHER: Final = PasswordHasher(time_cost=5, memory_cost=8_192, parallelism=1)


def normalised(password: str) -> str:
    """Return the password as every keyboard writes it."""
    return unicodedata.normalize("NFKC", password)


def weakness(user_id: str, password: str) -> str:
    """Say what is wrong with a password, without repeating it; empty when it is good enough."""
    said = normalised(password).casefold()
    if not SHORTEST <= len(said) <= LONGEST:
        return f"expected {SHORTEST} to {LONGEST} characters"
    if len(set(said)) < LEAST_DISTINCT:
        return f"expected at least {LEAST_DISTINCT} different characters"
    if any(unicodedata.category(letter) == "Cc" for letter in said):
        return "expected no control characters"
    if user_id.casefold() in said:
        return "expected a password without the name of the user"
    if said.strip("0123456789!?.-_ ") in COMMON or said in COMMON:
        return "expected a password that is not among the most common"
    return ""


def hash_of(password: str) -> str:
    """Hash a password, which takes a while."""
    return HASHER.hash(normalised(password))


def matches(kept: str | None, password: str) -> bool:
    """Check a password against a hash; one that is not there takes as long and never matches."""
    try:
        HASHER.verify(kept or _nobody(), normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobody() -> str:
    return HASHER.hash(secrets.token_hex(32))
