"""The environment: defaults, and all mistakes told at once."""

from pathlib import Path

import pytest

from common.facts import AgentFacts
from common.settings import VARIABLES, Settings, SettingsError

FACTS = AgentFacts(name="Alpha", slug="alpha", module="agents.alpha", port=5000, health_port=6000)


def test_defaults_come_from_the_facts() -> None:
    """With an empty environment an agent listens where its facts say, on this machine only."""
    settings = Settings.from_environ(FACTS, {"HOME": "/home/ann"})

    assert (
        Settings(
            host="127.0.0.1",
            advertise="127.0.0.1",
            port=5000,
            health_port=6000,
            instance="alpha",
            release="",
            registry_endpoints=("tcp://127.0.0.1:7200",),
            security="curve",
            keys_directory=Path("/run/secrets/fleet"),
            state_url="sqlite:///home/ann/.local/state/fleet/alpha.db",
            log_level="INFO",
            drain_seconds=10.0,
            traces_endpoint="",
        )
        == settings
    )


def test_every_variable_is_read() -> None:
    """What the environment says wins."""
    environ = {
        "AGENT_HOST": "::1",
        "AGENT_ADVERTISE": "alpha.fleet.local",
        "AGENT_PORT": "0",
        "AGENT_HEALTH_PORT": "1",
        "AGENT_INSTANCE": "alpha-2",
        "AGENT_RELEASE": "r7",
        "REGISTRY_ENDPOINT": "tcp://registry:7300, tcp://[::1]:7301",
        "TRANSPORT_SECURITY": "plain",
        "KEYS_DIRECTORY": "/keys",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/",
        "STATE_URL": "memory:",
        "LOG_LEVEL": "debug",
        "DRAIN_SECONDS": "0.5",
        "AGENT_FACTS": "{}",
        "PATH": "/bin",
    }

    assert Settings.from_environ(FACTS, environ) == Settings(
        host="::1",
        advertise="alpha.fleet.local",
        port=0,
        health_port=1,
        instance="alpha-2",
        release="r7",
        registry_endpoints=("tcp://registry:7300", "tcp://[::1]:7301"),
        security="plain",
        keys_directory=Path("/keys"),
        state_url="memory:",
        log_level="DEBUG",
        drain_seconds=0.5,
        traces_endpoint="http://collector:4318",
    )


def test_state_home_is_followed() -> None:
    """XDG_STATE_HOME moves the default database."""
    settings = Settings.from_environ(FACTS, {"XDG_STATE_HOME": "/var/state"})

    assert settings.state_url == "sqlite:///var/state/fleet/alpha.db"


def test_all_mistakes_are_told_at_once() -> None:
    """Every wrong value and every unknown name has a line with what was expected and found."""
    environ = {
        "AGENT_HOST": "not a host",
        "AGENT_ADVERTISE": "0.0.0.0",
        "AGENT_PORT": "70000",
        "AGENT_HEALTH_PORT": "-1",
        "AGENT_HEATH_PORT": "80",
        "AGENT_COLOUR": "red",
        "AGENT_INSTANCE": "a b",
        "AGENT_RELEASE": "r 1",
        "TRANSPORT_SECURITY": "tls",
        "REGISTRY_ENDPOINT": "tcp://registry:7200,registry:7201",
        "STATE_URL": "mysql://ann:hunter2@cache",
        "LOG_LEVEL": "LOUD",
        "DRAIN_SECONDS": "nan",
    }

    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(FACTS, environ)

    expected = """\
AGENT_COLOUR: expected no variable of that name, found 'red'
AGENT_HEATH_PORT: expected AGENT_HEALTH_PORT, found '80'
AGENT_HOST: expected an address or name, found 'not a host'
AGENT_PORT: expected a port from 0 to 65535, found '70000'
AGENT_HEALTH_PORT: expected a port from 0 to 65535, found '-1'
AGENT_INSTANCE: expected letters, digits and _.:-, found 'a b'
AGENT_RELEASE: expected up to 100 letters, digits and _.:+-, found 'r 1'
TRANSPORT_SECURITY: expected curve or plain, found 'tls'
REGISTRY_ENDPOINT: expected tcp://host:port, or several with commas between, found \
'tcp://registry:7200,registry:7201'
STATE_URL: expected sqlite:///path/to/file.db, redis://host:port/0, \
postgresql://user@host/database or memory:, found 'mysql://cache'
LOG_LEVEL: expected one of DEBUG, INFO, WARNING, ERROR, found 'LOUD'
DRAIN_SECONDS: expected seconds from 0 to 3600, found 'nan'
AGENT_ADVERTISE: expected a name or address that peers can reach, found '0.0.0.0'"""
    assert expected == str(caught.value)


def test_listening_everywhere_needs_a_name() -> None:
    """An agent that listens on every address must say which one its peers use."""
    with pytest.raises(SettingsError, match="AGENT_ADVERTISE: expected a name or address"):
        Settings.from_environ(FACTS, {"AGENT_HOST": "0.0.0.0"})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "fleet.local"])
def test_plain_connections_stay_on_this_machine(host: str) -> None:
    """Without keys an agent listens on loopback and nowhere else."""
    environ = {"TRANSPORT_SECURITY": "plain", "AGENT_HOST": host, "AGENT_ADVERTISE": "a"}
    with pytest.raises(SettingsError, match="TRANSPORT_SECURITY: expected curve unless"):
        Settings.from_environ(FACTS, environ)


@pytest.mark.parametrize("text", [",", "tcp://a:1,", "tcp://a:1,,tcp://b:1", "tcp://a:0"])
def test_every_registry_endpoint_is_read(text: str) -> None:
    """One wrong endpoint among several is a mistake."""
    with pytest.raises(SettingsError, match="REGISTRY_ENDPOINT: expected tcp://host:port"):
        Settings.from_environ(FACTS, {"REGISTRY_ENDPOINT": text})


def test_variables_fill_every_field() -> None:
    """Each field of the settings has exactly one variable."""
    assert sorted(Settings.__dataclass_fields__) == sorted(found.field for found in VARIABLES)


@pytest.mark.parametrize(
    "endpoint",
    [
        "collector:4318",
        "http://",
        "http://c:99999",
        "http://c:x",
        "http://u@c",
        "ftp://c",
        "http://[c",
    ],
)
def test_a_collector_that_cannot_be_reached_by_http_is_refused(endpoint: str) -> None:
    """The endpoint for traces is read at the start, not when the first span is sent."""
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT: expected http://"):
        Settings.from_environ(FACTS, {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint})
