"""CURVE keys as values. No file is opened here, and no secret is ever shown."""

import re
import struct
from dataclasses import dataclass, field
from typing import Annotated

import zmq
from pydantic import AfterValidator, StringConstraints
from zmq.utils import z85

_FORM = re.compile(r"^[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}$")


class KeysError(Exception):
    """Say which file of keys cannot be used, why, and what to type."""

    def __init__(self, where: str, expected: str, found: str, hint: str) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}\n\nhint: {hint}")
        self.where = where
        self.hint = hint


def _key(text: str) -> str:
    # The text itself must not be told: it may be a secret.
    try:
        decoded = z85.decode(text) if _FORM.match(text) else b""
    except struct.error:
        decoded = b""
    if not decoded:
        raise ValueError("must be a key: 40 characters of z85")
    return text


CurveKey = Annotated[str, StringConstraints(min_length=40, max_length=40), AfterValidator(_key)]
"""A public or secret key as ZeroMQ writes it."""


@dataclass(frozen=True)
class KeyPair:
    """A public key and the secret that proves it."""

    public: str
    secret: str = field(repr=False)

    @classmethod
    def generate(cls) -> "KeyPair":
        """Make a pair that nobody else has."""
        public, secret = zmq.curve_keypair()
        return cls(public.decode(), secret.decode())

    @property
    def is_sound(self) -> bool:
        """Whether the secret belongs to the public key."""
        return zmq.curve_public(self.secret.encode()).decode() == self.public


def short(public: str) -> str:
    """Give as much of a public key as tells it from others in a log."""
    return public[:8]
