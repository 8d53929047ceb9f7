"""Reading what pip says about its configuration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.errors import LauncherError
from launcher.pip_config import LAYERS, PipSources, config_files, parse_config

INDEXES = st.text("abc/:.", min_size=1).map(lambda path: f"https://index.example/{path}")


def test_nothing_configured() -> None:
    """Without configuration pip's default index is used and nothing else."""
    assert parse_config("", {}) == PipSources()


def test_every_setting_is_read() -> None:
    """Indexes, links, certificates and the proxy come from the configuration."""
    text = (
        "global.cert='/etc/ssl/ca.crt'\n"
        "global.extra-index-url='file:///srv/one file:///srv/two'\n"
        "global.find-links='/srv/wheels https://links.example/'\n"
        "global.index-url='https://index.example/simple'\n"
        "global.proxy='http://proxy.example:3128'\n"
    )
    assert parse_config(text, {}) == PipSources(
        index="https://index.example/simple",
        extra_indexes=("file:///srv/one", "file:///srv/two"),
        find_links=("file:///srv/wheels", "https://links.example/"),
        cert="/etc/ssl/ca.crt",
        proxy="http://proxy.example:3128",
    )


@given(st.permutations(LAYERS), INDEXES, INDEXES, INDEXES)
def test_later_layers_win_in_any_order(order: list[str], low: str, middle: str, high: str) -> None:
    """The environment wins over the install section, which wins over the global one."""
    values = dict(zip(LAYERS, (low, middle, high)))
    text = "".join(f"{layer}.index-url={values[layer]!r}\n" for layer in order)
    assert parse_config(text, {}).index == high


def test_sections_of_other_commands_do_not_count() -> None:
    """What is set for `pip wheel` alone says nothing about where packages come from."""
    assert parse_config("wheel.index-url='https://index.example'\n", {}).index is None


@pytest.mark.parametrize(("value", "used"), [("true", False), ("1", False), ("false", True)])
def test_an_index_can_be_forbidden(value: str, used: bool) -> None:
    """The setting no-index is understood in pip's spellings."""
    assert parse_config(f"global.no-index='{value}'\n", {}).use_index is used


def test_pip_cert_wins_over_requests_bundle() -> None:
    """Like pip itself, certificates of the requests library are the fallback."""
    environ = {"REQUESTS_CA_BUNDLE": "/requests.crt"}
    assert parse_config("", environ).cert == "/requests.crt"
    assert parse_config(":env:.cert='/pip.crt'\n", environ).cert == "/pip.crt"


def test_unreadable_output_is_an_error() -> None:
    """A value that is no literal is reported with its line."""
    with pytest.raises(LauncherError, match=r"found global\.index-url=oops"):
        parse_config("global.index-url=oops\n", {})


def test_configuration_files_follow_the_environment() -> None:
    """All places that pip documents are watched, there or not."""
    environ = {"HOME": "/home/ada", "XDG_CONFIG_DIRS": "/a:/b", "PIP_CONFIG_FILE": "/own.conf"}
    assert config_files(environ) == (
        "/a/pip/pip.conf",
        "/b/pip/pip.conf",
        "/etc/pip.conf",
        "/home/ada/.pip/pip.conf",
        "/home/ada/.config/pip/pip.conf",
        "/own.conf",
    )
