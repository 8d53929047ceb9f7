"""Bring one pinned wheel for a platform from whichever index has it, and believe only its hash.

Runs in a sandbox, on the Python that runs Pants: it copies bytes and compresses none.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from download.url import read_url, without_secret
from wheels.errors import WheelError
from wheels.index import Candidate, of_folder, of_index
from wheels.lock import REFRESH, Pin, normalize


@dataclass(frozen=True)
class Sources:
    """Where to look: indexes in their order, then folders."""

    indexes: tuple[str, ...]
    find_links: tuple[str, ...]

    def candidates(self, name: str) -> Iterator[Candidate]:
        """List every file of a distribution, best source first."""
        for index in self.indexes:
            yield from of_index(index, name)
        for folder in self.find_links:
            yield from of_folder(folder)


def rank(filename: str, pin: Pin, tags: Sequence[str]) -> int | None:
    """Say how well a wheel fits the platform, 0 best (PEP 425); None when it does not."""
    parts = filename[: -len(".whl")].split("-") if filename.endswith(".whl") else []
    if len(parts) not in (5, 6) or normalize(parts[0]) != pin.name or parts[1] != pin.version:
        return None
    tag_sets = (part.split(".") for part in parts[-3:])
    offered = {"-".join(tag) for tag in product(*tag_sets)}
    return next((number for number, tag in enumerate(tags) if tag in offered), None)


def choose(found: Iterable[Candidate], pin: Pin, tags: Sequence[str]) -> list[Candidate]:
    """Sort the files that fit the pin and the platform, best first, by what they are."""
    ranked = [
        (place, candidate.filename, number, candidate)
        for number, candidate in enumerate(found)
        if (place := rank(candidate.filename, pin, tags)) is not None
        and (not candidate.sha256 or candidate.sha256 in pin.hashes)
    ]
    return [candidate for *_, candidate in sorted(ranked, key=lambda entry: entry[:3])]


def fetch(pin: Pin, tags: Sequence[str], sources: Sources) -> tuple[str, bytes]:
    """Give the best wheel's name and bytes.

    Raises
    ------
        WheelError: when no source has a file that fits the platform and the lockfile.
    """
    tried = []
    for candidate in choose(sources.candidates(pin.name), pin, tags):
        content = read_url(candidate.url)
        if content is not None and hashlib.sha256(content).hexdigest() in pin.hashes:
            return candidate.filename, content
        problem = "that is gone" if content is None else "with another hash"
        tried.append(f"{candidate.filename} {problem}")
    found = f"none but {', '.join(tried)}" if tried else "none"
    expected = f"a wheel of {pin.name} {pin.version} for the platform of the images"
    sought = (*sources.indexes, *sources.find_links)
    places = ", ".join(map(without_secret, sought)) or "no index"
    hint = f"{REFRESH}  # or name an index that has it in pip's configuration"
    raise WheelError(places, expected, found, hint)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch one wheel into a folder, under its own name."""
    parser = argparse.ArgumentParser(prog="fetch", allow_abbrev=False)
    parser.add_argument("--pin", required=True, metavar="JSON")
    parser.add_argument("--platform", type=Path, required=True, metavar="FILE")
    parser.add_argument("--index", action="append", default=[], metavar="URL")
    parser.add_argument("--find-links", action="append", default=[], metavar="URL")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    tags = json.loads(options.platform.read_text())["compatible_tags"]
    document = json.loads(options.pin)
    pin = Pin(**{**document, "hashes": tuple(document["hashes"])})
    try:
        sources = Sources(tuple(options.index), tuple(options.find_links))
        filename, content = fetch(pin, tags, sources)
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / filename).write_bytes(content)
    except WheelError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {pin.name}: {error}\n\nhint: pip download {pin.name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
