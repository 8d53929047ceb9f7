"""
ResourceManager: grants shares of processors, memory and GPU memory, or refuses them.

Accounting lies in lease_ledger, reading the host in host_capacity; neither may enter here.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from agents.resource_management.host_capacity import HostCapacity, HostReading
from agents.resource_management.lease_ledger import LeaseLedger, capacity_of, left_of, shortage
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts import resources as r
from common.messages import ActionError, ErrorCode, Query

LEASES: Final = "leases"
SETTINGS: Final = "settings"
THRESHOLDS: Final = "thresholds"
MOST_LEASES: Final = 1_000
TIGHT: Final = 0.2
RESOURCES: Final = ("cpu", "memory_mb", "gpu_memory_mb")


class ResourceManagerConfiguration(Configuration):
    """What an operator may choose: which percentages of the host may be granted at first."""

    cpu_percent: float = Field(default=90.0, gt=0.0, le=100.0)
    memory_percent: float = Field(default=90.0, gt=0.0, le=100.0)
    gpu_percent: float = Field(default=90.0, gt=0.0, le=100.0)


class ResourceManager(Agent):
    """Keep a ledger of leases; they outlive this process and end by themselves."""

    configuration = ResourceManagerConfiguration

    async def start(self) -> None:
        """Take up thresholds and leases."""
        self._host = HostCapacity()
        self._deciding = asyncio.Lock()
        self._ledger = LeaseLedger()
        self._thresholds = self._configured_thresholds()
        self._grants = self._refusals = self._expired = 0
        await self._load()

    async def state_cleared(self) -> None:
        """Go back to no leases and the configured thresholds."""
        await self._load()

    @action
    async def check_resources(self, request: r.CheckResourcesRequest) -> r.ResourceCheck:
        """Say whether shares would be granted now, and what is left."""
        reading = await self._look()
        reason = shortage(request.shares, self._ledger.granted(), reading, self._thresholds)
        free = left_of(capacity_of(reading.host, self._thresholds), self._ledger.granted())
        return r.ResourceCheck(available=not reason, free=free, reason=reason)

    @action
    async def allocate_resources(self, request: r.AllocateRequest) -> r.Grant:
        """Grant a lease on shares, renew it, or say why not."""
        async with self._deciding:  # two at once must not be granted the same share
            reading = await self._look()
            held = self._ledger.get(request.request_id)
            if held is not None and (held.shares, held.agent) != (request.shares, request.agent):
                message = "expected the shares of the lease that runs, found others"
                raise ActionError(ErrorCode.CONFLICT, message, "request_id")
            reason = "" if held else self._reason_against(request, reading)
            if reason:
                self._refusals += 1
                return r.Grant(request_id=request.request_id, granted=False, reason=reason)
            lease = await self._lease(request, held)
            self._grants += held is None
            return r.Grant(request_id=lease.request_id, granted=True, expires_at=lease.expires_at)

    @action
    async def release_resources(self, request: r.ReleaseRequest) -> r.Released:
        """End a lease; one that is over already is not released."""
        async with self._deciding:
            await self._end_leases()
            released = self._ledger.strike(request.request_id)
            await self.store.delete(LEASES, request.request_id)
        return r.Released(released=released)

    @action
    async def set_thresholds(self, request: r.SetThresholdsRequest) -> r.Thresholds:
        """Choose which percentages may be granted from now on; leases that run stay."""
        chosen = request.model_dump(exclude_none=True)
        if not chosen:
            raise ActionError(ErrorCode.INVALID, "expected at least one threshold, found none")
        async with self._deciding:
            self._thresholds = self._thresholds.model_copy(update=chosen)
            document = self._thresholds.model_dump(mode="json")
            await self.store.put(SETTINGS, THRESHOLDS, document)
            return self._thresholds

    @action
    async def get_stats(self, request: Query) -> r.ResourceStats:
        """Say what the host has and uses, and what is granted to whom."""
        reading = await self._look()
        return r.ResourceStats(
            host=reading.host,
            capacity=capacity_of(reading.host, self._thresholds),
            granted=self._ledger.granted(),
            used_cpu_percent=reading.cpu_percent,
            used_memory_percent=reading.memory_percent,
            used_gpu_percent=reading.gpu_percent,
            leases=self._ledger.all(),
            grants=self._grants,
            refusals=self._refusals,
            expired=self._expired,
        )

    @action
    async def get_status(self, request: Query) -> r.ResourceStatus:
        """Say whether there is something left to grant."""
        reading = await self._look()
        capacity = capacity_of(reading.host, self._thresholds)
        free = left_of(capacity, self._ledger.granted())
        shares = {
            name: getattr(free, name) / getattr(capacity, name)
            for name in RESOURCES
            if getattr(capacity, name) > 0
        }
        short = {name: share for name, share in shares.items() if share < TIGHT}
        exhausted = any(share <= 0.0 for share in short.values())
        return r.ResourceStatus(
            status="exhausted" if exhausted else "tight" if short else "ok",
            reasons=tuple(f"{name}: {share:.0%} is left to grant" for name, share in short.items()),
            thresholds=self._thresholds,
            has_gpu=reading.gpu_used_mb is not None,
        )

    def _reason_against(self, request: r.AllocateRequest, reading: HostReading) -> str:
        if len(self._ledger) >= MOST_LEASES:
            return f"leases: {MOST_LEASES} run, more are not kept"
        return shortage(request.shares, self._ledger.granted(), reading, self._thresholds)

    async def _lease(self, request: r.AllocateRequest, held: r.Lease | None) -> r.Lease:
        now = self.clock.now()
        lease = r.Lease(
            request_id=request.request_id,
            agent=request.agent,
            shares=request.shares,
            granted_at=held.granted_at if held else now,
            expires_at=now + request.lease_seconds,
        )
        document = lease.model_dump(mode="json")
        await self.store.put(LEASES, lease.request_id, document, expires_at=lease.expires_at)
        self._ledger.enter(lease)
        return lease

    async def _look(self) -> HostReading:
        await self._end_leases()
        return self._host.read()

    async def _end_leases(self) -> None:
        over = self._ledger.expire(self.clock.now())
        self._expired += len(over)
        for lease in over:
            self.log.info("lease ended", extra={"request_id": lease.request_id})

    async def _load(self) -> None:
        self._ledger = LeaseLedger()
        self._thresholds = self._configured_thresholds()
        if (document := await self.store.get(SETTINGS, THRESHOLDS)) is not None:
            self._thresholds = r.Thresholds.model_validate(document)
        for _, kept in await self.store.scan(LEASES):
            self._ledger.enter(r.Lease.model_validate(kept))

    def _configured_thresholds(self) -> r.Thresholds:
        chosen = self.configured(ResourceManagerConfiguration)
        return r.Thresholds.model_validate(chosen.model_dump())
