"""What the operator may choose about reading the web. Only values may enter."""

from __future__ import annotations

from pydantic import Field, field_validator

from agents.web_services.address_guard import networks_of
from common.configuration import Configuration


class WebConfiguration(Configuration):
    """Say what may be asked; `search_url` has {query} where the words go."""

    allowed_networks: tuple[str, ...] = Field(default=(), max_length=50)
    search_url: str = Field(default="", max_length=500, pattern=r"^(https?://\S*\{query\}\S*)?$")
    news_feeds: tuple[str, ...] = Field(default=(), max_length=20)
    respect_robots: bool = True
    timeout_seconds: float = Field(default=10.0, gt=0.0, le=60.0)

    @field_validator("allowed_networks")
    @classmethod
    def check_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what is no network."""
        networks_of(networks)
        return networks
