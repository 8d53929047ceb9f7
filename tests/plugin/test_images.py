"""Images as values: config, identity, lock, and the order of shared layers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pants.engine.fs import EMPTY_DIGEST, FileDigest
from pants.testutil.rule_runner import MockGet, run_rule_with_mocks
from tests.plugin.example import AGENT

from fleet_build.fleet import AgentSpec
from fleet_build.fleet_rules import Fleet
from fleet_build.images import (
    AgentImage,
    FleetCode,
    collect_fleet_code,
    config,
    fingerprint,
    lock_text,
)
from fleet_build.sources import AgentCode, AgentCodeRequest
from fleet_build.third_party import Wheel
from oci.digest import Digest
from oci.image import Image
from oci.layer import Layer


def layer(contents: str, encoder: str = "zlib") -> Layer:
    """Make a layer whose stored bytes depend on the encoder, and whose tar does not."""
    stored = f"{contents} by {encoder}".encode()
    tar = Digest.of(contents.encode())
    return Layer(Digest.of(stored), tar, len(stored), contents=(contents,))


def image(agent: AgentSpec, *contents: str, encoder: str = "zlib") -> AgentImage:
    """Make an agent's image."""
    layers = tuple(layer(one, encoder) for one in contents)
    blobs = tuple(FileDigest(one.digest.hex, one.size) for one in layers)
    return AgentImage(agent, Image.create(layers, config(agent)), blobs)


def run_document(agent: AgentSpec) -> dict[str, Any]:
    """Give what an engine reads about running the agent."""
    document = json.loads(image(agent, "base").image.config)
    run: dict[str, Any] = document["config"]
    return run


def test_a_container_runs_the_entry_with_the_standard_library_and_its_own_folder() -> None:
    """No variable, user folder or site package of anybody gets in, and nothing is written."""
    run = run_document(AGENT)

    assert run["Entrypoint"] == [
        *("/usr/bin/python3.11", "-E", "-s", "-S", "-B"),
        "/app/__agent__.py",
    ]
    assert (run["WorkingDir"], run["StopSignal"]) == ("/app", "SIGTERM")
    assert "Cmd" not in run


def test_a_container_does_not_run_as_root() -> None:
    """The user is a number, because orchestrators cannot check a name."""
    assert run_document(AGENT)["User"] == "65532:65532"


def test_a_container_listens_for_others_and_keeps_state_in_its_volume() -> None:
    """The defaults of a laptop do not fit in a container."""
    assert run_document(AGENT)["Env"] == [
        "AGENT_HOST=0.0.0.0",
        "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        "STATE_URL=sqlite:////var/lib/agent/state.db",
    ]


def test_ports_and_probe_are_those_of_the_target() -> None:
    """An engine without an orchestrator still knows whether the agent is ready."""
    run = run_document(AGENT)

    assert set(run["ExposedPorts"]) == {"5709/tcp", "6709/tcp"}
    assert run["Healthcheck"]["Test"] == [
        *("CMD", "/usr/bin/python3.11", "-I", "-S", "-B"),
        *("/app/common/health_probe.py", "6709"),
    ]


def test_labels_say_what_the_agent_is_and_nothing_about_the_build() -> None:
    """An image changes only when its content does."""
    assert run_document(AGENT)["Labels"] == {
        "org.opencontainers.image.title": "NLUAgent",
        "agent.criticality": "optional",
        "agent.group": "language_processing",
        "agent.machine": "mainpc",
        "agent.slug": "nlu_agent",
    }


def test_what_only_a_deployment_needs_is_not_in_an_image() -> None:
    """Scaling an agent does not rebuild it."""
    scaled = replace(AGENT, replicas=5, resources=(("cpu", "4"), ("memory", "8Gi")))

    assert config(scaled) == config(AGENT)


def test_a_fingerprint_does_not_depend_on_how_layers_are_compressed() -> None:
    """Two builders with different encoders can see that they built the same."""
    one = image(AGENT, "base", "common")
    other = image(AGENT, "base", "common", encoder="another")

    assert one.image.digest != other.image.digest
    assert fingerprint(one.image) == fingerprint(other.image)
    assert one.ref == other.ref


def test_a_fingerprint_depends_on_every_layer_their_order_and_the_config() -> None:
    """Whatever is different to run has another fingerprint."""
    images = (
        image(AGENT, "base", "common"),
        image(AGENT, "common", "base"),
        image(AGENT, "base"),
        image(AGENT, "base", "common changed"),
        image(replace(AGENT, port=5710), "base", "common"),
    )

    assert len({fingerprint(built.image) for built in images}) == len(images)
    assert len({built.ref for built in images}) == len(images)


def test_a_ref_is_the_slug_and_a_tag_taken_from_the_content() -> None:
    """A local engine never runs an old image under a new name."""
    built = image(AGENT, "base")

    assert built.ref == f"nlu_agent:{Digest.of(built.image.config).hex[:12]}"


def test_a_lock_says_what_is_in_each_layer() -> None:
    """Layers are listed lowest first, each with both of its digests."""
    built = image(AGENT, "base", "pyzmq==26.0")

    lock = built.lock()

    assert lock == {
        "digest": str(Digest.of(built.image.manifest)),
        "image_id": str(Digest.of(built.image.config)),
        "ref": built.ref,
        "fingerprint": fingerprint(built.image),
        "size": built.size,
        "layers": [
            {
                "digest": str(Digest.of(b"base by zlib")),
                "diff_id": str(Digest.of(b"base")),
                "size": len(b"base by zlib"),
                "contents": ["base"],
            },
            {
                "digest": str(Digest.of(b"pyzmq==26.0 by zlib")),
                "diff_id": str(Digest.of(b"pyzmq==26.0")),
                "size": len(b"pyzmq==26.0 by zlib"),
                "contents": ["pyzmq==26.0"],
            },
        ],
    }
    assert json.loads(json.dumps(lock)) == lock


def test_a_size_counts_documents_too() -> None:
    """It is what a registry stores."""
    built = image(AGENT, "base")

    documents = len(built.image.config) + len(built.image.manifest)
    assert built.size == built.image.layers[0].size + documents


@given(st.permutations(["alpha", "beta", "gamma"]))
def test_the_lock_is_the_same_in_whatever_order_images_are_built(order: list[str]) -> None:
    """It is committed and compared, so that it is sorted and ends with a line break."""
    images = [image(replace(AGENT, slug=slug), "base", slug) for slug in order]

    text = lock_text(images)

    assert text == lock_text(sorted(images, key=lambda built: built.agent.slug))
    assert list(json.loads(text)["images"]) == ["alpha", "beta", "gamma"]
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"


def wheel(name: str) -> Wheel:
    """Make a distribution with nothing in it."""
    return Wheel(f"{name}-1.0-py3-none-any.whl", name, "1.0", (), EMPTY_DIGEST)


def fleet_code(needs: list[frozenset[str]]) -> FleetCode:
    """Run the rule that orders distributions, for agents that need these."""
    codes = {
        replace(AGENT, slug=f"a{number}"): AgentCode(
            EMPTY_DIGEST, EMPTY_DIGEST, tuple(wheel(name) for name in sorted(names))
        )
        for number, names in enumerate(needs)
    }
    asked = MockGet(AgentCode, (AgentCodeRequest,), lambda request: codes[request.agent])
    ordered: FleetCode = run_rule_with_mocks(
        collect_fleet_code, rule_args=[Fleet(tuple(codes))], mock_gets=[asked]
    )
    return ordered


def stacks(code: FleetCode) -> list[list[str]]:
    """Give the names of each agent's distributions, lowest layer first."""
    return [[one.name for one in code.sort(own.wheels)] for _, own in code.code]


FLEETS = st.lists(st.frozensets(st.sampled_from("abcdef")), min_size=1, max_size=8)


def test_distributions_that_more_agents_share_are_lower() -> None:
    """An agent's own distribution lies above everything that it shares."""
    code = fleet_code(
        [frozenset({"aiofiles", "zmq"}), frozenset({"pydantic", "zmq"}), frozenset({"pydantic"})]
    )

    assert stacks(code) == [["zmq", "aiofiles"], ["pydantic", "zmq"], ["pydantic"]]


@given(FLEETS)
def test_no_distribution_lies_on_one_that_fewer_agents_share(needs: list[frozenset[str]]) -> None:
    """Users never grow upwards, and equally shared ones are in the order of their names."""
    users = Counter(name for names in needs for name in names)

    for names, stack in zip(needs, stacks(fleet_code(needs))):
        assert set(stack) == names
        keys = [(-users[name], name) for name in stack]
        assert keys == sorted(keys)


@given(FLEETS, st.frozensets(st.sampled_from("xyz"), min_size=1))
def test_what_all_agents_need_is_one_prefix(
    needs: list[frozenset[str]], everywhere: frozenset[str]
) -> None:
    """Engines store a layer once only where all lower ones are equal, too."""
    # The last agent needs nothing else, so that nothing else is needed by all.
    shared = [names | everywhere for names in (*needs, frozenset())]

    for stack in stacks(fleet_code(shared)):
        assert stack[: len(everywhere)] == sorted(everywhere)


@given(FLEETS, st.randoms(use_true_random=False))
def test_the_order_of_agents_does_not_change_the_order_of_layers(
    needs: list[frozenset[str]], random: Random
) -> None:
    """Adding an agent to another BUILD file must not rebuild all others."""
    shuffled = list(needs)
    random.shuffle(shuffled)

    assert fleet_code(shuffled).order == fleet_code(needs).order


def test_the_code_of_an_agent_is_found() -> None:
    """Images and PEX files take it from the same place."""
    code = fleet_code([frozenset("a"), frozenset("b")])

    assert code.of(replace(AGENT, slug="a1")).wheels == (wheel("b"),)
