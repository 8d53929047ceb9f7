"""
Session tokens: JSON Web Tokens signed with HMAC-SHA256 (RFC 7519, RFC 7515), and nothing else.

No algorithm is read from a token. Keeping keys and revoked tokens may not enter.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ALGORITHM: Final = "HS256"


class TokenError(Exception):
    """Say why a token is not valid."""


@dataclass(frozen=True)
class Claims:
    """Hold what a token says: whose it is, which one, and its time in unix seconds."""

    user_id: str
    token_id: str
    issued_at: float
    expires_at: float


def sign(claims: Claims, key_id: str, key: bytes) -> str:
    """Return the token."""
    body = {
        "sub": claims.user_id,
        "jti": claims.token_id,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
    }
    head = _encoded({"alg": ALGORITHM, "kid": key_id, "typ": "JWT"})
    text = f"{head}.{_encoded(body)}"
    return f"{text}.{_signature(text, key)}"


def read(token: str, keys: Mapping[str, bytes], now: float) -> Claims:
    """Return what a token says, or raise TokenError; nothing is believed before the signature."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise TokenError("not a token")
    text = f"{parts[0]}.{parts[1]}"
    key = keys.get(_key_id(parts[0]))
    if key is None:
        raise TokenError("signed by a key that is not known")
    # As text, not as bytes: base64 can write the same bytes in more than one way.
    if not hmac.compare_digest(_signature(text, key), parts[2]):
        raise TokenError("the signature is wrong")
    body = _decoded(parts[1])
    claims = Claims(str(body["sub"]), str(body["jti"]), float(body["iat"]), float(body["exp"]))
    if not claims.issued_at <= now < claims.expires_at:
        raise TokenError("expired")
    return claims


def _key_id(head: str) -> str:
    found = _decoded(head)
    if found.get("alg") != ALGORITHM or not isinstance(found.get("kid"), str):
        raise TokenError("not a token")
    return str(found["kid"])


def _signature(text: str, key: bytes) -> str:
    return _base64(hmac.new(key, text.encode(), hashlib.sha256).digest())


def _encoded(value: Mapping[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> dict[str, str | float]:
    try:
        padded = text + "=" * (-len(text) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise TokenError("not a token") from None
    if not isinstance(found, dict):
        raise TokenError("not a token")
    return found
