"""Digests: the only door from text, and its laws."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci.digest import Digest
from oci.errors import DigestError

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "text",
    [
        "",
        EMPTY,
        f"sha256:{EMPTY.upper()}",
        f"sha256:{EMPTY[:-1]}",
        f"sha256:{EMPTY}0",
        f"sha256:{EMPTY[:-1]}g",
        f" sha256:{EMPTY}",
        f"sha256:{EMPTY}\n",
        f"SHA256:{EMPTY}",
        f"sha512:{EMPTY}",
        f"md5:{EMPTY[:32]}",
        f"sha256:sha256:{EMPTY}",
        f"sha256 {EMPTY}",
    ],
)
def test_parse_refuses_other_spellings(text: str) -> None:
    """Text that is not the canonical spelling of a digest is refused with what was found."""
    with pytest.raises(DigestError, match="was "):
        Digest.parse(text)


def test_of_hashes_with_sha256() -> None:
    """The digest of no bytes is the well-known one."""
    assert str(Digest.of(b"")) == f"sha256:{EMPTY}"


def test_parse_accepts_sha512() -> None:
    """The second algorithm of the specification can be read."""
    text = f"sha512:{hashlib.sha512(b'').hexdigest()}"
    assert str(Digest.parse(text)) == text


@given(st.binary(max_size=64))
def test_text_is_read_back(content: bytes) -> None:
    """Reading the text of a digest gives the digest."""
    digest = Digest.of(content)
    assert Digest.parse(str(digest)) == digest


@given(st.lists(st.binary(max_size=8), max_size=6))
def test_order_is_the_order_of_the_text(contents: list[bytes]) -> None:
    """Digests sort as their texts do."""
    digests = [Digest.of(content) for content in contents]
    assert [str(item) for item in sorted(digests)] == sorted(str(item) for item in digests)
