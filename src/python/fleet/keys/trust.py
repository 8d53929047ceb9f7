"""Who trusts whom, from the model's graph. Pure: public keys in, documents out.

The same edges are the only ones that a network policy would allow.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.security.documents import TrustDocument
from fleet.model import Model

OPERATOR = "fleet"
"""Who deploys the fleet and puts questions to it: may call every agent, and is called by none."""

PublicKeys = Mapping[str, tuple[str, ...]]
"""Slug -> its public keys; the one that it has now is first."""


def trust(model: Model, keys: PublicKeys) -> dict[str, TrustDocument]:
    """Give each agent's trust, and the operator's."""
    documents = {agent.slug: _trust_of(model, agent.slug, keys) for agent in model.agents}
    servers = {agent.slug: keys[agent.slug] for agent in model.agents}
    return {**documents, OPERATOR: TrustDocument(servers=servers)}


def _trust_of(model: Model, slug: str, keys: PublicKeys) -> TrustDocument:
    own = next(agent for agent in model.agents if agent.slug == slug)
    servers = [agent.slug for agent in model.agents if own.may_call(agent.slug)]
    callers = [agent.slug for agent in model.agents if agent.may_call(slug)]
    return TrustDocument(
        servers={server: keys[server] for server in servers},
        clients={key: caller for caller in (*callers, OPERATOR) for key in keys[caller]},
    )
