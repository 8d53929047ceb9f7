"""What agents and the service registry say to each other. No behaviour may enter."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from common.facts import REGISTRY_SLUG as REGISTRY_SLUG
from common.facts import Slug
from common.lifecycle import Phase
from common.messages import Query, Reply, Request

ALL_PERCENT = 100

Instance = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Endpoint = Annotated[str, StringConstraints(pattern=r"^(tcp|ipc|inproc)://.+$", max_length=300)]
Release = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:+-]*$", max_length=100)]
Percent = Annotated[int, Field(strict=True, ge=0, le=ALL_PERCENT)]
# Which share of the calls goes to the copies of which release, sorted by release.
Weights = tuple[tuple[Release, Percent], ...]


class AgentRecord(BaseModel, frozen=True, extra="forbid"):
    """One running copy of an agent; `since` is when its process started, in unix seconds.

    Copies of the release "" are of none that anybody named.
    """

    slug: Slug
    instance: Instance
    endpoint: Endpoint
    health_endpoint: str
    phase: Phase
    machine: str
    group: str
    since: float
    depends_on: tuple[Slug, ...] = ()
    release: Release = ""


class AgentWeights(BaseModel, frozen=True, extra="forbid"):
    """The weights of one agent's releases; none means that all copies are alike."""

    agent: Slug
    weights: Weights


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


class GetAgentEndpoint(Query):
    """Ask where an agent can be reached; `agent` is its slug or its class name."""

    agent: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class AgentEndpoint(Reply):
    """Tell where an agent can be reached."""

    slug: Slug
    instance: str
    endpoint: str
    health_endpoint: str
    phase: Phase


class ListAgents(Query):
    """Ask for the records, all of them or those of one phase or group."""

    phase: Phase | None = None
    group: str | None = None


class AgentList(Reply):
    """Give records sorted by slug and instance."""

    version: int
    agents: tuple[AgentRecord, ...]


class SetWeights(Request):
    """Share an agent's calls among its releases; no weights make all its copies alike again."""

    agent: Slug
    weights: Weights = ()

    @field_validator("weights")
    @classmethod
    def _sum_up(cls, weights: Weights) -> Weights:
        if len(dict(weights)) != len(weights):
            raise PydanticCustomError("weights", "Each release should be there once")
        if weights and sum(percent for _, percent in weights) != ALL_PERCENT:
            raise PydanticCustomError("weights", "Percentages should sum to 100")
        return tuple(sorted(weights))


class GetWeights(Query):
    """Ask for the weights that are set, all of them or those of one agent."""

    agent: Slug | None = None


class WeightsList(Reply):
    """Give the agents that have weights, sorted by slug."""

    agents: tuple[AgentWeights, ...]


class WatchAgents(Request):
    """Wait until anything is newer than version `since`, at most `timeout_seconds`.

    Versions are those of one `registry`; one of another is answered with everything.
    """

    since: Annotated[int, Field(ge=0)] = 0
    registry: str = ""
    timeout_seconds: Annotated[float, Field(ge=0, le=60)] = 10.0


class AgentChanges(Reply):
    """Give what changed; one in phase stopped is gone; `complete` replaces all that was known.

    The weights are always all that there are.
    """

    version: int
    registry: str = ""
    complete: bool
    agents: tuple[AgentRecord, ...]
    weights: tuple[AgentWeights, ...] = ()
