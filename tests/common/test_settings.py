"""The environment: defaults, and all mistakes told at once."""

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
            registry_endpoint="tcp://127.0.0.1:7200",
            state_url="sqlite:///home/ann/.local/state/fleet/alpha.db",
            log_level="INFO",
            drain_seconds=10.0,
        )
        == settings
    )


def test_every_variable_is_read() -> None:
    """What the environment says wins."""
    environ = {
        "AGENT_HOST": "0.0.0.0",
        "AGENT_ADVERTISE": "alpha.fleet.local",
        "AGENT_PORT": "0",
        "AGENT_HEALTH_PORT": "1",
        "AGENT_INSTANCE": "alpha-2",
        "REGISTRY_ENDPOINT": "tcp://registry:7300",
        "STATE_URL": "memory:",
        "LOG_LEVEL": "debug",
        "DRAIN_SECONDS": "0.5",
        "AGENT_FACTS": "{}",
        "PATH": "/bin",
    }

    assert Settings(
        "0.0.0.0",
        "alpha.fleet.local",
        0,
        1,
        "alpha-2",
        "tcp://registry:7300",
        "memory:",
        "DEBUG",
        0.5,
    ) == Settings.from_environ(FACTS, environ)


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
        "REGISTRY_ENDPOINT": "registry:7200",
        "STATE_URL": "redis://cache",
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
REGISTRY_ENDPOINT: expected tcp://host:port, found 'registry:7200'
STATE_URL: expected sqlite:///path/to/file.db or memory:, found 'redis://cache'
LOG_LEVEL: expected one of DEBUG, INFO, WARNING, ERROR, found 'LOUD'
DRAIN_SECONDS: expected seconds from 0 to 3600, found 'nan'
AGENT_ADVERTISE: expected a name or address that peers can reach, found '0.0.0.0'"""
    assert expected == str(caught.value)


def test_listening_everywhere_needs_a_name() -> None:
    """An agent that listens on every address must say which one its peers use."""
    with pytest.raises(SettingsError, match="AGENT_ADVERTISE: expected a name or address"):
        Settings.from_environ(FACTS, {"AGENT_HOST": "0.0.0.0"})


def test_variables_fill_every_field() -> None:
    """Each field of the settings has exactly one variable."""
    assert sorted(Settings.__dataclass_fields__) == sorted(found.field for found in VARIABLES)
