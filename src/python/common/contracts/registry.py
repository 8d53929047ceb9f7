"""What agents and the service registry say to each other. No behaviour may enter."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from common.facts import Slug
from common.lifecycle import Phase
from common.messages import Reply, Request

REGISTRY_SLUG = "service_registry"

Instance = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Endpoint = Annotated[str, StringConstraints(pattern=r"^(tcp|ipc|inproc)://.+$", max_length=300)]


class AgentRecord(BaseModel, frozen=True, extra="forbid"):
    """One running copy of an agent; `since` is when its process started, in unix seconds."""

    slug: Slug
    instance: Instance
    endpoint: Endpoint
    health_endpoint: str
    phase: Phase
    machine: str
    group: str
    since: float
    depends_on: tuple[Slug, ...] = ()


class RegisterAgent(Request):
    """Enter a record, or replace the one of the same slug and instance."""

    record: AgentRecord


class AgentRegistered(Reply):
    """Say for how long the record lives without a heartbeat, and which registry said it."""

    lease_seconds: float
    registry: str


class Heartbeat(Request):
    """Renew the lease of a record."""

    slug: Slug
    instance: Instance
    since: float


class DeregisterAgent(Request):
    """Take a record out; one that a newer process replaced stays."""

    slug: Slug
    instance: Instance
    since: float


class GetAgentEndpoint(Request):
    """Ask where an agent can be reached; `agent` is its slug or its class name."""

    agent: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class AgentEndpoint(Reply):
    """Tell where an agent can be reached."""

    slug: Slug
    instance: str
    endpoint: str
    health_endpoint: str
    phase: Phase


class ListAgents(Request):
    """Ask for the records, all of them or those of one phase or group."""

    phase: Phase | None = None
    group: str | None = None


class AgentList(Reply):
    """Give records sorted by slug and instance."""

    version: int
    agents: tuple[AgentRecord, ...]


class WatchAgents(Request):
    """Wait until anything is newer than version `since`, at most `timeout_seconds`."""

    since: Annotated[int, Field(ge=0)] = 0
    timeout_seconds: Annotated[float, Field(ge=0, le=60)] = 10.0


class AgentChanges(Reply):
    """Give what changed; one in phase stopped is gone; `complete` replaces all that was known."""

    version: int
    complete: bool
    agents: tuple[AgentRecord, ...]
