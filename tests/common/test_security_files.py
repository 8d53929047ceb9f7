"""Folders of keys: what is read, what is refused with which words, and how changes are seen."""

import asyncio
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from common.security import (
    Credentials,
    KeyPair,
    KeysError,
    read_credentials,
    watch_credentials,
)
from common.security.keys import CurveKey
from common.testing.clock import FakeClock

OWN, PEER, OTHER = (KeyPair.generate() for _ in range(3))


def write(folder: Path, own: KeyPair = OWN, **trust: Any) -> Path:
    """Write a folder of keys as `fleet keys` does."""
    folder.mkdir(exist_ok=True)
    key = folder / "agent.key"
    key.write_text(json.dumps({"public": own.public, "secret": own.secret}))
    key.chmod(0o600)
    document = {"servers": {"peer": [PEER.public]}, "clients": {PEER.public: "peer"}, **trust}
    (folder / "trust.json").write_text(json.dumps(document))
    return folder


def told(folder: Path, **more: Path) -> str:
    """Give what is said about a folder that cannot be used."""
    with pytest.raises(KeysError) as caught:
        read_credentials(folder, **more)
    assert OWN.secret not in str(caught.value)
    return str(caught.value).replace(str(folder), "KEYS")


def test_a_folder_becomes_credentials(tmp_path: Path) -> None:
    """Own keys, servers and clients are read as they are, and cannot be changed."""
    found = read_credentials(write(tmp_path))

    assert found == Credentials(OWN, {"peer": (PEER.public,)}, {PEER.public: "peer"})
    with pytest.raises(TypeError):
        found.clients["x"] = "y"  # type: ignore[index]  # that it is refused is the point


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    """Neither a pair nor credentials tell the secret in a log."""
    found = read_credentials(write(tmp_path))

    assert OWN.public in repr(found)
    assert OWN.secret not in f"{found!r} {found} {found.own!r} {found.own}"


@given(st.text(max_size=50))
def test_only_keys_are_keys(text: str) -> None:
    """Text that is no key is refused without being repeated."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(CurveKey).validate_python(text)
    reason = caught.value.errors(include_input=False)[0]["msg"]
    assert len(text) < 3 or text not in reason


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A mode with any bit for others is told with the command that mends it."""
    key = write(tmp_path) / "agent.key"
    key.chmod(mode)

    assert told(tmp_path) == (
        f"KEYS/agent.key: expected a mode without bits for others, found {mode:04o}\n\n"
        "hint: chmod 0600 KEYS/agent.key"
    )


def test_trust_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """Who can write trust.json lets in whom they like; who reads it learns nothing secret."""
    trust = write(tmp_path) / "trust.json"
    trust.chmod(0o644)
    read_credentials(tmp_path)
    trust.chmod(0o664)

    assert told(tmp_path) == (
        "KEYS/trust.json: expected a mode in which others cannot write, found 0664\n\n"
        "hint: chmod 0644 KEYS/trust.json"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_key_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """A key that another user owns may be another agent's."""
    os.chown(write(tmp_path) / "agent.key", 65532, 65532)

    assert told(tmp_path) == (
        "KEYS/agent.key: expected uid 0 as its owner, found uid 65532\n\n"
        "hint: chown 0 KEYS/agent.key"
    )


def test_mounted_secrets_have_modes_of_their_own(tmp_path: Path) -> None:
    """Under the folder of mounted secrets a key may be readable and a link, not writable."""
    real = write(tmp_path / "data")
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("agent.key", "trust.json"):
        (real / name).chmod(0o444)
        (folder / name).symlink_to(real / name)

    assert read_credentials(folder, mounted=tmp_path).own == OWN
    assert "expected a regular file" in told(folder)
    (real / "agent.key").chmod(0o446)
    assert "found 0446\n\nhint: chmod 0444 KEYS/agent.key" in told(folder, mounted=tmp_path)


def _fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (Path.unlink, "agent.key: expected a regular file, found no such file or directory"),
        (_fifo, "agent.key: expected a regular file, found something else"),
        (_folder, "agent.key: expected a regular file, found something else"),
        (lambda file: file.write_text(""), "agent.key: expected the public and secret key"),
        (lambda file: file.write_text('{"public": 1}'), "agent.key: public: expected the public"),
        (
            lambda file: file.write_text(json.dumps({"public": OWN.public, "secret": "#" * 40})),
            "agent.key: secret: expected the public and secret key of the agent itself, "
            "found another thing (must be a key: 40 characters of z85)",
        ),
        (
            lambda file: file.write_text(json.dumps({"public": PEER.public, "secret": OWN.secret})),
            "agent.key: expected a secret that belongs to the public key, found one of another",
        ),
    ],
)
def test_what_is_no_key_is_told(
    tmp_path: Path, spoil: Callable[[Path], object], expected: str
) -> None:
    """A file that is no key file is refused with its name, what was expected and a hint."""
    spoil(write(tmp_path) / "agent.key")

    message = told(tmp_path)

    assert expected in message
    assert "\n\nhint: " in message


@pytest.mark.parametrize(
    ("trust", "place"),
    [
        ({"servers": {"Peer": []}}, "servers/Peer"),
        ({"servers": {"peer": ["short"]}}, "servers/peer/0"),
        ({"clients": {PEER.public: "../peer"}}, f"clients/{PEER.public}"),
        ({"guests": {}}, "guests"),
    ],
    ids=["slug", "key", "client", "section"],
)
def test_what_is_no_trust_is_told(tmp_path: Path, trust: dict[str, Any], place: str) -> None:
    """A trust file with a mistake is refused with the place of it."""
    message = told(write(tmp_path, **trust))

    assert message.startswith(f"KEYS/trust.json: {place}: expected keys of the servers")
    assert "hint: rm KEYS/trust.json; fleet --model MODEL --state STATE keys" in message


async def test_changes_are_seen(tmp_path: Path) -> None:
    """New keys and new trust are told within a second; what stays the same is not."""
    clock, seen = FakeClock(), list[Credentials]()
    known = read_credentials(write(tmp_path))
    watching = asyncio.create_task(watch_credentials(tmp_path, clock, seen.append, known))
    await clock.advance(3)
    assert not seen

    write(tmp_path, own=OTHER)
    await clock.advance(1)
    assert [found.own for found in seen] == [OTHER]

    write(tmp_path, own=OTHER, clients={})
    await clock.advance(1)
    assert [dict(found.clients) for found in seen[1:]] == [{}]
    watching.cancel()


async def test_a_change_before_the_watch_is_seen(tmp_path: Path) -> None:
    """What changed between reading and watching is told at once."""
    clock, seen = FakeClock(), list[Credentials]()
    known = read_credentials(write(tmp_path))
    write(tmp_path, own=OTHER)

    watching = asyncio.create_task(watch_credentials(tmp_path, clock, seen.append, known))
    await clock.settle()

    assert [found.own for found in seen] == [OTHER]
    watching.cancel()


async def test_wrong_files_leave_the_last_good_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files that cannot be used are told once, and do not end the watch."""
    clock, seen = FakeClock(), list[Credentials]()
    known = read_credentials(write(tmp_path))
    watching = asyncio.create_task(watch_credentials(tmp_path, clock, seen.append, known))
    with caplog.at_level(logging.ERROR):
        (tmp_path / "agent.key").chmod(0o644)
        await clock.advance(5)
    assert [record.getMessage() for record in caplog.records] == [
        "keys cannot be read, the old ones hold"
    ]
    assert not seen

    write(tmp_path, own=OTHER)
    await clock.advance(1)

    assert [found.own for found in seen] == [OTHER]
    watching.cancel()
