"""Bring one locked .deb from whichever mirror still has it, and believe only its hash."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from debian.errors import DebianError, FetchError
from debian.lock import REFRESH, Package
from download.url import read_url, without_secret


def fetch(package: Package, mirrors: Sequence[str]) -> bytes:
    """Return the bytes of a package, trying each mirror in turn."""
    tried = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{urllib.parse.quote(package.path, safe='/+~%')}"
        try:
            content = read_url(url)
        except OSError as error:
            tried.append(str(error))
            continue
        if content is None:
            tried.append(f"{without_secret(url)}: has no such file")
            continue
        found = hashlib.sha256(content).hexdigest()
        if found == package.sha256 and len(content) == package.size:
            return content
        tried.append(
            f"{without_secret(url)}: must be {package.size} bytes with sha256 {package.sha256}, "
            f"was {len(content)} bytes with sha256 {found}"
        )
    raise _unavailable(package, tried)


def _unavailable(package: Package, tried: Sequence[str]) -> FetchError:
    lines = "".join(f"\n  {line}" for line in tried) or "\n  nothing: no mirror is configured"
    return FetchError(
        f"{package.name} {package.version} {package.architecture}: no mirror could deliver it, "
        f"tried:{lines}",
        hint=f"{REFRESH}  (pins what the mirrors have now), or name a mirror that still has it: "
        "[debian].mirrors in pants.toml or PANTS_DEBIAN_MIRRORS",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch one package to a file."""
    parser = argparse.ArgumentParser(prog="fetch", allow_abbrev=False)
    parser.add_argument("--package-json", required=True, metavar="OBJECT")
    parser.add_argument("--mirror", action="append", default=[], metavar="BASE")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        package = _parse_package(options.package_json)
        content = fetch(package, options.mirror)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_bytes(content)
    except (DebianError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parse_package(text: str) -> Package:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise FetchError(f"--package-json: must be JSON, found {error}") from error
    return Package.parse(document, "--package-json")


if __name__ == "__main__":
    sys.exit(main())
