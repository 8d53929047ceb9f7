"""
Messages of authentication: users, passwords and session tokens.

Only values live here. A secret that is not as it should be is read as an empty one, so that no
error repeats it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field

from common.messages import Query, Reply, Request

LONGEST_PASSWORD: Final = 128
LONGEST_TOKEN: Final = 4_000

UserName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=100)]


def _silent(limit: int) -> BeforeValidator:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > limit:
            return ""
        try:
            value.encode()
        except UnicodeEncodeError:  # a lone surrogate is no character
            return ""
        return value

    return BeforeValidator(read)


Password = Annotated[str, _silent(LONGEST_PASSWORD), Field(max_length=LONGEST_PASSWORD, repr=False)]
Token = Annotated[str, _silent(LONGEST_TOKEN), Field(max_length=LONGEST_TOKEN, repr=False)]


class RegisterUserRequest(Request):
    """Ask authentication_agent `register`."""

    user_id: UserName
    password: Password


class UserRegistered(Reply):
    """Answer `register`."""

    user_id: str
    created_at: float


class LoginRequest(Request):
    """Ask authentication_agent `login`."""

    user_id: UserName
    password: Password


class LoggedIn(Reply):
    """Answer `login`: a token that proves who the user is until it expires."""

    user_id: str
    token: str = Field(repr=False)
    expires_at: float


class LogoutRequest(Request):
    """Ask authentication_agent `logout`: the token is worth nothing any more."""

    is_idempotent: ClassVar[bool] = True

    token: Token


class LoggedOut(Reply):
    """Answer `logout`; a token that was worth nothing before is not revoked."""

    revoked: bool


class ValidateTokenRequest(Query):
    """Ask authentication_agent `validate_token`."""

    token: Token


class TokenVerdict(Reply):
    """Answer `validate_token`: whose it is, or why it is not valid."""

    valid: bool
    user_id: str = ""
    expires_at: float | None = None
    reason: str = ""


class KeyRotated(Reply):
    """Answer `rotate_key`: tokens of the key before stay valid until they expire."""

    key_id: str
    keys: int
