"""Write PEX files from ready pieces. Runs in a sandbox, on the images' own Python; stdlib only.

A piece is a zip file of one distribution, compressed once. Composing copies the compressed bytes
of the pieces, so that the cost of one agent's PEX does not depend on its distributions' size.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from hashlib import sha1
from pathlib import Path

# The earliest time that a zip file can state: nothing here may depend on when it was made.
TIME = (1980, 1, 1, 0, 0, 0)
LOCAL_HEADER_SIZE = 30
SHEBANG = b"#!/usr/bin/env python3.11\n"


def entry(name: str, executable: bool) -> zipfile.ZipInfo:
    """Describe one file, the same on every machine."""
    info = zipfile.ZipInfo(name, TIME)
    info.create_system = 3
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o100755 if executable else 0o100644) << 16
    return info


def add_tree(archive: zipfile.ZipFile, root: Path, prefix: str) -> None:
    """Add the files below a directory, in the order of their names."""
    paths = [path for path in root.rglob("*") if path.is_file()]
    for path in sorted(paths, key=lambda path: path.relative_to(root).as_posix().encode()):
        info = entry(prefix + path.relative_to(root).as_posix(), bool(path.stat().st_mode & 0o100))
        archive.writestr(info, path.read_bytes(), compresslevel=6)


def copy_piece(archive: zipfile.ZipFile, piece: Path) -> None:
    """Append the entries of another zip file as they are, without compressing them again."""
    output = archive.fp
    assert output is not None
    with zipfile.ZipFile(piece) as source, piece.open("rb") as raw:
        for info in source.infolist():
            raw.seek(info.header_offset)
            header = raw.read(LOCAL_HEADER_SIZE)
            names = sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
            info.header_offset = archive.start_dir
            output.seek(archive.start_dir)
            output.write(header + raw.read(names + info.compress_size))
            archive.start_dir = output.tell()
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info
    # The central directory is written on closing only if zipfile knows of a change.
    archive._didModify = True  # type: ignore[attr-defined]  # zipfile has no public raw copy


def tree_hash(root: Path) -> str:
    """Hash the names and bytes of all files below a directory."""
    digest = sha1()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = path.relative_to(root).as_posix().encode()
        digest.update(b"%s\0%d\0" % (name, len(content)) + content)
    return digest.hexdigest()


def pex_info(template: dict[str, object], spec: dict[str, object], code_hash: str) -> bytes:
    """Write PEX-INFO: the template's, with this agent's distributions and entry point."""
    info = {
        **template,
        **spec,
        "code_hash": code_hash,
        # The builder's platform is not part of the product.
        "build_properties": {"pex_version": template["build_properties"]["pex_version"]},  # type: ignore[index]  # JSON
    }
    info.pop("pex_hash", None)
    info["pex_hash"] = sha1(json.dumps(info, sort_keys=True).encode()).hexdigest()
    return json.dumps(info, sort_keys=True).encode()


def write_piece(root: Path, prefix: str, output: Path) -> None:
    """Compress one tree into a piece."""
    with zipfile.ZipFile(output, "w") as archive:
        add_tree(archive, root, prefix)


def compose(pieces: list[Path], sources: Path, spec: Path, template: Path, output: Path) -> None:
    """Write one PEX: pieces, sources and PEX-INFO behind a shebang line."""
    info = pex_info(
        json.loads(template.read_text()), json.loads(spec.read_text()), tree_hash(sources)
    )
    with output.open("wb+") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "a") as archive:
            archive.start_dir = file.tell()
            for piece in pieces:
                copy_piece(archive, piece)
            file.seek(archive.start_dir)
            add_tree(archive, sources, "")
            archive.writestr(entry("PEX-INFO", executable=False), info)
    output.chmod(0o755)


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    piece = commands.add_parser("piece")
    piece.add_argument("--root", type=Path, required=True)
    piece.add_argument("--prefix", default="")
    whole = commands.add_parser("compose")
    whole.add_argument("--piece", type=Path, action="append", default=[])
    whole.add_argument("--sources", type=Path, required=True)
    whole.add_argument("--spec", type=Path, required=True)
    whole.add_argument("--template", type=Path, required=True)
    for command in (piece, whole):
        command.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    if given.command == "piece":
        write_piece(given.root, given.prefix, given.output)
    else:
        compose(given.piece, given.sources, given.spec, given.template, given.output)


if __name__ == "__main__":
    main()
