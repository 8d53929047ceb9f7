"""One replica of the registry: it leads with a table, or follows without. No action may enter."""

import logging

from agents.core_services.registry_book import RegistryBook, Term
from agents.core_services.registry_lease import LeaderLease
from agents.core_services.registry_table import RegistryTable
from common.clock import Clock
from common.contracts.registry import AgentWeights, Weights
from common.messages import ActionError, ErrorCode
from common.state.store import StoreUnavailableError


class RegistryLeader:
    """Take up the table when the lease is won, put it down when it is lost."""

    def __init__(
        self, place: str, lease: LeaderLease, book: RegistryBook, clock: Clock, log: logging.Logger
    ) -> None:
        self._place = place
        self._lease = lease
        self._book = book
        self._clock = clock
        self._log = log
        self._table: RegistryTable | None = None
        self._number = 0
        self._known = ""

    @property
    def table(self) -> RegistryTable:
        """Return the table; raise ActionError in a replica that does not lead."""
        if self._table is None or not self._lease.is_held:
            whom = f"; ask {self._known}" if self._known not in ("", self._place) else ""
            raise ActionError(ErrorCode.UNAVAILABLE, f"{self._place} is not the leader{whom}")
        return self._table

    @property
    def is_leading(self) -> bool:
        """Tell whether this replica may answer now."""
        return self._table is not None and self._lease.is_held

    async def lead_or_follow(self, lease_seconds: float) -> bool:
        """Ask for the lease, and tell whether that changed anything for those who watch."""
        had_table, led = self._table is not None, self.is_leading
        number = await self._lease.ask()
        if number is None and self._lease.is_held:
            return False
        if number is None:
            self._table = None
            self._known = await self._leader_of_all()
            if had_table:
                self._log.warning("leads no longer", extra={"leader": self._known})
            return had_table
        if not led or number != self._number:
            await self._take_up(number, lease_seconds)
            return True
        if await self._book.newest_term() == Term():
            # A follower was told to clear the state, which is ours as well.
            await self.clear()
            return True
        return False

    async def set_weights(self, agent: str, weights: Weights) -> None:
        """Share an agent's calls, now and under every later leader."""
        table = self.table
        told = AgentWeights(agent=agent, weights=weights)
        others = tuple(known for known in table.weights if known.agent != agent)
        kept = (*others, told) if weights else others
        await self._book.write_term(self._number, Term(leader=self._place, weights=kept))
        if self.table is not table:
            raise ActionError(ErrorCode.UNAVAILABLE, "another replica led for a moment")
        table.set_weights((told,))

    async def clear(self) -> None:
        """Forget the records and weights that the store has just lost."""
        if self._table is not None:
            self._table.clear()
            await self._book.write_term(self._number, Term(leader=self._place))

    async def stop(self, slug: str, instance: str) -> None:
        """Let another replica lead at once, without this one on its list."""
        if not self.is_leading:
            return
        for record in self.table.records:
            if (record.slug, record.instance) == (slug, instance):
                await self._book.strike(record)
        self._table = None
        await self._lease.give_up()

    async def _leader_of_all(self) -> str:
        try:
            return (await self._book.newest_term()).leader
        except StoreUnavailableError:
            return ""

    async def _take_up(self, number: int, lease_seconds: float) -> None:
        """Go on with what the last leader kept; everyone in it has one lease to speak up."""
        self._table = None
        # Versions go on from the clock, so that one from an earlier life is never newer.
        version = int(self._clock.now() * 1000)
        table = RegistryTable(f"{self._place} {number} {version}", version)
        weights = (await self._book.newest_term()).weights
        await self._book.write_term(number, Term(leader=self._place, weights=weights))
        await self._book.drop_other_terms(number)
        records = await self._book.records()
        until = self._clock.monotonic() + lease_seconds
        for record in records:
            table.enter(record, until)
        table.set_weights(weights)
        self._table, self._number, self._known = table, number, self._place
        self._log.info("leads", extra={"term": number, "copies": len(records)})
