"""Tests of FileSystemAssistantAgent: what it does, and that no path leads out of its root."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.web_services.filesystem_assistant_agent import (
    FilesConfiguration,
    FileSystemAssistantAgent,
)
from agents.web_services.jailed_files import JailedFiles
from common.contracts.files import MAX_FILE, FileKind
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness, facts_of

FACTS = facts_of(FileSystemAssistantAgent, slug="filesystem_assistant_agent")
SECRET = "the secret"


@asynccontextmanager
async def files_in(
    root: Path, most_bytes: int = 50_000_000
) -> AsyncIterator[AgentHarness[FileSystemAssistantAgent]]:
    """Run the agent with this root."""
    told = FilesConfiguration(root=str(root), most_bytes=most_bytes)
    async with AgentHarness(FileSystemAssistantAgent, facts=FACTS, configuration=told) as agent:
        yield agent


async def code_of(
    agent: AgentHarness[FileSystemAssistantAgent], name: str, **fields: object
) -> str:
    """Return the error code of an action, or "done"."""
    try:
        await agent.call(name, **fields)
    except ActionError as error:
        return error.code.value
    return "done"


async def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Text and bytes come back; folders that are missing are made."""
    async with files_in(tmp_path) as agent:
        await agent.call("write_file", path="notes/a.txt", text="Grüße")
        await agent.call("write_file", path="b.bin", data=b"\x00\xff", binary=True)
        await agent.call("write_file", path="notes/a.txt", text=" again", append=True)
        read = await agent.call("read_file", path="notes/./a.txt")

        assert (read.text, read.is_whole) == ("Grüße again", True)
        assert (await agent.call("read_file", path="b.bin", binary=True)).data == b"\x00\xff"
        assert await code_of(agent, "read_file", path="b.bin") == "invalid"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.bin", "notes"]


async def test_a_file_is_read_in_pieces(tmp_path: Path) -> None:
    """A piece says whether there is more; a character that is cut is left for the next."""
    async with files_in(tmp_path) as agent:
        await agent.call("write_file", path="a", text="abß")
        piece = await agent.call("read_file", path="a", max_bytes=3)
        rest = await agent.call("read_file", path="a", offset=2)

    assert (piece.text, piece.is_whole) == ("ab", False)
    assert (rest.text, rest.is_whole) == ("ß", True)


async def test_folders_are_listed(tmp_path: Path) -> None:
    """A listing is sorted and says how much there is in all."""
    async with files_in(tmp_path) as agent:
        for name in ("c", "a", "b"):
            await agent.call("write_file", path=name, text=name * 3)
        await agent.call("create_dir", path="d/e")
        listing = await agent.call("list_dir", limit=2)

        assert [(entry.path, entry.size) for entry in listing.entries] == [("a", 3), ("b", 3)]
        assert listing.total == 4
        assert (await agent.call("get_info", path="d/e")).entry.kind is FileKind.FOLDER
        assert (await agent.call("check_exists", path="d/x")).exists is False
        assert (await agent.call("check_exists", path="a/x")).exists is False
        assert (await agent.call("get_info", path="")).entry.kind is FileKind.FOLDER


async def test_files_and_folders_are_copied_moved_and_deleted(tmp_path: Path) -> None:
    """What was there before stays unless it is to be overwritten."""
    async with files_in(tmp_path) as agent:
        await agent.call("write_file", path="one/a", text="a")
        await agent.call("copy", source="one", target="two")
        await agent.call("move", source="two/a", target="three/b")
        assert await code_of(agent, "copy", source="one/a", target="three/b") == "conflict"
        assert await code_of(agent, "move", source="one/a", target="three/b") == "conflict"
        assert await code_of(agent, "write_file", path="one/a", overwrite=False) == "conflict"
        assert await code_of(agent, "copy", source="one", target="one/in") == "invalid"
        assert await code_of(agent, "delete", path="one") == "conflict"
        assert (await agent.call("delete", path="one", recursive=True)).deleted == 2
        assert (await agent.call("delete", path="two")).deleted == 1
        assert (await agent.call("read_file", path="three/b")).text == "a"
        assert await code_of(agent, "delete", path="one") == "not_found"


async def test_the_root_itself_is_left_alone(tmp_path: Path) -> None:
    """No action changes or removes the root."""
    async with files_in(tmp_path) as agent:
        for path in ("", ".", "./", "./."):
            assert await code_of(agent, "delete", path=path, recursive=True) == "invalid"
            assert await code_of(agent, "write_file", path=path) == "invalid"
            assert await code_of(agent, "move", source=path, target="x") == "invalid"


async def test_no_more_is_kept_than_fits(tmp_path: Path) -> None:
    """A full root and a file that is too large are refused."""
    async with files_in(tmp_path, most_bytes=5_000) as agent:
        await agent.call("write_file", path="a", text="a" * 900)
        assert await code_of(agent, "write_file", path="b", text="b" * 4_500) == "overloaded"
        assert await code_of(
            agent, "write_file", path="c", data=bytes(MAX_FILE + 1), binary=True
        ) in ("invalid", "overloaded")


@pytest.mark.parametrize("where", ["way", "end"])
async def test_links_are_never_followed(tmp_path: Path, where: str) -> None:
    """Neither a folder on the way nor the last name may be a link that leads out."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "file").write_text(SECRET)
    if where == "way":
        (root / "link").symlink_to(outside)
        path = "link/file"
    else:
        path = "link"
        (root / "link").symlink_to(outside / "file")
    async with files_in(root) as agent:
        for name in ("read_file", "list_dir"):
            assert await code_of(agent, name, path=path) in ("denied", "conflict")
        assert await code_of(agent, "copy", source=path, target="x") in ("denied", "conflict")
        await code_of(agent, "write_file", path=path, text="x", append=True)
        await code_of(agent, "write_file", path=path, text="x")
        await code_of(agent, "delete", path="link", recursive=True)

    assert (outside / "file").read_text() == SECRET
    assert [each.name for each in outside.iterdir()] == ["file"]


async def test_a_pipe_does_not_hold_the_agent_up(tmp_path: Path) -> None:
    """What is neither file nor folder is refused at once."""
    os.mkfifo(tmp_path / "pipe")
    async with files_in(tmp_path) as agent:
        assert await code_of(agent, "read_file", path="pipe") == "conflict"
        assert await code_of(agent, "write_file", path="pipe", append=True) == "denied"
        assert await code_of(agent, "move", source="pipe", target="x") == "denied"


def test_a_half_written_file_is_never_seen(tmp_path: Path) -> None:
    """When writing fails, the old content is there and nothing else."""
    files = JailedFiles(tmp_path, 10_000)
    files.write(("a",), b"old", overwrite=True)
    with pytest.raises(FileExistsError):
        files.write(("a",), b"new", overwrite=False)

    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"a": b"old"}


PATHS = st.lists(
    st.sampled_from(["..", ".", "", "a", "link", "loop", "file", "~", "..\\..", "%2e%2e", "\x00"])
    | st.text(max_size=8),
    max_size=6,
).map("/".join)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["write", "append", "mkdir", "copy", "move", "delete", "read", "list"]),
            PATHS,
            PATHS,
        ),
        max_size=6,
    )
)
async def test_no_path_leads_outside(orders: list[tuple[str, str, str]]) -> None:
    """Whatever is asked in whatever order, nothing outside is read, changed or made."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "jail", "root")
        root.mkdir(parents=True)
        Path(folder, "file").write_text(SECRET)
        (root / "link").symlink_to(folder)
        (root / "loop").symlink_to(root / "loop")
        async with files_in(root) as agent:
            for order, one, two in orders:
                assert SECRET not in await _asked(agent, order, one, two)

        assert sorted(each.name for each in Path(folder).iterdir()) == ["file", "jail"]
        assert [each.name for each in root.parent.iterdir()] == ["root"]
        assert Path(folder, "file").read_text() == SECRET


async def _asked(
    agent: AgentHarness[FileSystemAssistantAgent], order: str, one: str, two: str
) -> str:
    asked: dict[str, tuple[str, dict[str, object]]] = {
        "write": ("write_file", {"path": one, "text": two}),
        "append": ("write_file", {"path": one, "text": "x", "append": True}),
        "mkdir": ("create_dir", {"path": one}),
        "copy": ("copy", {"source": one, "target": two, "overwrite": True}),
        "move": ("move", {"source": one, "target": two, "overwrite": True}),
        "delete": ("delete", {"path": one, "recursive": True}),
        "read": ("read_file", {"path": one}),
        "list": ("list_dir", {"path": one}),
    }
    name, fields = asked[order]
    try:
        return str(await agent.call(name, **fields))
    except ActionError as error:
        assert error.code is not ErrorCode.INTERNAL
        return ""
