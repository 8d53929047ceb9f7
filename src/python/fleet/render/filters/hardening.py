"""What an agent's container may not do. The same for every agent: exceptions do not enter."""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, on_agents

NONROOT = 65532


def _hardening(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Run as nobody in particular, without capabilities, on a root that cannot be written."""
    return {
        "cap_drop": ("ALL",),
        "read_only": True,
        "security_opt": ("no-new-privileges:true",),
        "tmpfs": ("/tmp:noexec,nosuid,nodev,mode=1777,size=16m",),
        "user": f"{NONROOT}:{NONROOT}",
    }


hardening = on_agents(_hardening)
