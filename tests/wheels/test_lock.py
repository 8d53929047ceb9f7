"""The lockfile: which lines are pins, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheels.errors import WheelError
from wheels.lock import Pin, normalize, parse_lock

LOCK = Path(__file__).resolve().parents[2] / "3rdparty/python/images.lock"
ONE, TWO = "1" * 64, "2" * 64


def rendered(pin: Pin) -> str:
    """Write a pin as the lockfile has it."""
    marker = f" ; {pin.marker}" if pin.marker else ""
    hashes = " \\\n".join(f"    --hash=sha256:{one}" for one in pin.hashes)
    return f"{pin.name}=={pin.version}{marker} \\\n{hashes}\n"


def error_of(text: str) -> str:
    """Return the message about a lockfile."""
    with pytest.raises(WheelError) as caught:
        parse_lock(text, "images.lock")
    return str(caught.value)


def test_a_pin_has_every_hash() -> None:
    """A distribution has one file for each platform, and a hash for each file, sorted."""
    text = f"# Made.\n\npyzmq==26.0 \\\n    --hash=sha256:{TWO} \\\n    --hash=sha256:{ONE}\n"

    assert parse_lock(text, "x") == (Pin("pyzmq", "26.0", "", (ONE, TWO)),)


def test_a_marker_is_kept_as_it_is() -> None:
    """Who knows the platform judges it."""
    text = f"tomli==2.0 ; python_full_version < '3.11' \\\n    --hash=sha256:{ONE}\n"

    assert parse_lock(text, "x")[0].marker == "python_full_version < '3.11'"


def test_one_name_may_have_a_pin_for_each_python() -> None:
    """Markers tell them apart, so neither hides the other."""
    old = Pin("iniconfig", "2.1.0", "python_full_version < '3.10'", (ONE,))
    new = Pin("iniconfig", "2.3.1", "python_full_version >= '3.10'", (TWO,))

    assert parse_lock(rendered(old) + rendered(new), "x") == (old, new)


@pytest.mark.parametrize(
    "spelling", ["Typing_Extensions", "typing.extensions", "typing-_.extensions"]
)
def test_names_are_normalized(spelling: str) -> None:
    """One distribution has one name, however it is spelled."""
    text = f"{spelling}==4.6 --hash=sha256:{ONE}\n"

    assert parse_lock(text, "x")[0].name == "typing-extensions"


def test_comments_are_passed_over_wherever_they_stand() -> None:
    """A resolver may write below a pin what wants it."""
    text = f"# top\nidna==3.1 \\\n    --hash=sha256:{ONE}\n    # via requests\n"

    assert [pin.name for pin in parse_lock(text, "x")] == ["idna"]


def test_the_committed_lockfile_is_read() -> None:
    """The images' lockfile has pins only, sorted, each name once."""
    names = [pin.name for pin in parse_lock(LOCK.read_text(), "images.lock")]

    assert names == sorted(set(names)) and "pyzmq" in names


def test_an_error_has_the_place_what_was_expected_what_was_found_and_a_hint() -> None:
    """The whole message, as a person reads it."""
    assert error_of(f"# Made.\nidna>=3 \\\n    --hash=sha256:{ONE}\n") == (
        "error: images.lock:2: expected name==version with sha256 hashes, found 'idna>=3'"
        "\n\nhint: make lock"
    )


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("idna==3.1", "'idna==3.1'"),
        ("    idna==3.1", "'idna==3.1'"),
        ("idna==3.1 --hash=sha256:1234", "'idna==3.1 --hash=sha256:1234'"),
        (f"idna==3.1 --hash=sha256:{ONE}1", "'idna==3.1 1'"),
        (f"-r other.lock --hash=sha256:{ONE}", "'-r other.lock'"),
        (f"idna @ file:///x --hash=sha256:{ONE}", "'idna @ file:///x'"),
        ("<<<<<<< HEAD", "'<<<<<<< HEAD'"),
    ],
)
def test_the_line_of_a_mistake_is_named(line: str, found: str) -> None:
    """Lines are counted as an editor does, also when an earlier line has the same text in it."""
    good = f"lib-idna==3.1 \\\n    --hash=sha256:{ONE} \\\n    --hash=sha256:{TWO}\n"

    message = error_of(f"# idna==3.1\n{good}\n{line}\n{good}")

    assert message.startswith("error: images.lock:6: ") and f"found {found}\n" in message


NAMES = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
MARKERS = st.sampled_from(["", "sys_platform == 'linux'", "extra == 'a' and os_name != \"nt\""])
HASHES = st.sets(st.integers(0, 999).map("{:064x}".format), min_size=1, max_size=3)
PINS = st.builds(
    Pin,
    name=NAMES,
    version=st.sampled_from(["1", "26.0.1", "2!1.0.post1+cpu", "3.0rc1"]),
    marker=MARKERS,
    hashes=HASHES.map(lambda hashes: tuple(sorted(hashes))),
)


@given(st.lists(PINS, unique_by=lambda pin: pin.name, max_size=5))
def test_pins_are_read_back(pins: list[Pin]) -> None:
    """Whatever is pinned is read back, in whatever order it was written."""
    text = "".join(map(rendered, pins))

    assert parse_lock(text, "x") == tuple(sorted(pins, key=lambda pin: pin.name))


@given(st.text("aZ09-_.", min_size=1))
def test_normal_names_stay_as_they_are(name: str) -> None:
    """Normalizing twice is normalizing once, and the case never matters."""
    assert normalize(normalize(name)) == normalize(name) == normalize(name.upper())
