"""Tests of AuthenticationAgent: users, tokens, lock-outs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from agents.security_services.authentication_agent import (
    AuthenticationAgent,
    AuthenticationAgentConfiguration,
)
from agents.security_services.key_ring import KeyFileError
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[AuthenticationAgent]
PASSWORD = "correct horse battery"
CHOSEN = AuthenticationAgentConfiguration()


async def registered(agent: Harness, user: str = "anna") -> None:
    """Register a user."""
    await agent.call("register", user_id=user, password=PASSWORD)


async def login(agent: Harness, user: str = "anna", password: str = PASSWORD) -> Any:
    """Log in."""
    return await agent.call("login", user_id=user, password=password)


async def denied(agent: Harness, user: str = "anna", password: str = "wrong") -> str:
    """Fail to log in and return what was said."""
    with pytest.raises(ActionError) as caught:
        await login(agent, user, password)
    assert caught.value.code is ErrorCode.DENIED
    return caught.value.message


async def test_a_registered_user_gets_a_token_that_is_valid_until_it_expires() -> None:
    """The token says whose it is, and is worth nothing after its time."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent, "Anna")
        session = await login(agent, "anna")
        verdict = await agent.call("validate_token", token=session.token)
        assert (verdict.valid, verdict.user_id) == (True, "Anna")
        assert session.expires_at == agent.clock.now() + CHOSEN.token_seconds

        agent.clock.set(session.expires_at)
        verdict = await agent.call("validate_token", token=session.token)
        assert (verdict.valid, verdict.reason) == (False, "expired")


async def test_a_name_is_registered_once() -> None:
    """In whatever case it is written."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        with pytest.raises(ActionError) as caught:
            await registered(agent, "ANNA")
        assert caught.value.code is ErrorCode.CONFLICT


async def test_logout_revokes_one_token_for_good() -> None:
    """Another session of the user goes on; a restart brings the revoked one not back."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        one, other = await login(agent), await login(agent)
        assert (await agent.call("logout", token=one.token)).revoked
        assert not (await agent.call("logout", token=one.token)).revoked
        assert (await agent.call("validate_token", token=one.token)).reason == "revoked"
        assert (await agent.call("validate_token", token=other.token)).valid


async def test_users_keys_and_revocations_outlive_the_process(tmp_path: Path) -> None:
    """Tokens of the process before are valid, but for those that were revoked."""
    async with AgentHarness(AuthenticationAgent, state_directory=tmp_path) as agent:
        await registered(agent)
        kept, gone = await login(agent), await login(agent)
        await agent.call("logout", token=gone.token)
        store, clock = agent.store, agent.clock
    again = AgentHarness(AuthenticationAgent, store=store, clock=clock, state_directory=tmp_path)
    async with again as agent:
        assert (await agent.call("validate_token", token=kept.token)).valid
        assert not (await agent.call("validate_token", token=gone.token)).valid
        assert (await login(agent)).token

    (keys,) = tmp_path.iterdir()
    assert keys.stat().st_mode & 0o777 == 0o600


async def test_failures_lock_a_name_longer_each_time() -> None:
    """After five failures even the right password must wait; then the pause doubles."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        for _ in range(CHOSEN.allowed_failures):
            assert "wrong" in await denied(agent)
        assert await denied(agent, password=PASSWORD) == "too many failures: try again in 30 s"

        agent.clock.set(agent.clock.now() + 30)
        assert "wrong" in await denied(agent)
        assert await denied(agent) == "too many failures: try again in 60 s"
        agent.clock.set(agent.clock.now() + 60)
        assert (await login(agent)).token
        assert "wrong" in await denied(agent)


async def test_names_that_nobody_has_behave_like_others() -> None:
    """The same words, the same lock-out."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        said = [
            [await denied(agent, user) for _ in range(CHOSEN.allowed_failures + 1)]
            for user in ("anna", "nobody")
        ]
        assert said[0] == said[1]


async def test_a_lock_out_survives_a_restart() -> None:
    """Restarting the agent gives no new tries."""
    async with AgentHarness(AuthenticationAgent) as agent:
        for _ in range(CHOSEN.allowed_failures):
            await denied(agent)
        store, clock = agent.store, agent.clock
    async with AgentHarness(AuthenticationAgent, store=store, clock=clock) as agent:
        assert "too many failures" in await denied(agent)


async def test_a_new_key_leaves_old_tokens_valid_until_they_expire() -> None:
    """Rotation ends no session before its time, and no key stays for ever."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        old = await login(agent)
        assert (await agent.call("rotate_key")).keys == 2
        new = await login(agent)
        for session in (old, new):
            assert (await agent.call("validate_token", token=session.token)).valid

        agent.clock.set(agent.clock.now() + CHOSEN.token_seconds)
        assert (await agent.call("rotate_key")).keys == 2
        assert not (await agent.call("validate_token", token=old.token)).valid


async def test_keys_change_by_themselves_when_they_are_old() -> None:
    """A login after the time of a key is signed by a new one."""
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        first = await login(agent)
        agent.clock.set(agent.clock.now() + CHOSEN.rotation_seconds + 1)
        second = await login(agent)

        assert first.token.split(".")[0] != second.token.split(".")[0]


async def test_a_given_key_is_shared_and_not_rotated(tmp_path: Path) -> None:
    """Two copies with the same key file accept each other's tokens."""
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    chosen = AuthenticationAgentConfiguration(key_file=str(key))
    async with (
        AgentHarness(AuthenticationAgent, configuration=chosen) as one,
        AgentHarness(AuthenticationAgent, configuration=chosen) as other,
    ):
        await registered(one)
        session = await login(one)
        assert (await other.call("validate_token", token=session.token)).valid
        with pytest.raises(ActionError) as caught:
            await one.call("rotate_key")
        assert caught.value.code is ErrorCode.CONFLICT


@pytest.mark.parametrize("content", [None, b"short", b""])
async def test_a_bad_key_file_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    """No agent starts with a key that anybody could guess."""
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    chosen = AuthenticationAgentConfiguration(key_file=str(key))
    with pytest.raises(KeyFileError):
        async with AgentHarness(AuthenticationAgent, configuration=chosen):
            pass


async def test_a_damaged_file_of_keys_is_named(tmp_path: Path) -> None:
    """It is not replaced in silence, which would end every session."""
    (tmp_path / "session_keys.json").write_text("[]")
    with pytest.raises(KeyFileError, match="hint: rm"):
        async with AgentHarness(AuthenticationAgent, state_directory=tmp_path):
            pass


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 10, "x" * 200, "anna loves bob", "Password123!", "tab\tinside 42", 1234567890,
     None, ["secret-list-entry"], "\ud800 lone surrogate", ""],
)  # fmt: skip
async def test_weak_passwords_are_refused_and_never_repeated(
    password: object, caplog: pytest.LogCaptureFixture
) -> None:
    """The error names the field, and has nothing of the password."""
    caplog.set_level(logging.DEBUG)
    async with AgentHarness(AuthenticationAgent) as agent:
        with pytest.raises(ActionError) as caught:
            body = {"user_id": "anna", "password": password}
            await agent.table.invoke("register", body)
        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "password")
        if password and len(str(password)) > 5:
            assert str(password) not in str(caught.value) + caplog.text


async def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither passwords nor tokens reach the log or the text of a message."""
    caplog.set_level(logging.DEBUG)
    async with AgentHarness(AuthenticationAgent) as agent:
        await registered(agent)
        session = await login(agent)
        await denied(agent, password="a wrong secret")
        await agent.call("validate_token", token=session.token + "x")

        told = caplog.text + repr(session)
        assert session.token not in told and PASSWORD not in told
        assert "a wrong secret" not in told


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("register", {"user_id": "../anna", "password": PASSWORD}, "user_id"),
        ("login", {"user_id": "", "password": PASSWORD}, "user_id"),
        ("login", {"user_id": "anna"}, "password"),
        ("logout", {}, "token"),
    ],
)
async def test_malformed_requests_name_their_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Nonsense is refused with the field."""
    async with AgentHarness(AuthenticationAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)
        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
