"""The fleet's keys: who gets which, who trusts whom, and how they change while a fleet runs."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.security import Credentials, KeyPair, read_credentials
from fleet.cli.main import main
from fleet.errors import FleetError
from fleet.keys import (
    OPERATOR,
    KeysFolder,
    Step,
    ensure,
    make_keys,
    operator_credentials,
    rotate,
)
from fleet.keys.trust import trust
from fleet.model import REGISTRY, Model
from fleet.testing.models import agent_entry, make_model, model_document

Snapshot = dict[str, Credentials]

CHAIN = (
    agent_entry("front", 7001, depends_on=["worker"]),
    agent_entry("worker", 7002, calls=["store"]),
    agent_entry("store", 7003, depends_on=[]),
    agent_entry("watcher", 7004, calls=["*"]),
)


def make_fleet(*agents: dict[str, Any]) -> Model:
    """Make a fleet of processes."""
    return make_model(*(agents or CHAIN), orchestrator="process")


def read(model: Model, folder: Path) -> Snapshot:
    """Read every folder of keys as its owner does."""
    slugs = (*(agent.slug for agent in model.agents), OPERATOR)
    return {slug: read_credentials(folder / slug) for slug in slugs}


def may_call(model: Model, caller: str, server: str) -> bool:
    """Tell what the model says."""
    agent = model.agent(caller)
    return caller == OPERATOR or (agent is not None and agent.may_call(server))


def is_let_in(caller: Credentials, server: Credentials, caller_slug: str, slug: str) -> bool:
    """Tell whether a connection would stand: each has a key that the other trusts."""
    is_known = server.clients.get(caller.own.public) == caller_slug
    return is_known and server.own.public in caller.servers.get(slug, ())


def assert_edges(model: Model, callers: Snapshot, servers: Snapshot) -> None:
    """Exactly those whom the model lets call are let in."""
    for agent in model.agents:
        for slug, caller in callers.items():
            let_in = is_let_in(caller, servers[agent.slug], slug, agent.slug)
            assert let_in == may_call(model, slug, agent.slug), (slug, agent.slug)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Make a fleet in which agents depend on those before them and call any."""
    slugs = [f"agent_{number}" for number in range(draw(st.integers(0, 5)))]
    entries = []
    for number, slug in enumerate(slugs):
        needed = draw(st.sets(st.sampled_from(slugs[:number]))) if number else set()
        called = draw(st.sets(st.sampled_from([*slugs, "*"])))
        more = {"depends_on": sorted(needed), "calls": sorted(called)}
        entries.append(agent_entry(slug, 10_000 + number, **more))
    return make_model(*entries, orchestrator="process")


@settings(max_examples=50, deadline=None)
@given(models())
def test_trust_is_the_graph(model: Model) -> None:
    """A key is trusted by exactly those whom its owner may call; so is the server's, back."""
    slugs = [*(agent.slug for agent in model.agents), OPERATOR]
    keys = {slug: (KeyPair.generate().public, KeyPair.generate().public) for slug in slugs}

    found = trust(model, keys)

    for slug, document in found.items():
        servers = {agent.slug for agent in model.agents if may_call(model, slug, agent.slug)}
        assert document.servers == {server: keys[server] for server in servers}
        callers = {} if slug == OPERATOR else {c for c in slugs if may_call(model, c, slug)}
        assert document.clients == {key: c for c in callers for key in keys[c]}


def test_everybody_may_call_the_registry() -> None:
    """The registry lets in all, though nobody states an edge to it."""
    model = make_fleet()
    keys = {slug: (KeyPair.generate().public,) for slug in [*model.graph, OPERATOR]}

    assert set(trust(model, keys)[REGISTRY].clients.values()) == keys.keys()
    assert set(trust(model, keys)["store"].clients.values()) == {
        *("store", "worker", "watcher", OPERATOR)
    }


def test_agents_find_keys_that_they_accept(tmp_path: Path) -> None:
    """What is made is private, and is read without complaint by whoever it is for."""
    model = make_fleet()

    ensure(model, tmp_path / "keys")

    assert_edges(model, found := read(model, tmp_path / "keys"), found)
    assert len({credentials.own.secret for credentials in found.values()}) == 6
    for path in (tmp_path / "keys").rglob("*"):
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_keys_that_exist_are_kept(tmp_path: Path) -> None:
    """Doing it again touches no file; a new agent is added to the trust of the others."""
    model = make_fleet()
    ensure(model, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    ensure(model, tmp_path)

    assert before == {path: path.stat().st_mtime_ns for path in before}
    more = make_fleet(*CHAIN, agent_entry("late", 7005, calls=["front"]))
    report = make_keys(more, tmp_path)
    assert report.made == ("late",)
    assert_edges(more, found := read(more, tmp_path), found)


def test_an_agent_that_left_is_not_trusted(tmp_path: Path) -> None:
    """Its key is in nobody's trust, and its folder is told of."""
    ensure(make_fleet(), tmp_path)
    gone = read_credentials(tmp_path / "watcher").own.public
    model = make_fleet(*CHAIN[:-1])

    report = make_keys(model, tmp_path)

    assert report.strangers == ("watcher",)
    assert all(gone not in found.clients for found in read(model, tmp_path).values())


@pytest.mark.parametrize("slugs", [("worker",), (REGISTRY, OPERATOR), ()])
def test_nobody_is_locked_out_while_keys_are_rotated(
    tmp_path: Path, slugs: tuple[str, ...]
) -> None:
    """Before, at and after each step all edges stand, also between quick and slow readers."""
    model = make_fleet()
    ensure(model, tmp_path)
    seen = [read(model, tmp_path)]

    rotated = rotate(model, tmp_path, slugs, lambda step: seen.append(read(model, tmp_path)))

    assert set(rotated) == set(slugs or seen[0])
    for slow, quick in zip(seen, seen[1:], strict=False):
        for callers, servers in ((quick, quick), (slow, quick), (quick, slow)):
            assert_edges(model, callers, servers)
    for slug, credentials in seen[-1].items():
        assert (credentials.own != seen[0][slug].own) == (slug in rotated)


def test_old_keys_are_worth_nothing_after_a_rotation(tmp_path: Path) -> None:
    """In the end nobody trusts the old key, and no file has it."""
    model = make_fleet()
    ensure(model, tmp_path)
    old = read_credentials(tmp_path / "worker").own

    rotate(model, tmp_path, ["worker"], lambda step: None)

    texts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(key in text for text in texts for key in (old.public, old.secret))


def test_the_key_in_use_is_tried_first(tmp_path: Path) -> None:
    """Callers find the key that the server has now at the head of its keys."""
    model = make_fleet()
    ensure(model, tmp_path)

    def check(step: Step) -> None:
        found = read(model, tmp_path)
        assert found["front"].servers["worker"][0] == found["worker"].own.public
        assert len(found["front"].servers["worker"]) == (1 if step is Step.DROP else 2)

    rotate(model, tmp_path, ["worker"], check)


@pytest.mark.parametrize("broken", [Step.TRUST, Step.SWITCH])
def test_an_interrupted_rotation_goes_on(tmp_path: Path, broken: Step) -> None:
    """A rotation that died after a step is told of, keeps all edges, and is ended by another."""
    model = make_fleet()
    ensure(model, tmp_path)
    old = read_credentials(tmp_path / "worker").own

    def die(step: Step) -> None:
        if step is broken:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(model, tmp_path, ["worker"], die)

    assert make_keys(model, tmp_path).rotating == ("worker",)
    assert_edges(model, found := read(model, tmp_path), found)
    rotate(model, tmp_path, ["worker"], lambda step: None)
    assert make_keys(model, tmp_path).rotating == ()
    assert read_credentials(tmp_path / "worker").own != old


def test_steps_can_be_taken_one_by_one(tmp_path: Path) -> None:
    """Each step alone, taken twice, comes to what the whole does."""
    model = make_fleet()
    ensure(model, tmp_path)
    old = read_credentials(tmp_path / "worker").own.public

    keys: list[tuple[str, ...]] = []
    for step in Step:
        for _ in range(2):
            rotate(model, tmp_path, ["worker"], lambda step: None, (step,))
        keys.append(read_credentials(tmp_path / "front").servers["worker"])

    assert keys[0] == (old, keys[2][0])
    assert keys[1] == (keys[2][0], old)


def test_there_is_no_switch_without_trust(tmp_path: Path) -> None:
    """Switching to a key that was never made is refused."""
    model = make_fleet()

    with pytest.raises(FleetError, match="must have a next key") as caught:
        rotate(model, tmp_path, ["worker"], lambda step: None, (Step.SWITCH,))

    assert caught.value.hint == "fleet keys --rotate --step trust"


def test_containers_can_read_their_keys(tmp_path: Path) -> None:
    """For compose, an agent's folder opens to its container's user; the way there does not."""
    model = make_model(*CHAIN, orchestrator="compose")

    ensure(model, tmp_path / "keys")

    def mode(*path: str) -> int:
        return stat.S_IMODE(tmp_path.joinpath("keys", *path).stat().st_mode)

    assert mode() == 0o700
    assert (mode("worker"), mode("worker", "agent.key")) == (0o711, 0o444)
    assert (mode(OPERATOR), mode(OPERATOR, "agent.key")) == (0o700, 0o600)
    rotate(model, tmp_path / "keys", ["worker"], lambda step: None)
    assert mode("worker", "agent.key") == 0o444


def test_the_operators_slug_is_taken(tmp_path: Path) -> None:
    """No agent may pass for the operator."""
    with pytest.raises(FleetError, match=f"agents/{OPERATOR}: must have another slug"):
        ensure(make_fleet(agent_entry(OPERATOR, 7001)), tmp_path)


def test_a_broken_key_is_not_replaced(tmp_path: Path) -> None:
    """A file that is no key is told of: who knows what it is for."""
    model = make_fleet()
    ensure(model, tmp_path)
    KeysFolder(tmp_path / "worker").path.joinpath("agent.key").write_text("what?")

    with pytest.raises(FleetError, match=r"worker/agent\.key: must be a public and a secret key"):
        ensure(model, tmp_path)


def test_the_operator_without_keys_has_no_credentials(tmp_path: Path) -> None:
    """Without keys calls are plain; with keys that others may read there are none at all."""
    assert operator_credentials(None) is None
    assert operator_credentials(tmp_path) is None
    ensure(make_fleet(), tmp_path)
    found = operator_credentials(tmp_path)
    assert found is not None
    assert found.own == read_credentials(tmp_path / OPERATOR).own
    os.chmod(tmp_path / OPERATOR / "agent.key", 0o644)
    with pytest.raises(FleetError) as caught:
        operator_credentials(tmp_path)
    assert caught.value.hint.startswith("chmod 0600 ")


def keys_command(
    folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Run the command as a person does."""
    path = folder / "model.json"
    path.write_text(json.dumps(model_document(*CHAIN, orchestrator="process")))
    options = ("--model", str(path), "--state", str(folder / "state"))
    code = main([*options, "keys", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_command_makes_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People hear how many; programs get public keys; nobody sees a secret."""
    code, out, err = keys_command(tmp_path, capsys, "--json")

    folder = tmp_path / "state" / "keys"
    assert code == 0
    assert f"made 6 keys, kept 0 in {folder}" in err
    for slug, keys in json.loads(out)["public_keys"].items():
        own = read_credentials(folder / slug).own
        assert keys == [own.public]
        assert own.secret not in out + err


def test_the_command_rotates_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One command takes all steps and says so; `--output` is another place."""
    place = ("--output", str(tmp_path / "elsewhere"))
    keys_command(tmp_path, capsys, *place)
    before = read_credentials(tmp_path / "elsewhere" / "worker").own

    code, _, err = keys_command(tmp_path, capsys, *place, "--rotate", "worker", "--settle", "0")

    assert code == 0
    assert [line.partition(":")[0] for line in err.splitlines()[:3]] == [*map(str, Step)]
    assert read_credentials(tmp_path / "elsewhere" / "worker").own != before


def test_the_command_takes_one_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A step alone leaves a rotation that the next call tells of."""
    keys_command(tmp_path, capsys)

    code, _, err = keys_command(tmp_path, capsys, "--rotate", "worker", "--step", "trust")

    assert code == 0
    assert "worker: its rotation has not ended; go on with keys --rotate worker" in err


def test_a_slug_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rotating the keys of nobody is a mistake, told with who has keys."""
    code, _, err = keys_command(tmp_path, capsys, "--rotate", "wroker")

    assert code == 1
    assert "error: wroker: must have keys here, one of front, service_registry, store" in err
