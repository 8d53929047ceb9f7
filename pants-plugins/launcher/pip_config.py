"""The machine's own pip configuration: where Python packages come from.

Running pip belongs to pip_program.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError
from launcher.places import home

# `pip config list` prints every layer; a later one here wins, as in pip itself.
LAYERS = ("global", "install", ":env:")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class PipSources:
    """What pip would use; `index` is None when nothing but pip's default is configured."""

    index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    use_index: bool = True
    cert: str | None = None
    proxy: str | None = None


def parse_config(text: str, environ: Mapping[str, str]) -> PipSources:
    """Read the output of `pip config list`."""
    values = _effective(text)
    bundle = next((environ[name] for name in BUNDLES if environ.get(name)), None)
    return PipSources(
        index=values.get("index-url"),
        extra_indexes=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(_url_or_path(one) for one in values.get("find-links", "").split()),
        use_index=values.get("no-index", "0").lower() in ("0", "false", "no", "off", ""),
        cert=values.get("cert", bundle),
        proxy=values.get("proxy"),
    )


def _effective(text: str) -> dict[str, str]:
    layers: dict[str, dict[str, str]] = {layer: {} for layer in LAYERS}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        layer, _, key = name.rpartition(".")
        if equals and layer in layers:
            layers[layer][key] = _literal(value, line)
    return {key: value for layer in LAYERS for key, value in layers[layer].items()}


def _literal(value: str, line: str) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError) as error:
        raise LauncherError("pip config list", "name='value'", line, "pip config debug") from error


def _url_or_path(link: str) -> str:
    return link if "://" in link else Path(os.path.expanduser(link)).absolute().as_uri()


def config_files(environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the files that pip may read its configuration from, there or not."""
    shared = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    personal = environ.get("XDG_CONFIG_HOME") or f"{home(environ)}/.config"
    files = [f"{folder}/pip/pip.conf" for folder in shared if folder]
    files += ["/etc/pip.conf", f"{home(environ)}/.pip/pip.conf", f"{personal}/pip/pip.conf"]
    chosen = environ.get("PIP_CONFIG_FILE")
    return (*files, chosen) if chosen else tuple(files)
