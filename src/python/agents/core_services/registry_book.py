"""What the registry keeps in its store. No lease, no watcher may enter."""

import logging

from pydantic import BaseModel, ValidationError

from common.contracts.registry import AgentRecord, AgentWeights
from common.lifecycle import Phase
from common.state.store import Store

COLLECTION = "agents"
TERMS = "terms"


class Term(BaseModel, frozen=True):
    """What the leader of one term leaves to the next; only that of the newest term counts.

    A leader that was overtaken unawares writes under its own, older term, which nobody reads.
    Records have no term: one that is wrong is put right by the agent's next heartbeat.
    """

    leader: str = ""
    weights: tuple[AgentWeights, ...] = ()


class RegistryBook:
    """Keep records and terms where every replica reads them."""

    def __init__(self, store: Store, log: logging.Logger) -> None:
        self._store = store
        self._log = log

    async def records(self) -> tuple[AgentRecord, ...]:
        """Return every record that can be read, sorted by slug and instance.

        One that another release wrote in its own way comes back when its agent speaks up.
        """
        found: list[AgentRecord] = []
        for key, document in await self._store.scan(COLLECTION):
            try:
                found.append(AgentRecord.model_validate(document))
            except ValidationError as error:
                self._log.warning("record not read", extra={"key": key, "error": str(error)})
        return tuple(found)

    async def enter(self, record: AgentRecord) -> None:
        """Keep a record, or strike it out when it says that its agent stopped."""
        if record.phase is Phase.STOPPED:
            await self.strike(record)
            return
        await self._store.put(COLLECTION, _key(record), record.model_dump(mode="json"))

    async def strike(self, record: AgentRecord) -> None:
        """Forget a record."""
        await self._store.delete(COLLECTION, _key(record))

    async def newest_term(self) -> Term:
        """Return what the newest leader wrote, nothing when there was none."""
        for _, document in await self._store.scan(TERMS, limit=1, newest_first=True):
            return Term.model_validate(document)
        return Term()

    async def write_term(self, number: int, term: Term) -> None:
        """Keep what the leader of a term has to say."""
        await self._store.put(TERMS, _term_key(number), term.model_dump(mode="json"))

    async def drop_other_terms(self, number: int) -> None:
        """Forget every term but one."""
        for key, _ in await self._store.scan(TERMS):
            if key != _term_key(number):
                await self._store.delete(TERMS, key)


def _key(record: AgentRecord) -> str:
    return f"{record.slug}/{record.instance}"


def _term_key(number: int) -> str:
    return f"{number:020d}"
