"""Values -> text. The only place that makes YAML or JSON text; equal values give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

LINE_ENDS = frozenset("\x85\u2028\u2029")
"""Line ends of YAML 1.1 that PyYAML writes as they are, and then reads back as spaces."""


class _Dumper(yaml.SafeDumper):
    """A dumper that writes every value out instead of pointing back to an equal one."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never write an alias."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Quote and escape what a reader would take for the end of a line."""
    style = '"' if LINE_ENDS.intersection(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def emit_yaml(document: Mapping[str, Any]) -> str:
    """Write YAML: keys sorted, block style, long lines whole."""
    text: str = yaml.dump(
        plain(document),
        Dumper=_Dumper,
        sort_keys=True,
        default_flow_style=False,
        allow_unicode=True,
        width=1_000_000,
    )
    return text


def emit_json(document: object) -> str:
    """Write JSON: keys sorted, two spaces, a line end."""
    return json.dumps(plain(document), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def plain(value: object) -> Any:
    """Turn mappings and tuples into what the writers know."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value
