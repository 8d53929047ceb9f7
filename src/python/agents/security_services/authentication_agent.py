"""
AuthenticationAgent: registers users, checks passwords, issues and validates session tokens.

Hashing, signing, keys and lock-outs have modules of their own. No secret may enter a log or an
error.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from pydantic import Field

from agents.security_services.key_ring import KeyRing
from agents.security_services.lock_outs import LockOuts
from agents.security_services.session_tokens import Claims, TokenError, read, sign
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts import auth as a
from common.messages import ActionError, Empty, ErrorCode
from common.state.store import Document

T = TypeVar("T")

USERS: Final = "users"
REVOKED: Final = "revoked"
MOST_USERS: Final = 10_000
MOST_REVOKED: Final = 10_000
HASHED_AT_ONCE: Final = 2  # each takes 8 MiB and a processor
MOST_WAITING: Final = 64
STRIPES: Final = 64


class AuthenticationAgentConfiguration(Configuration):
    """What an operator may choose: how long things last, and a key that several copies share."""

    token_seconds: float = Field(default=3_600.0, ge=1.0, le=30 * 86_400.0)
    rotation_seconds: float = Field(default=30 * 86_400.0, ge=60.0)
    allowed_failures: int = Field(default=5, ge=1, le=100)
    lock_seconds: float = Field(default=30.0, ge=1.0, le=3_600.0)
    key_file: str = ""


class AuthenticationAgent(Agent):
    """Know users by their passwords, and tokens by their signatures."""

    configuration = AuthenticationAgentConfiguration

    async def start(self) -> None:
        """Take up keys, revoked tokens and failures."""
        self._chosen = self.configured(AuthenticationAgentConfiguration)
        given = self._chosen.key_file
        path = Path(given) if given else self.state_directory / "session_keys.json"
        self._ring = KeyRing(path, is_given=bool(given))
        self._ring.load(self.clock.now())
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)
        self._waiting = 0
        self._names = tuple(asyncio.Lock() for _ in range(STRIPES))
        self._registering = asyncio.Lock()
        await self.state_cleared()

    async def state_cleared(self) -> None:
        """Read what the store has, which may be nothing now."""
        self._lock_outs = LockOuts(
            self.store,
            self.clock,
            allowed=self._chosen.allowed_failures,
            first_seconds=self._chosen.lock_seconds,
        )
        await self._lock_outs.load()
        rows = await self.store.scan(REVOKED)
        self._revoked = {key: float(str(document["until"])) for key, document in rows}
        self._users = len(await self.store.scan(USERS))

    @action
    async def register(self, request: a.RegisterUserRequest) -> a.UserRegistered:
        """Add a user whose password is good enough."""
        from agents.security_services.passwords import hash_of, weakness

        if problem := weakness(request.user_id, request.password):
            raise ActionError(ErrorCode.INVALID, problem, "password")
        hashed = await self._slowly(lambda: hash_of(request.password))
        async with self._registering:
            name = request.user_id.lower()
            if await self.store.get(USERS, name) is not None:
                raise ActionError(ErrorCode.CONFLICT, "a user of this name exists", "user_id")
            if self._users >= MOST_USERS:
                raise ActionError(ErrorCode.OVERLOADED, f"expected at most {MOST_USERS} users")
            now = self.clock.now()
            document: Document = {"user_id": request.user_id, "hash": hashed, "created_at": now}
            await self.store.put(USERS, name, document)
            self._users += 1
        self.log.info("user registered", extra={"user_id": request.user_id})
        return a.UserRegistered(user_id=request.user_id, created_at=now)

    @action
    async def login(self, request: a.LoginRequest) -> a.LoggedIn:
        """Give a token to who knows the password; name and password are never told apart."""
        from agents.security_services.passwords import matches

        name = request.user_id.lower()
        async with self._names[hash(name) % STRIPES]:  # tries in one name count one by one
            if left := self._lock_outs.seconds_left(name):
                message = f"too many failures: try again in {left:.0f} s"
                raise ActionError(ErrorCode.DENIED, message)
            user = await self.store.get(USERS, name)
            kept = str(user["hash"]) if user else None
            is_right = await self._slowly(lambda: matches(kept, request.password))
            await self._lock_outs.note(name, succeeded=is_right)
        if not is_right or user is None:
            self.log.warning("login failed", extra={"user_id": request.user_id})
            raise ActionError(ErrorCode.DENIED, "the user or the password is wrong")
        return self._issue(str(user["user_id"]))

    @action
    async def logout(self, request: a.LogoutRequest) -> a.LoggedOut:
        """Revoke a token until it would have expired."""
        try:
            claims = self._read(request.token)
        except TokenError:
            return a.LoggedOut(revoked=False)
        now = self.clock.now()
        self._revoked = {key: until for key, until in self._revoked.items() if until > now}
        if len(self._revoked) >= MOST_REVOKED:
            message = f"expected at most {MOST_REVOKED} revoked tokens, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message)
        self._revoked[claims.token_id] = claims.expires_at
        document: Document = {"until": claims.expires_at}
        await self.store.put(REVOKED, claims.token_id, document, expires_at=claims.expires_at)
        return a.LoggedOut(revoked=True)

    @action
    async def validate_token(self, request: a.ValidateTokenRequest) -> a.TokenVerdict:
        """Say whose a token is, or why it is worth nothing."""
        try:
            claims = self._read(request.token)
        except TokenError as error:
            return a.TokenVerdict(valid=False, reason=str(error))
        return a.TokenVerdict(valid=True, user_id=claims.user_id, expires_at=claims.expires_at)

    @action
    async def rotate_key(self, request: Empty) -> a.KeyRotated:
        """Sign with a new key from now on; what the old one signed stays valid until it expires."""
        if self._ring.is_given:
            message = "expected keys of its own, found one that was given by configuration"
            raise ActionError(ErrorCode.CONFLICT, message)
        now = self.clock.now()
        key_id = await asyncio.to_thread(self._ring.rotate, now, self._chosen.token_seconds)
        return a.KeyRotated(key_id=key_id, keys=len(self._ring.known()))

    def _issue(self, user_id: str) -> a.LoggedIn:
        now = self.clock.now()
        if not self._ring.is_given and now - self._ring.made_at > self._chosen.rotation_seconds:
            self._ring.rotate(now, self._chosen.token_seconds)
        expires_at = now + self._chosen.token_seconds
        claims = Claims(user_id, secrets.token_hex(16), now, expires_at)
        return a.LoggedIn(
            user_id=user_id, token=sign(claims, *self._ring.newest), expires_at=expires_at
        )

    def _read(self, token: str) -> Claims:
        claims = read(token, self._ring.known(), self.clock.now())
        if claims.token_id in self._revoked:
            raise TokenError("revoked")
        return claims

    async def _slowly(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise ActionError(ErrorCode.OVERLOADED, "too many passwords wait to be checked")
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
