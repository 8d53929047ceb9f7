"""Package indexes of a Debian mirror: the text of a Packages file to pinned packages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from debian.errors import PackageIndexError
from debian.lock import Lock, Package, WantedPackage
from debian.version import Version


def parse_index(text: str, names: Collection[str]) -> Iterator[Package]:
    """Yield the packages of an index that have one of these names."""
    for stanza in text.split("\n\n"):
        first = stanza.lstrip("\n").partition("\n")[0]
        if first.startswith("Package: ") and first[len("Package: ") :].strip() in names:
            yield _package(_paragraph(stanza))


def _paragraph(stanza: str) -> dict[str, str]:
    lines = (line for line in stanza.splitlines() if line[:1] not in (" ", "\t"))
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _package(paragraph: dict[str, str]) -> Package:
    where = f"package index: {paragraph['Package']}"
    try:
        document = {
            "name": paragraph["Package"],
            "version": paragraph["Version"],
            "architecture": paragraph["Architecture"],
            "path": paragraph["Filename"],
            "sha256": paragraph["SHA256"],
            "size": int(paragraph["Size"]),
        }
    except (KeyError, ValueError) as error:
        raise PackageIndexError(f"{where}: must have the field {error}") from error
    return Package.parse(document, where)


def newest(wanted: Iterable[WantedPackage], candidates: Iterable[Package]) -> Lock:
    """Pin the newest candidate of every wanted package."""
    best: dict[str, Package] = {}
    for package in candidates:
        known = best.get(package.name)
        if known is None or _rank(package) > _rank(known):
            best[package.name] = package
    names = [item.name for item in wanted]
    missing = sorted(set(names) - set(best))
    if missing:
        raise PackageIndexError(
            f"package index: must have {', '.join(missing)}, has no such package",
            hint="correct the name in the list, such as 3rdparty/debian/base.txt",
        )
    return Lock.create(best[name] for name in names)


def _rank(package: Package) -> tuple[Version, Package]:
    return Version(package.version), package
