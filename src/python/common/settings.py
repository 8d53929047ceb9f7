"""What the environment says. Nothing else in agents and this library may read it."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from common.contracts.registry import REGISTRY_SLUG
from common.facts import AgentFacts
from common.state.open import EXPECTED as STATE_URLS
from common.state.open import sqlite_path
from common.state.store import StateUrlError

FACTS_VARIABLE = "AGENT_FACTS"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
CURVE, PLAIN = "curve", "plain"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
WILDCARDS = ("0.0.0.0", "::", "*")

_HOST = re.compile(r"^[A-Za-z0-9_:]([A-Za-z0-9_.:%-]*[A-Za-z0-9_:])?$")
_INSTANCE = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}$")
_RELEASE = re.compile(r"^[A-Za-z0-9_.:+-]{0,100}$")
_HTTP = re.compile(r"^https?://[^/\s]+(/\S*)?$")
_ENDPOINT = re.compile(r"^tcp://(?P<host>[^/:\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})$")


class SettingsError(Exception):
    """List every mistake of the environment, one line each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Settings:
    """The environment of one agent process, checked."""

    host: str
    advertise: str
    port: int
    health_port: int
    instance: str
    release: str
    registry_endpoints: tuple[str, ...]
    security: Literal["curve", "plain"]
    keys_directory: Path
    state_url: str = field(repr=False)  # it may hold a password
    log_level: str
    drain_seconds: float
    traces_endpoint: str

    @classmethod
    def from_environ(cls, facts: AgentFacts, environ: Mapping[str, str]) -> "Settings":
        """Read the variables, or raise SettingsError with all mistakes."""
        mistakes = _unknown_names(environ)
        found: dict[str, Any] = {}
        for variable in VARIABLES:
            text = environ.get(variable.name) or variable.default(facts, environ)
            try:
                found[variable.field] = variable.read(text)
            except StateUrlError as error:
                # It knows what of a URL is a secret.
                mistakes.append(f"{variable.name}: {error}")
                found[variable.field] = None
            except ValueError:
                mistakes.append(f"{variable.name}: expected {variable.expected}, found {text!r}")
                found[variable.field] = None
        if found["advertise"] in WILDCARDS:
            mistakes.append(
                f"AGENT_ADVERTISE: expected a name or address that peers can reach, "
                f"found {found['advertise']!r}"
            )
        if found["security"] == PLAIN and found["host"] not in LOOPBACK:
            mistakes.append(
                f"TRANSPORT_SECURITY: expected {CURVE} unless AGENT_HOST is one of "
                f"{', '.join(LOOPBACK)}, found {PLAIN!r} on {found['host']!r}"
            )
        if mistakes:
            raise SettingsError(tuple(mistakes))
        return cls(**found)


@dataclass(frozen=True)
class Variable:
    """One environment variable: how it is read and what it means."""

    name: str
    field: str
    expected: str
    help: str
    read: Callable[[str], Any]
    default: Callable[[AgentFacts, Mapping[str, str]], str]


def _unknown_names(environ: Mapping[str, str]) -> list[str]:
    known = [variable.name for variable in VARIABLES] + [FACTS_VARIABLE]
    mistakes = []
    for name in sorted(environ):
        if name.startswith("AGENT_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            expected = near[0] if near else "no variable of that name"
            mistakes.append(f"{name}: expected {expected}, found {environ[name]!r}")
    return mistakes


def _read_host(text: str) -> str:
    if text != "*" and not _HOST.match(text):
        raise ValueError(text)
    return "0.0.0.0" if text == "*" else text


def _read_port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _read_instance(text: str) -> str:
    if not _INSTANCE.match(text):
        raise ValueError(text)
    return text


def _read_endpoints(text: str) -> tuple[str, ...]:
    endpoints = tuple(endpoint.strip() for endpoint in text.split(","))
    for endpoint in endpoints:
        found = _ENDPOINT.match(endpoint)
        if not found or not 0 < int(found["port"]) <= 65535:
            raise ValueError(text)
    return endpoints


def _read_release(text: str) -> str:
    if not _RELEASE.match(text):
        raise ValueError(text)
    return text


def _read_security(text: str) -> str:
    if text not in (CURVE, PLAIN):
        raise ValueError(text)
    return text


def _read_traces(text: str) -> str:
    parts = urlsplit(text)  # reading the port of it raises ValueError when it is none
    if text and (not _HTTP.match(text) or parts.port == 0 or parts.username is not None):
        raise ValueError(text)
    return text.rstrip("/")


def _read_state_url(text: str) -> str:
    sqlite_path(text)
    return text


def _read_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(text)
    return text.upper()


def _read_seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise ValueError(text)
    return seconds


def _state_url(facts: AgentFacts, environ: Mapping[str, str]) -> str:
    home = Path(environ.get("HOME") or Path.home())
    state = Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return f"sqlite://{state / 'fleet' / facts.slug}.db"


def _advertise(facts: AgentFacts, environ: Mapping[str, str]) -> str:
    return environ.get("AGENT_HOST") or "127.0.0.1"


VARIABLES = (
    Variable(
        "AGENT_HOST",
        "host",
        "an address or name",
        "where to listen",
        _read_host,
        lambda facts, environ: "127.0.0.1",
    ),
    Variable(
        "AGENT_ADVERTISE",
        "advertise",
        "an address or name",
        "what peers connect to",
        _read_host,
        _advertise,
    ),
    Variable(
        "AGENT_PORT",
        "port",
        "a port from 0 to 65535",
        "port of the action socket, 0 picks one",
        _read_port,
        lambda facts, environ: str(facts.port),
    ),
    Variable(
        "AGENT_HEALTH_PORT",
        "health_port",
        "a port from 0 to 65535",
        "port of /livez, /readyz and /metrics, 0 picks one",
        _read_port,
        lambda facts, environ: str(facts.health_port),
    ),
    Variable(
        "AGENT_INSTANCE",
        "instance",
        "letters, digits and _.:-",
        "name of this copy among the copies of the agent",
        _read_instance,
        lambda facts, environ: facts.slug,
    ),
    Variable(
        "AGENT_RELEASE",
        "release",
        "up to 100 letters, digits and _.:+-",
        "release that this copy belongs to; the registry weighs copies by it",
        _read_release,
        lambda facts, environ: "",
    ),
    Variable(
        "TRANSPORT_SECURITY",
        "security",
        f"{CURVE} or {PLAIN}",
        f"whether peers are known by their keys; {PLAIN} only on loopback",
        _read_security,
        lambda facts, environ: CURVE,
    ),
    Variable(
        "KEYS_DIRECTORY",
        "keys_directory",
        "a folder",
        "where agent.key and trust.json are",
        Path,
        lambda facts, environ: "/run/secrets/fleet",
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "traces_endpoint",
        "http://host:port",
        "collector that is sent every span; none when empty",
        _read_traces,
        lambda facts, environ: "",
    ),
    Variable(
        "REGISTRY_ENDPOINT",
        "registry_endpoints",
        "tcp://host:port, or several with commas between",
        f"where {REGISTRY_SLUG} answers; each of its replicas",
        _read_endpoints,
        lambda facts, environ: "tcp://127.0.0.1:7200",
    ),
    Variable(
        "STATE_URL",
        "state_url",
        STATE_URLS,
        "where documents are kept",
        _read_state_url,
        _state_url,
    ),
    Variable(
        "LOG_LEVEL",
        "log_level",
        f"one of {', '.join(LOG_LEVELS)}",
        "the least grave log lines that are written",
        _read_level,
        lambda facts, environ: "INFO",
    ),
    Variable(
        "DRAIN_SECONDS",
        "drain_seconds",
        "seconds from 0 to 3600",
        "how long requests that run may take when the agent stops",
        _read_seconds,
        lambda facts, environ: "10",
    ),
)
