"""Tests of session tokens: no forged, altered or expired one is valid."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.security_services.session_tokens import Claims, TokenError, read, sign

KEY = b"k" * 32
KEYS = {"one": KEY}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="
CLAIMS = st.builds(
    Claims,
    user_id=st.text(max_size=30),
    token_id=st.text(max_size=30),
    issued_at=st.floats(0, 1e6),
    expires_at=st.floats(1.1e6, 1e9),
)
NOW = 1.05e6


@given(CLAIMS)
def test_what_was_signed_is_read(claims: Claims) -> None:
    """A token says what was signed."""
    assert read(sign(claims, "one", KEY), KEYS, NOW) == claims


@given(CLAIMS, st.data())
def test_an_altered_token_is_not_valid(claims: Claims, data: st.DataObject) -> None:
    """Changing, adding or leaving out any letter makes it worth nothing."""
    token = sign(claims, "one", KEY)
    place = data.draw(st.integers(0, len(token)))
    letter = data.draw(st.sampled_from(["", *ALPHABET, "é", "\n"]))
    width = data.draw(st.integers(0, 2))
    altered = token[:place] + letter + token[place + width :]
    assume(altered != token)
    with pytest.raises(TokenError):
        read(altered, KEYS, NOW)


@given(CLAIMS, st.binary(min_size=32, max_size=32))
def test_a_forged_token_is_not_valid(claims: Claims, key: bytes) -> None:
    """What another key signed is worth nothing, whatever key it names."""
    assume(key != KEY)
    for key_id in ("one", "two"):
        with pytest.raises(TokenError):
            read(sign(claims, key_id, key), KEYS, NOW)


@given(CLAIMS, st.floats(0, 2e9))
def test_a_token_is_valid_in_its_time_only(claims: Claims, now: float) -> None:
    """From when it was issued until before it expires."""
    token = sign(claims, "one", KEY)
    if claims.issued_at <= now < claims.expires_at:
        assert read(token, KEYS, now) == claims
    else:
        with pytest.raises(TokenError):
            read(token, KEYS, now)


@given(st.text(max_size=200))
def test_any_text_is_no_token(text: str) -> None:
    """Nothing makes the reader fail in another way."""
    with pytest.raises(TokenError):
        read(text, KEYS, NOW)


@pytest.mark.parametrize("algorithm", ["none", "None", "RS256", "HS512", None, 1])
def test_the_algorithm_is_not_the_tokens_choice(algorithm: object) -> None:
    """A head that names another algorithm is refused, as is an unsigned token."""
    head = {"alg": algorithm, "kid": "one"}
    body = {"sub": "a", "jti": "b", "iat": 0, "exp": 1e9}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (head, body)
    ]
    with pytest.raises(TokenError):
        read(f"{parts[0]}.{parts[1]}.", KEYS, NOW)
